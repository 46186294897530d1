"""Image files of every kind, restored: what is missing, chosen, and predicted."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest
import tifffile
from ome_types import validate_xml

from acquisition.images import StreamChoice, movies_among
from pssr_live.errors import UserError
from pssr_live.offline import FileOptions, Outcome, RestoreJob, find_jobs
from pssr_live.offline.report import result_line
from pssr_live.restoring import EnginePool
from tests.acquisition.images.conftest import movie, ome_xml, tiff_data, write_pages
from tests.acquisition.images.test_ndtiff import write_ndtiff


def do(job: RestoreJob) -> Outcome:
    with EnginePool(most=1) as engines:
        return job.do(
            engines, lambda *_: None, engine=("bilinear",), backend="onnxruntime", force=False
        )


def restored(path: Path) -> tuple[np.ndarray, list[str], str]:
    with tifffile.TiffFile(path) as tiff:
        xml = str(tiff.ome_metadata)
        validate_xml(xml)
        frames = np.stack([page.asarray() for page in tiff.pages])
    return frames, re.findall(r'DeltaT="([0-9.]+)"', xml), xml


def test_frames_are_restored_in_the_order_that_ome_states(tmp_path: Path) -> None:
    frames = movie(12)
    data = tiff_data([("a.ome.tif", 11 - t, 0) for t in range(12)])
    write_pages(tmp_path / "a.ome.tif", frames[::-1], ome_xml((12, 15), {"T": 12}, data))
    (job,) = find_jobs([tmp_path / "a.ome.tif"], None)
    do(job)
    means = restored(tmp_path / "a-restored.ome.tif")[0].mean(axis=(1, 2))
    assert np.all(np.diff(means) > 0)


def test_a_set_is_one_movie_wherever_it_is_named_and_its_gap_is_told(tmp_path: Path) -> None:
    frames = movie(12)
    names = [f"run_MMStack_Pos0{part}.ome.tif" for part in ("", "_1", "_2")]
    data = tiff_data([(names[t // 4], t % 4, t // 4) for t in range(12)])
    for part, name in enumerate(names):
        xml = ome_xml((12, 15), {"T": 12}, data, own=part, TimeIncrement=0.5)
        write_pages(tmp_path / name, frames[4 * part : 4 * part + 4], xml)
    assert len(find_jobs([tmp_path], None)) == 1
    assert len(find_jobs([tmp_path / name for name in names], None)) == 1
    (tmp_path / names[1]).unlink()
    (job,) = find_jobs([tmp_path / names[2]], None)
    outcome = do(job)
    assert outcome.frames == 8
    words = result_line(job, outcome)
    assert "4 of 12 frames missing (frames 5-8)" in words
    assert names[1] in words
    assert job.output is not None
    assert [float(time) for time in restored(job.output)[1]] == [0, 0.5, 1, 1.5, 4, 4.5, 5, 5.5]


@pytest.mark.parametrize(("interval", "times"), [(None, []), (2.0, ["0.0", "2.0", "4.0", "6.0"])])
def test_times_are_written_only_where_they_are_known(
    tmp_path: Path, interval: float | None, times: list[str]
) -> None:
    path = write_pages(tmp_path / "bare.tif", movie(4))
    (job,) = find_jobs([path], None, options=FileOptions(interval_s=interval))
    do(job)
    assert job.output is not None
    _, written, xml = restored(job.output)
    assert list(map(float, written)) == list(map(float, times))
    assert ("TimeIncrement" in xml) is (interval is not None)


def test_one_channel_of_an_ndtiff_set_is_restored_and_named(tmp_path: Path) -> None:
    frames = movie(12)
    images = [
        ({"time": n // 2, "channel": ("DAPI", "FITC")[n % 2]}, frame)
        for n, frame in enumerate(frames)
    ]
    folder = write_ndtiff(tmp_path / "a", images)
    (job,) = find_jobs(
        [folder], tmp_path / "out.ome.tif", options=FileOptions(stream=StreamChoice(channel=1))
    )
    do(job)
    whole, _, xml = restored(tmp_path / "out.ome.tif")
    np.testing.assert_allclose(
        whole.mean(axis=(1, 2)), frames[1::2].mean(axis=(1, 2)), rtol=0.05, atol=3
    )
    assert "source's channel" in xml


def test_a_prediction_is_no_input(tmp_path: Path) -> None:
    path = write_pages(tmp_path / "a.tif", movie(4))
    do(find_jobs([path], None)[0])
    # Under any name.
    disguised = (tmp_path / "a-restored.ome.tif").rename(tmp_path / "b.tif")
    assert movies_among([path, disguised]) == ([path], [disguised])
    assert [job.source for job in find_jobs([tmp_path], None)] == [path]
    with pytest.raises(UserError, match="restored already"):
        do(find_jobs([disguised], None)[0])


@pytest.mark.parametrize("raw", [b"cell_0.1\xb5m.tif", b"cell\x01.tif", b"cell[ch00].tif"])
def test_any_name_gives_valid_xml(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / os.fsdecode(raw)
    try:
        write_pages(path, movie(4))
    except OSError:
        pytest.skip("this disk takes no such names")
    (job,) = find_jobs([path], tmp_path / "out.ome.tif")
    do(job)
    assert len(restored(tmp_path / "out.ome.tif")[0]) == 4


def test_what_is_chosen_of_files_is_refused_for_recordings(tmp_path: Path) -> None:
    folder = tmp_path / "recording"
    folder.mkdir()
    write_pages(folder / "raw.ome.tif", movie(4))
    with pytest.raises(UserError, match="own times"):
        find_jobs([folder], None, options=FileOptions(interval_s=0.5))
