"""Several channels and slices in one recording."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from ome_types import from_tiff

from acquisition import Channel, Frame, StreamKey, StreamOrder, read_rows
from acquisition.images import open_images
from engines.backends.baselines import Baseline
from engines.intensity import IntensityScale
from pssr_live.recording.image_format import ImageFormat
from pssr_live.recording.plane import Plane
from pssr_live.recording.provenance import record_engine, record_opened
from pssr_live.recording.raw_windows import RawWindows
from pssr_live.recording.recorder import Recorder
from pssr_live.recording.session_file import FormatRecord, SessionRecord
from pssr_live.recording.tiff_pages import BigTiffPages
from pssr_live.restoring.channel_engines import ChannelEngines
from pssr_live.session.live import LiveSession
from tests.pssr_live.scripted import SMALL, ScriptedSource, frame_of, pixels
from tests.pssr_live.sessions import TIMEOUT

FOUR = replace(
    SMALL,
    channels=(Channel("GFP", (0, 255, 0), 509.0), Channel("mCherry", (255, 0, 255), 610.0)),
    slices=2,
    z_step_um=0.5,
)
TIMES = 7


def number_of(stream: StreamKey, index: int) -> int:
    return 1000 * FOUR.stream_number(stream) + index


def frame(stream: StreamKey, index: int) -> Frame:
    return replace(frame_of(number_of(stream, index), stream, index), received=time.perf_counter())


def experiment(times: int = TIMES) -> list[Frame]:
    """All frames, time point by time point."""
    return [frame(stream, index) for index in range(times) for stream in FOUR.streams]


@st.composite
def arrivals(draw: st.DrawFn) -> list[tuple[StreamKey, int]]:
    """Frames of every stream in their own order, some lost, streams in any order."""
    kept = {stream: sorted(draw(st.sets(st.integers(0, TIMES - 1)))) for stream in FOUR.streams}
    turns = draw(st.permutations([one for one in FOUR.streams for _ in kept[one]]))
    left = {stream: iter(numbers) for stream, numbers in kept.items()}
    return [(stream, next(left[stream])) for stream in turns]


def begin(folder: Path, *, restored: Sequence[int] = (0, 1)) -> Recorder:
    recorder = Recorder(folder, FOUR, source_url="scripted:", source_settings={})
    engine = Baseline("rolling-mean")
    opened = record_opened(engine, "rolling-mean")
    recorder.notes.note_opened([opened if channel in restored else None for channel in range(2)])
    for channel in restored:
        scale = IntensityScale(float(channel), 1.0)
        recorder.notes.note_engine(record_engine(engine, "rolling-mean", scale), channel)
    recorder.begin_restored()
    return recorder


def restored_pixels(number: int) -> np.ndarray:
    return np.kron(pixels(number), np.ones((4, 4), np.uint16))


@settings(max_examples=12, deadline=None)
@given(arrived=arrivals(), only_first=st.booleans(), seed=st.integers(0, 99))
def test_frames_in_any_order_are_recorded_read_back_and_restored_stream_by_stream(
    tmp_path_factory: pytest.TempPathFactory,
    arrived: list[tuple[StreamKey, int]],
    only_first: bool,
    seed: int,
) -> None:
    folder = tmp_path_factory.mktemp("streams") / "r"
    restored = (0,) if only_first else (0, 1)
    recorder = begin(folder, restored=restored)
    order = StreamOrder(len(FOUR.streams))
    for stream, index in arrived:
        recorder.append_raw(frame(stream, index))
        order.append(FOUR.stream_number(stream), index)
    with RawWindows(recorder) as windows:
        for centre, (stream, index) in enumerate(arrived):
            window = windows.read(centre, timeout=TIMEOUT)
            places = order.window(centre, ended=True)
            assert window is not None
            assert places is not None
            assert (window.sequence, window.index, window.stream) == (centre, index, stream)
            assert (window.first, window.last) == (places[0], places[-1])
            expected = [pixels(number_of(*arrived[place])) for place in places]
            np.testing.assert_array_equal(window.pixels, np.stack(expected))
    # Streams don't wait for one another: any order of them, each in its own.
    due = [place for place, (stream, _) in enumerate(arrived) if stream.channel in restored]
    streams = [arrived[place][0] for place in due]
    Random(seed).shuffle(streams)
    for stream in streams:
        place = recorder.next_to_restore(stream)
        assert place is not None
        assert arrived[place][0] == stream
        recorder.append_restored(
            restored_pixels(number_of(*arrived[place])), 0.1 * arrived[place][1], place
        )
    recorder.close("the test's end")
    if not arrived:
        assert not folder.exists()
        return
    record = SessionRecord.read(folder)
    assert record.state == "complete"
    assert (record.raw_frames, record.restored_frames) == (len(arrived), len(due))
    base = arrived[0][1]
    with BigTiffPages(folder / "raw.ome.tif") as raw:
        out = np.empty(FOUR.shape, FOUR.dtype)
        for position, one in enumerate(arrived):
            raw.read_into(position, out)
            np.testing.assert_array_equal(out, pixels(number_of(*one)))
        planes = raw.planes()
    rows = list(read_rows(folder / "frames.csv"))
    assert [row.index for row in rows] == [index for _, index in arrived]
    assert [Plane(row.channel, row.z, row.time_point) for row in rows] == planes
    for plane, (stream, _) in zip(planes, arrived, strict=True):
        assert plane is not None
        assert (plane.channel, plane.z) == (stream.channel, stream.z)
    assert len(set(planes)) == len(planes)
    if all(index >= base for _, index in arrived):
        times = [None if plane is None else plane.time_point for plane in planes]
        assert times == [index - base for _, index in arrived]
    if due:
        with BigTiffPages(folder / "restored.ome.tif") as made:
            out = np.empty((4 * FOUR.height, 4 * FOUR.width), FOUR.dtype)
            there = made.planes()
            for plane in there:
                assert plane is not None
                of_raw = plane._replace(channel=restored[plane.channel])
                made.read_into(there.index(plane), out)
                one = arrived[planes.index(of_raw)]
                np.testing.assert_array_equal(out, restored_pixels(number_of(*one)))


def test_lost_frames_are_counted_in_their_stream_and_named(tmp_path: Path) -> None:
    recorder = begin(tmp_path / "r")
    first, other, *_ = FOUR.streams
    for stream, index in [(first, 0), (other, 0), (first, 4), (other, 1), (first, 5)]:
        recorder.append_raw(frame(stream, index))
    assert recorder.last_indices == {first: 5, other: 1}
    recorder.close("the test's end")
    record = SessionRecord.read(tmp_path / "r")
    assert record.lost_frames == 3
    assert [(one.first, one.last, one.stream) for one in record.losses] == [(1, 3, "GFP, slice 0")]
    rows = list(read_rows(tmp_path / "r" / "frames.csv"))
    assert [row.lost_before for row in rows] == [0, 0, 3, 0, 0]


def test_a_recording_begins_with_its_first_frame_and_goes_on_where_a_source_counts_anew(
    tmp_path: Path,
) -> None:
    recorder = begin(tmp_path / "r")
    first, other, *_ = FOUR.streams
    arrived = [(first, 50), (other, 50), (first, 51), (other, 51), (first, 0), (other, 0)]
    for stream, index in [*arrived, (first, 1), (other, 1)]:
        recorder.append_raw(frame(stream, index))
    recorder.close("the test's end")
    rows = list(read_rows(tmp_path / "r" / "frames.csv"))
    assert [row.time_point for row in rows] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert [row.index for row in rows] == [50, 50, 51, 51, 0, 0, 1, 1]


def test_a_frame_that_the_disk_refused_once_is_where_it_belongs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = begin(tmp_path / "r")
    first, other, *_ = FOUR.streams
    recorder.append_raw(frame(first, 0))
    with monkeypatch.context() as patched:

        def refuse(*_: object) -> None:
            raise OSError(5, "Input/output error")

        patched.setattr("pssr_live.recording.bigtiff.TiffAppender.append", refuse)
        for _ in range(2):
            with pytest.raises(OSError, match="Input/output"):
                recorder.append_raw(frame(other, 0))
    recorder.append_raw(frame(other, 0))
    recorder.close("the test's end")
    rows = list(read_rows(tmp_path / "r" / "frames.csv"))
    assert [(row.z, row.time_point) for row in rows] == [(0, 0), (1, 0)]


def test_a_table_and_a_session_of_one_stream_have_nothing_of_several(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "r", SMALL, source_url="scripted:", source_settings={})
    recorder.append_raw(
        Frame(pixels=pixels(0), index=0, acquired=0.0, received=time.perf_counter())
    )
    recorder.close("the test's end")
    said = json.loads((tmp_path / "r" / "session.json").read_text("utf-8"))
    assert list(said["frames"])[-1] == "camera"
    assert "engines" not in said
    header = (tmp_path / "r" / "frames.csv").read_text("ascii").splitlines()[0]
    assert "time_point" not in header


def test_the_format_is_read_back_as_it_was(tmp_path: Path) -> None:
    recorder = begin(tmp_path / "r")
    recorder.append_raw(frame(FOUR.streams[0], 0))
    recorder.close("the test's end")
    assert SessionRecord.read(tmp_path / "r").frames.frame_format == FOUR
    for one in (SMALL, replace(SMALL, channels=(Channel("GFP"),)), replace(FOUR, slices=1)):
        said = FormatRecord.of(one).model_dump_json()
        assert FormatRecord.model_validate_json(said).frame_format == one


@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_a_session_of_two_channels_is_recorded_as_one_hyperstack(
    tmp_path: Path, image_format: ImageFormat
) -> None:
    if image_format is ImageFormat.OME_ZARR:
        pytest.importorskip("tensorstore")
    folder = tmp_path / "r"
    session = LiveSession(
        ScriptedSource(experiment(), FOUR),
        ChannelEngines("rolling-mean", {"mCherry": "none"}),
        save=folder,
        image_format=image_format,
    )
    session.start()
    assert session.wait(TIMEOUT)
    assert session.faults == []
    record = SessionRecord.read(folder)
    assert record.state == "complete"
    assert (record.raw_frames, record.restored_frames) == (4 * TIMES, 2 * TIMES)
    assert record.engines is not None
    assert record.engines[1] is None
    assert record.engines[0] is not None
    assert record.engines[0].settled is not None
    assert record.asked is not None
    assert record.asked.named == {"mCherry": "none"}
    names = {"raw.ome.tif": 2, image_format.restored_file: 1}
    if image_format is ImageFormat.OME_ZARR:
        names["raw.ome.zarr"] = 2
    for name, channels in names.items():
        with open_images(folder / name) as file:
            (series,) = file.series
            assert dict(series.sizes) == {"T": TIMES, "C": channels, "Z": 2}
            assert series.missing == 0
            assert file.predicted == (channels == 1)
            assert series.channels[0].colour == (0, 255, 0)
            if channels == 1:
                assert series.channels[0].name == "GFP restored by rolling-mean (predicted)"
            else:
                for stream in FOUR.streams:
                    plane = series.plane(T=3, C=stream.channel, Z=stream.z)
                    np.testing.assert_array_equal(plane, pixels(number_of(stream, 3)))
    if image_format is ImageFormat.OME_TIFF:
        said = from_tiff(folder / "restored.ome.tif").images[0].pixels
        assert (said.size_c, said.size_z, said.size_t) == (1, 2, TIMES)
        times = {plane.the_t: plane.delta_t for plane in said.planes}
        assert times == pytest.approx({number: 0.1 * number for number in range(TIMES)})
        with tifffile.TiffFile(folder / "raw.ome.tif") as tiff:
            assert tiff.series[0].axes in ("TZCYX", "TCZYX")
