"""A recording as the window is shown it: each frame read from the disk when it is looked at."""

from __future__ import annotations

import math
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquisition import FrameRow, PixelType, StreamKey
from engines import quoted
from gui import Axes, Preview, Verdict
from pssr_live.errors import UserError
from pssr_live.recording import Frames, Hyperstack, Recording, open_recording, restored_channels
from pssr_live.window.verdict_words import verdict_words

# What was looked at last is kept, so that to step back and forth reads nothing twice.
_KEPT_BYTES = 128 * 2**20


class RecordedFrame(NamedTuple):
    """A raw frame: its place in the table, its line there, and the verdict on it restored."""

    place: int
    row: FrameRow
    verdict: Verdict | None


class RecordedFrames:
    """All frames of a recording, raw and restored as they were recorded, with their verdicts.

    They may be read from any thread, one at a time.

    Parameters
    ----------
    folder : Path
        Of the recording, finished or not; what is written later is not seen.
    tell : callable
        Given the `UserError` of a frame that can't be read, which is shown black, or raw only; in
        the thread that reads it.

    Raises
    ------
    UserError
        If it is not a recording, or holds no frame.

    Attributes
    ----------
    recording : Recording
    axes : Axes
    streams : mapping of StreamKey to StreamOnDisk
        Those that have frames.
    """

    def __init__(self, folder: Path, tell: Callable[[UserError], object]) -> None:
        self._tell = tell
        self._lock = threading.RLock()
        self.recording = open_recording(folder)
        self._format = self.recording.session.frames.frame_format
        self.axes = Axes(
            self._format.channels,
            self._format.slices,
            self._format.z_step_um,
            self._format.positions,
        )
        self._restored_channels = list(restored_channels(self.recording.session))
        self._kept: OrderedDict[int, Preview] = OrderedDict()
        self._kept_bytes = 0
        frames = _frames_of(self.recording)
        self.streams = {
            stream: StreamOnDisk(self, [one for one in frames if _stream_of(one.row) == stream])
            for stream in dict.fromkeys(_stream_of(one.row) for one in frames)
        }

    def close(self) -> None:
        """Close the files."""
        self._kept.clear()
        self.recording.close()

    def preview(self, frame: RecordedFrame) -> Preview:
        """Read a frame, raw and restored; the same object for what was looked at a moment ago."""
        with self._lock:
            if frame.place in self._kept:
                self._kept.move_to_end(frame.place)
            else:
                self._keep(frame.place, self.read(frame))
            return self._kept[frame.place]

    def read(self, frame: RecordedFrame) -> Preview:
        """Read a frame that is gone through once, and leave those kept that are looked at."""
        with self._lock:
            return self._kept.get(frame.place) or self._read_anew(frame)

    def _read_anew(self, frame: RecordedFrame) -> Preview:
        row = frame.row
        raw = self._read(self.recording.raw, frame, row.channel)
        size, dtype = (self._format.height, self._format.width), self._format.dtype
        return Preview(
            raw=np.zeros(size, dtype) if raw is None else raw,
            restored=self._restored(frame),
            index=row.index,
            sequence=frame.place,
            acquired=row.acquired_s,
            pixel_size_um=self._format.pixel_size_um,
            highest=2**self._format.significant_bits - 1,
            stream=_stream_of(row),
            axes=self.axes,
            time_point=row.time_point,
            verdict=frame.verdict,
        )

    def _restored(self, frame: RecordedFrame) -> NDArray[PixelType] | None:
        channel, restored = frame.row.channel, self.recording.restored
        if restored is None or channel not in self._restored_channels:
            return None
        place = self._restored_channels.index(channel)
        return self._read(restored, frame, place)

    def _read(
        self, frames: Frames | Hyperstack, frame: RecordedFrame, channel: int
    ) -> NDArray[PixelType] | None:
        """Read a frame of one of the files; None where it holds none, or can't be read."""
        row = frame.row
        try:
            if isinstance(frames, Frames):
                return frames[frame.place] if frame.place < len(frames) else None
            there = frames.frames_there
            place = (row.time_point, channel, row.z)
            is_there = row.time_point < len(there) and there[place]
            return frames[place] if is_there else None
        except UserError as error:
            self._tell(error)
            return None

    def _keep(self, place: int, preview: Preview) -> None:
        self._kept[place] = preview
        self._kept_bytes += preview.nbytes
        while self._kept_bytes > _KEPT_BYTES and len(self._kept) > len(self.streams):
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= oldest.nbytes


class StreamOnDisk:
    """The frames of one stream of a recording, see `gui.kept_frames.KeptFrames`.

    Parameters
    ----------
    recorded : RecordedFrames
        Reads them.
    frames : sequence of RecordedFrame
        By time.
    """

    def __init__(self, recorded: RecordedFrames, frames: Sequence[RecordedFrame]) -> None:
        self._recorded = recorded
        self._frames = frames
        self._places = [one.place for one in frames]
        self._times = [one.row.time_point for one in frames]

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, place: int) -> Preview:
        return self._recorded.preview(self._frames[place])

    def __iter__(self) -> Iterator[Preview]:
        return map(self._recorded.read, self._frames)

    def find(self, sequence: int) -> int | None:
        """Find the place of a frame; None if it is of another stream."""
        place = bisect_right(self._places, sequence) - 1
        return place if place >= 0 and self._places[place] == sequence else None

    def at_time(self, time_point: int) -> Preview | None:
        """Return the last that is not of a later time point; None if there is none."""
        place = bisect_right(self._times, time_point) - 1
        return self[place] if place >= 0 else None


def words_of(recording: Recording) -> str:
    """Say in a line what a recording is: when, of what, restored by what, and what it lacks."""
    session = recording.session
    engines = [session.engine] if session.engines is None else session.engines
    names = dict.fromkeys(one.name for one in engines if one is not None)
    restored = f"restored by {', '.join(names)}" if names else "not restored"
    lost = f"{session.lost_frames} frames lost" if session.lost_frames else ""
    lacks = recording.raw.frame_count - session.restored_frames if names else 0
    rest = f"not finished: pssr-live restore {quoted(recording.folder)}" if lacks > 0 else ""
    if session.engines is not None:
        # Of several channels not all need be restored.
        rest = "" if session.state == "complete" else "not all frames are restored"
    began = session.started.replace("T", " ").split(".")[0]
    return " · ".join(filter(None, (began, session.frames.camera, restored, lost, rest)))


def _frames_of(recording: Recording) -> list[RecordedFrame]:
    """List the raw frames; of one stream also those that the table lacks, in its count."""
    count, rows, verdicts = recording.raw.frame_count, recording.rows, recording.verdicts
    frames = [
        RecordedFrame(place, row, verdict_words(*verdict))
        for place, (row, verdict) in enumerate(zip(rows[:count], verdicts, strict=False))
    ]
    next_index = frames[-1].row.index + 1 if frames else 0
    if isinstance(recording.raw, Frames):
        for place in range(len(frames), count):
            row = FrameRow(
                index=next_index,
                acquired_s=math.nan,
                received_s=math.nan,
                lost_before=0,
            )
            frames.append(RecordedFrame(place, row, None))
            next_index += 1
    return frames


def _stream_of(row: FrameRow) -> StreamKey:
    return StreamKey(0, row.channel, row.z)
