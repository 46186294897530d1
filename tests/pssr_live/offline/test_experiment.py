"""Files of several channels and slices, restored into one file with all of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from ome_types import from_xml, validate_xml

from acquisition import Channel, SourceError
from acquisition.images import StreamChoice, open_images
from engines import IntensityScale
from pssr_live.errors import UserError
from pssr_live.offline.jobs import RestoreJob, find_jobs
from pssr_live.offline.report import result_line
from pssr_live.offline.time_lapse import FileOptions, Outcome
from pssr_live.restoring import EnginePool
from tests.acquisition.images.conftest import movie, ome_xml, write_pages

Counts = NDArray[np.uint16]
TIMES, SLICES = 6, 2
EVERY = [(t, c, z) for t in range(TIMES) for c in range(2) for z in range(SLICES)]
NAMED = ['Name="GFP" Color="16711935" EmissionWavelength="509"', 'Name="mCherry" Color="-16711681"']


def counts() -> Counts:
    """Counts of two channels, the second brighter, shape (T, C, Z, 12, 15)."""
    stack = movie(len(EVERY)).reshape(TIMES, 2, SLICES, 12, 15)
    stack[:, 1] *= 5
    return stack


def write(path: Path, stack: Counts, places: list[tuple[int, int, int]] = EVERY) -> Path:
    data = "".join(
        f'<TiffData IFD="{page}" FirstT="{t}" FirstC="{c}" FirstZ="{z}" PlaneCount="1"/>'
        for page, (t, c, z) in enumerate(places)
    )
    sizes = {"T": max(place[0] for place in places) + 1, "C": 2, "Z": SLICES}
    said = {"TimeIncrement": 2.0, "PhysicalSizeZ": 0.3, "channels": NAMED}
    xml = ome_xml((12, 15), sizes, data, **said)  # type: ignore[arg-type]
    return write_pages(path, np.stack([stack[place] for place in places]), xml)


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    return write(tmp_path / "cells.ome.tif", counts())


def do(job: RestoreJob, *engine: str, force: bool = False, stop_after: int = 99) -> Outcome:
    def watch(done: int, _: int) -> None:
        if done == stop_after:
            raise KeyboardInterrupt

    with EnginePool(most=1) as engines:
        return job.do(engines, watch, engine=engine, backend="auto", force=force)


def job_of(path: Path, output: str = "out.ome.tif", **chosen: Any) -> RestoreJob:
    stream = StreamChoice(**chosen)
    (job,) = find_jobs([path], path.with_name(output), options=FileOptions(stream=stream))
    return job


def planes_in(path: Path) -> NDArray[Any]:
    """All planes, shape (T, C, Z, 48, 60)."""
    with open_images(path) as file:
        (series,) = file.series
        assert file.predicted
        sizes = [series.size(axis) for axis in "TCZ"]
        planes = [series.plane(T=t, C=c, Z=z) for t, c, z in np.ndindex(*sizes)]
        return np.stack([plane for plane in planes if plane is not None]).reshape(
            *sizes,
            *planes[0].shape,  # type: ignore[union-attr]
        )


def alone(path: Path, channel: int, z: int, engine: str = "bilinear") -> NDArray[Any]:
    """The same stream restored by itself, shape (T, 48, 60)."""
    output = f"alone-{channel}-{z}.ome.tif"
    do(job_of(path, output, channel=channel, z=z), engine)
    return tifffile.imread(path.with_name(output), is_ome=False, key=slice(None))


@pytest.mark.parametrize("output", ["out.ome.tif", "out.ome.zarr"])
def test_every_channel_and_slice_is_restored_into_one_file_as_if_it_was_alone(
    cells: Path, output: str
) -> None:
    job = job_of(cells, output)
    outcome = do(job, "bilinear")
    assert outcome[:2] == (len(EVERY), len(EVERY))
    assert "GFP by bilinear, mCherry by bilinear, 2 slices" in result_line(job, outcome)
    assert job.output is not None
    whole = planes_in(job.output)
    assert whole.shape == (TIMES, 2, SLICES, 48, 60)
    # The middle slice settles the scale of its channel.
    for channel in range(2):
        np.testing.assert_array_equal(whole[:, channel, 1], alone(cells, channel, 1))


def test_the_restored_file_says_what_the_raw_one_said(cells: Path) -> None:
    do(job_of(cells), "bilinear")
    with tifffile.TiffFile(cells.with_name("out.ome.tif")) as tiff:
        xml = str(tiff.ome_metadata)
        assert tiff.series[0].axes == "TZCYX"
    validate_xml(xml)
    pixels = from_xml(xml).images[0].pixels
    assert (pixels.size_t, pixels.size_c, pixels.size_z) == (TIMES, 2, SLICES)
    assert pixels.time_increment == 2.0
    assert pixels.physical_size_z == 0.3
    names = [channel.name for channel in pixels.channels]
    assert names == [f"{name} restored by bilinear (predicted)" for name in ("GFP", "mCherry")]
    assert pixels.channels[0].emission_wavelength == 509
    assert [plane.delta_t for plane in pixels.planes[:5]] == [0, 0, 0, 0, 2]


def test_each_channel_has_its_own_engine_and_none_leaves_one_out(cells: Path) -> None:
    do(job_of(cells), "GFP=rolling-mean", "mCherry=bilinear")
    both = planes_in(cells.with_name("out.ome.tif"))
    np.testing.assert_array_equal(both[:, 0, 1], alone(cells, 0, 1, "rolling-mean"))
    np.testing.assert_array_equal(both[:, 1, 1], alone(cells, 1, 1, "bilinear"))
    outcome = do(job_of(cells, "one.ome.tif"), "gfp=none", "bilinear")
    assert outcome.frames == len(EVERY) // 2
    np.testing.assert_array_equal(planes_in(cells.with_name("one.ome.tif"))[:, 0], both[:, 1])
    with pytest.raises(UserError, match="is given an engine"):
        do(job_of(cells, "no.ome.tif"), "none")
    with pytest.raises(UserError, match=r"no channel DAPI.*0 GFP, 1 mCherry"):
        do(job_of(cells, "no.ome.tif"), "DAPI=bilinear")


def test_a_part_is_restored_where_it_is_chosen(cells: Path) -> None:
    do(job_of(cells), "bilinear")
    whole = planes_in(cells.with_name("out.ome.tif"))
    assert do(job_of(cells, "part.ome.tif", channel="MCherry"), "bilinear").frames == 12
    np.testing.assert_array_equal(planes_in(cells.with_name("part.ome.tif"))[:, 0], whole[:, 1])
    assert do(job_of(cells, "both.ome.tif", channel=("0", "mCherry"), z=1), "bilinear").frames == 12
    np.testing.assert_array_equal(
        planes_in(cells.with_name("both.ome.tif"))[:, :, 0], whole[:, :, 1]
    )
    with pytest.raises(SourceError, match=r"no channel YFP.*0 GFP, 1 mCherry"):
        do(job_of(cells, "no.ome.tif", channel="YFP"), "bilinear")


@pytest.mark.parametrize("output", ["out.ome.tif", "out.ome.zarr"])
@pytest.mark.parametrize("frames", [0, 1, 9, 23])
def test_broken_off_anywhere_it_goes_on_to_the_same_file(
    cells: Path, output: str, frames: int
) -> None:
    do(job_of(cells, f"whole-{output}"), "bilinear")
    job = job_of(cells, output)
    with pytest.raises(KeyboardInterrupt):
        do(job, "bilinear", stop_after=frames)
    outcome = do(job, "bilinear")
    assert outcome[:2] == (len(EVERY), len(EVERY) - frames)
    assert do(job, "bilinear")[:2] == (len(EVERY), 0)
    assert job.output is not None
    expected = planes_in(cells.with_name(f"whole-{output}"))
    np.testing.assert_array_equal(planes_in(job.output), expected)


def test_what_was_made_otherwise_is_not_gone_on_with(
    cells: Path,
) -> None:
    do(job_of(cells), "bilinear")
    with pytest.raises(UserError, match=r"not cells.ome.tif restored by bilinear and rolling-mean"):
        do(job_of(cells), "bilinear", "mCherry=rolling-mean")
    write(cells, counts()[::-1])
    with pytest.raises(UserError, match="was changed since"):
        do(job_of(cells), "bilinear")
    assert do(job_of(cells), "bilinear", force=True).made == len(EVERY)


def test_frames_that_were_added_since_are_restored_and_their_neighbours_anew(cells: Path) -> None:
    stack = counts()
    do(job_of(cells, "whole.ome.tif"), "rolling-mean")
    begun = [place for place in EVERY if place[0] < 5]
    for output in ("out.ome.tif", "out.ome.zarr"):
        write(cells, stack, begun)
        do(job_of(cells, output), "rolling-mean")
        write(cells, stack)
        outcome = do(job_of(cells, output), "rolling-mean")
        assert outcome[:2] == (len(EVERY), 3 * 4)
        np.testing.assert_array_equal(
            planes_in(cells.with_name(output)), planes_in(cells.with_name("whole.ome.tif"))
        )


def test_a_channel_that_stopped_leaves_the_other_whole(cells: Path) -> None:
    kept = [place for place in EVERY if place[1] == 0 or place[0] < 3]
    write(cells, counts(), kept)
    job = job_of(cells)
    outcome = do(job, "bilinear")
    assert outcome.frames == len(kept)
    assert "6 of 24 frames missing (mCherry, slice 0: frames 4-6" in result_line(job, outcome)
    with open_images(cells.with_name("out.ome.tif")) as file:
        missing = [(t, c, z) for t, c, z in EVERY if file.series[0].plane(T=t, C=c, Z=z) is None]
    assert missing == [place for place in EVERY if place not in kept]


def test_each_channel_has_its_own_intensity_scale(cells: Path) -> None:
    do(job_of(cells), "bilinear")
    with tifffile.TiffFile(cells.with_name("out.ome.tif")) as tiff:
        xml = str(tiff.ome_metadata)
    stack = counts()
    for channel, name in enumerate(("GFP", "mCherry")):
        own = IntensityScale.from_window(stack[:5, channel, 1])
        said = re.search(rf'<M K="intensity offset of {name}">(.*?)</M>', xml)
        assert said is not None
        assert float(said.group(1)) == own.offset


def test_what_was_restored_is_no_source(cells: Path) -> None:
    do(job_of(cells), "bilinear")
    with pytest.raises(UserError, match="restored already"):
        do(job_of(cells.with_name("out.ome.tif"), "again.ome.tif"), "bilinear")


@pytest.mark.parametrize("channels", [1, 2])
def test_each_position_is_restored_into_its_own_file(tmp_path: Path, channels: int) -> None:
    path = tmp_path / "cells.ome.tif"
    stack = movie(8 * channels).reshape(2, 4, channels, 12, 15)
    with tifffile.TiffWriter(path, ome=True) as writer:
        for one, name in zip(stack, ("left side", "right/side"), strict=True):
            said = {"axes": "TCYX", "Name": name}
            writer.write(one, photometric="minisblack", metadata=said)
    (job,) = find_jobs([path], None)
    outcome = do(job, "bilinear")
    assert outcome[:2] == (8 * channels, 8 * channels)
    files = [
        path.with_name(f"cells-{name}-restored.ome.tif") for name in ("left-side", "right-side")
    ]
    assert outcome.files == tuple(files)
    assert all(file.name in result_line(job, outcome) for file in files)
    assert do(job, "bilinear")[:2] == (8 * channels, 0)
    for position, file in enumerate(files):
        do(job_of(path, f"alone-{position}.ome.tif", position=position), "bilinear")
        alone = path.with_name(f"alone-{position}.ome.tif")
        np.testing.assert_array_equal(planes_in(file), planes_in(alone))


def test_single_images_of_positions_are_restored_by_an_engine_that_takes_them(
    tmp_path: Path,
) -> None:
    path = tmp_path / "cells.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for one, name in zip(movie(2), ("left", "right"), strict=True):
            writer.write(one, photometric="minisblack", metadata={"axes": "YX", "Name": name})
    (job,) = find_jobs([path], None)
    outcome = do(job, "bilinear")
    assert [file.name for file in outcome.files] == [
        f"cells-{name}-restored.ome.tif" for name in ("left", "right")
    ]
    with pytest.raises(SourceError, match="single image"):
        do(job, "rolling-mean")


def test_channels_without_a_name_are_told_apart_by_number(tmp_path: Path) -> None:
    path = tmp_path / "cells.tif"
    tifffile.imwrite(path, movie(8).reshape(4, 2, 12, 15), imagej=True, metadata={"axes": "TCYX"})
    outcome = do(job_of(path), "bilinear", "1=rolling-mean")
    assert outcome.streams == "channel 0 by bilinear, channel 1 by rolling-mean"
    with open_images(path.with_name("out.ome.tif")) as file:
        names = [one.name for one in file.series[0].channels]
    assert names == [
        "channel 0 restored by bilinear (predicted)",
        "channel 1 restored by rolling-mean (predicted)",
    ]
    assert isinstance(file.series[0].channels[0], Channel)
