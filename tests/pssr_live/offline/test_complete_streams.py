"""A recording of several streams that was broken off is completed, each channel by its engine."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from acquisition import Channel, Frame, read_rows
from acquisition.images import open_images
from pssr_live.errors import UserError
from pssr_live.recording import ImageFormat, Plane, SessionRecord
from pssr_live.restoring import ChannelEngines
from pssr_live.session import LiveSession
from tests.pssr_live.offline.test_complete import complete, raw_frames, replay, verdicts, writes_of
from tests.pssr_live.scripted import SMALL, ScriptedSource, frame_of
from tests.pssr_live.sessions import TIMEOUT, complete_recording

TWO = replace(SMALL, channels=(Channel("GFP", (0, 255, 0)), Channel("mCherry")))
TIMES = 4
ENGINES = ChannelEngines("bilinear", {"mCherry": "rolling-mean"})
QUIET = Console(quiet=True)


def experiment() -> list[Frame]:
    """Both channels by turns; one frame of the second was lost, and it is known how."""
    frames = [
        frame_of(100 * stream.channel + index, stream, index)
        for index in range(TIMES)
        for stream in TWO.streams
    ]
    del frames[3]
    frames[4] = replace(frames[4], lost_to="overflow")
    return frames


FRAMES = len(experiment())


def record(folder: Path, frames: list[Frame], **options: object) -> None:
    source = ScriptedSource(frames, TWO)
    engines = options.pop("engines", ENGINES)
    session = LiveSession(source, engines, save=folder, **options)  # type: ignore[arg-type]
    session.start()
    assert session.wait(TIMEOUT)
    assert session.faults == []


def planes(path: Path) -> dict[Plane, np.ndarray]:
    with open_images(path) as file:
        (series,) = file.series
        axes = list(series.sizes)
        return {
            Plane(key[axes.index("C")], key[axes.index("Z")], key[axes.index("T")]): series.read(at)
            for key, at in series.planes.items()
        }


def assert_alike(one: dict[Plane, np.ndarray], other: dict[Plane, np.ndarray]) -> None:
    assert set(one) == set(other)
    for plane, pixels in one.items():
        np.testing.assert_array_equal(pixels, other[plane])


def test_every_beginning_of_a_recording_s_writes_is_completed_as_if_it_were_not_cut_off(
    tmp_path: Path,
) -> None:
    writes = writes_of(lambda: record(tmp_path / "r", experiment()))

    @cache
    def expected(count: int) -> tuple[dict[Plane, np.ndarray], list[list[str]]]:
        folder = tmp_path / f"expected-{count}"
        record(folder, experiment()[:count], save_restored=False)
        complete(folder)
        return planes(folder / "restored.ome.tif"), verdicts(folder)

    first_raw = next(n for n, (name, _, _) in enumerate(writes) if name == "raw.ome.tif")
    for count in range(first_raw + 1, len(writes) + 1):
        folder = tmp_path / f"cut-{count}"
        replay(writes[:count], folder)
        there = raw_frames(folder)
        if not there:
            with pytest.raises(UserError, match="holds no frame"):
                complete(folder)
            continue
        assert complete(folder) == there, f"after {count} writes"
        restored, told = expected(there)
        assert_alike(planes(folder / "restored.ome.tif"), restored)
        assert len(planes(folder / "raw.ome.tif")) == there
        assert verdicts(folder)[: there + 1] == told, f"after {count} writes"
        saved = SessionRecord.read(folder)
        assert saved.engines is not None
        names = [one.name if one is not None else None for one in saved.engines]
        assert (saved.state, names) == ("complete", ["bilinear", "rolling-mean"])
        losses = [loss.model_dump() for loss in saved.losses]
        lost = {"first": 1, "last": 1, "stream": "mCherry", "cause": "overflow"}
        assert losses == ([lost] if there > 4 else [])
        shutil.rmtree(folder)


def without_restored(folder: Path) -> None:
    (folder / "restored.ome.tif").unlink()


def without_engines(folder: Path) -> None:
    saved = SessionRecord.read(folder)
    saved.engines = None
    saved.write(folder)
    without_restored(folder)


def without_table(folder: Path) -> None:
    (folder / "frames.csv").unlink()
    without_restored(folder)


@pytest.mark.parametrize("cut", [without_restored, without_engines, without_table])
def test_what_is_gone_is_made_again_as_it_was(tmp_path: Path, cut: Callable[[Path], None]) -> None:
    folder = tmp_path / "r"
    record(folder, experiment())
    before = planes(folder / "restored.ome.tif")
    cut(folder)
    assert complete(folder) == FRAMES
    assert_alike(planes(folder / "restored.ome.tif"), before)
    assert complete(folder) == FRAMES


@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_a_raw_only_recording_is_completed_by_what_was_asked_for_each_channel(
    tmp_path: Path, image_format: ImageFormat
) -> None:
    if image_format is ImageFormat.OME_ZARR:
        pytest.importorskip("tensorstore")
    folder, live = tmp_path / "r", tmp_path / "live"
    engines = ChannelEngines("none", {"mCherry": "rolling-mean"})
    record(live, experiment(), engines=engines, image_format=image_format)
    record(folder, experiment(), engines=engines, image_format=image_format, save_restored=False)
    assert complete(folder) == TIMES - 1
    assert SessionRecord.read(folder).state == "complete"
    for name in (image_format.restored_file, "raw.ome.zarr"):
        if name != "raw.ome.zarr" or image_format is ImageFormat.OME_ZARR:
            assert_alike(planes(folder / name), planes(live / name))


def test_a_channel_of_a_recording_is_given_its_engine_where_it_had_none(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    record(folder, experiment(), engines=ChannelEngines("none", {"GFP": "bilinear"}))
    saved = SessionRecord.read(folder)
    saved.engines = None
    saved.write(folder)
    without_restored(folder)
    # What is not named stays as it was asked for.
    assert complete(folder, "GFP=rolling-mean") == TIMES
    engines = SessionRecord.read(folder).engines
    assert engines is not None
    assert [one and one.name for one in engines] == ["rolling-mean", None]
    # Named as they are, it is done; by another, or where it is to have none, it is refused.
    assert complete(folder, "0=rolling-mean") == TIMES
    assert complete(folder, "GFP=rolling-mean", "mCherry=none") == TIMES
    for typed in (["GFP=bilinear"], ["mCherry=bilinear"], ["GFP=none"], ["bilinear"]):
        with pytest.raises(UserError, match="was started with rolling-mean, none") as refused:
            complete(folder, *typed)
        assert f'--engine "{typed[0]}"' in refused.value.fix
    with pytest.raises(UserError, match="no channel DAPI"):
        complete(folder, "DAPI=bilinear")


def test_a_recording_is_not_gone_on_with_by_another_engine(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    record(folder, experiment())
    without_restored(folder)
    with pytest.raises(UserError, match="started with bilinear, rolling-mean"):
        complete_recording(folder, "bicubic", "auto", QUIET)
    assert len(list(read_rows(folder / "frames.csv"))) == FRAMES
