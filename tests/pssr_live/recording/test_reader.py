"""Recordings read in Python."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

import pssr_live
from acquisition import Channel
from pssr_live.errors import UserError
from pssr_live.recording import Hyperstack, ImageFormat
from pssr_live.restoring import ChannelEngines, EngineChoice
from pssr_live.session import LiveSession
from tests.pssr_live.scripted import SMALL, ScriptedSource, frame_of, pixels
from tests.pssr_live.sessions import TIMEOUT, run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings") / "r"
    source = ScriptedSource([0, 1, 2, 3, 7, 8, 9])
    session = LiveSession(source, EngineChoice("bilinear"), save=folder)
    session.start()
    assert session.wait(TIMEOUT)
    return folder


def test_frames_times_and_figures_are_there(folder: Path) -> None:
    with pssr_live.open_recording(folder) as recording:
        assert recording.raw.shape == (7, 24, 32)
        assert recording.restored is not None
        assert recording.restored.shape == (7, 96, 128)
        np.testing.assert_array_equal(recording.indices, [0, 1, 2, 3, 7, 8, 9])
        np.testing.assert_allclose(recording.times_s, np.array([0, 1, 2, 3, 7, 8, 9]) * 0.1)
        assert recording.session.state == "complete"
        assert [row.lost_before for row in recording.rows] == [0, 0, 0, 0, 3, 0, 0]


def test_frames_are_indexed_as_an_array_is(folder: Path) -> None:
    whole = tifffile.imread(folder / "restored.ome.tif")
    with pssr_live.open_recording(folder) as recording:
        restored = recording.restored
        assert restored is not None
        np.testing.assert_array_equal(recording.raw[4], pixels(7))
        np.testing.assert_array_equal(restored[-1], whole[-1])
        np.testing.assert_array_equal(restored[1:6:2], whole[1:6:2])
        np.testing.assert_array_equal(restored[::-1, 3:9, 5], whole[::-1, 3:9, 5])
        np.testing.assert_array_equal(restored[2, 7], whole[2, 7])
        np.testing.assert_array_equal(np.asarray(restored), whole)
        with pytest.raises(IndexError):
            restored[7]


def test_what_is_no_recording_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"session\.json"):
        pssr_live.open_recording(tmp_path)
    (tmp_path / "raw.ome.tif").write_bytes(b"")
    with pytest.raises(UserError, match="holds no frame"):
        pssr_live.open_recording(tmp_path)
    (tmp_path / "raw.ome.tif").write_bytes(b"somebody's")
    with pytest.raises(UserError, match=r"pssr-live restore .*raw\.ome\.tif"):
        pssr_live.open_recording(tmp_path)
    with pytest.raises(UserError, match="not a recording"):
        pssr_live.open_recording(tmp_path / "raw.ome.tif")


def test_a_frame_that_can_t_be_read_is_told_with_what_to_do(tmp_path: Path) -> None:
    pytest.importorskip("tensorstore")
    run(ScriptedSource(range(5)), save=tmp_path / "r", image_format=ImageFormat.OME_ZARR)
    (tmp_path / "r" / "restored.ome.zarr" / "0" / "c" / "3" / "0" / "0").write_bytes(b"")
    with pssr_live.open_recording(tmp_path / "r") as recording:
        assert recording.restored is not None
        assert recording.restored[2].any()
        with pytest.raises(UserError, match=r"is damaged: frame 4 can't be read") as told:
            recording.restored[:]
    assert "pssr-live restore" in told.value.fix


def test_a_damaged_restored_file_is_not_told_as_none(tmp_path: Path) -> None:
    run(ScriptedSource(range(5)), save=tmp_path / "r")
    path = tmp_path / "r" / "restored.ome.tif"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match="is damaged"):
        pssr_live.open_recording(tmp_path / "r")


@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_several_streams_are_one_array_with_named_axes_and_zeros_where_a_frame_is_not_there(
    tmp_path: Path, image_format: ImageFormat
) -> None:
    if image_format is ImageFormat.OME_ZARR:
        pytest.importorskip("tensorstore")
    two = replace(SMALL, channels=(Channel("GFP"), Channel("mCherry")), slices=2)
    number = {stream: 100 * two.stream_number(stream) for stream in two.streams}
    lost = two.streams[3]
    script = [
        frame_of(number[stream] + index, stream, index + 7)
        for index in range(5)
        for stream in two.streams
        if (stream, index) != (lost, 2)
    ]
    engines = ChannelEngines("none", {"mCherry": "bilinear"})
    source = ScriptedSource(script, two)
    session = LiveSession(source, engines, save=tmp_path / "r", image_format=image_format)
    session.start()
    assert session.wait(TIMEOUT)
    assert session.faults == []
    with pssr_live.open_recording(tmp_path / "r") as recording:
        raw, restored = recording.raw, recording.restored
        assert isinstance(raw, Hyperstack)
        assert isinstance(restored, Hyperstack)
        assert (raw.axes, raw.channels) == ("TCZYX", ("GFP", "mCherry"))
        assert restored.channels == ("mCherry restored by bilinear (predicted)",)
        assert (raw.shape, restored.shape) == ((5, 2, 2, 24, 32), (5, 1, 2, 96, 128))
        expected = np.zeros(raw.shape, raw.dtype)
        for stream, first in number.items():
            for index in range(5):
                expected[index, stream.channel, stream.z] = pixels(first + index)
        expected[2, 1, 1] = 0
        there = np.ones((5, 2, 2), bool)
        there[2, 1, 1] = False
        np.testing.assert_array_equal(raw.frames_there, there)
        np.testing.assert_array_equal(restored.frames_there, there[:, 1:])
        np.testing.assert_array_equal(np.asarray(raw), expected)
        for key in (3, (-1, 1), (slice(1, 4), 0, slice(None), 5), (2, 1, 1), (0, 0, 0, 3, 4)):
            np.testing.assert_array_equal(raw[key], expected[key])
        with pytest.raises(IndexError):
            raw[0, 2]
        times = np.broadcast_to(0.1 * np.arange(7, 12)[:, None, None], there.shape)
        np.testing.assert_allclose(recording.times_s, np.where(there, times, np.nan))
        assert recording.indices[3].tolist() == [[10, 10], [10, 10]]
        assert recording.indices[2, 1, 1] == -1
        assert recording.figures["engine_ms"].shape == there.shape
        assert np.isnan(recording.figures["engine_ms"][:, 0]).all()
