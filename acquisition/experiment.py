"""A recorded experiment: every stream of an image file, in the order in which it was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquisition.channel import StreamKey
from acquisition.frame import FrameFormat, PixelType
from acquisition.images import StreamChoice, open_images, words_of_gaps
from acquisition.images.experiment_streams import ExperimentStreams, choose_streams
from acquisition.names import readable
from acquisition.recorded_stream import RecordedStream, recorded_rows
from acquisition.timelapse import ANY_STREAM, find_images

_SHOWN = 3


class Experiment:
    """All channels, slices and positions of a file in time, or those that were chosen.

    Frames follow one another by their times, where every one has a time; else time point by time
    point, and in each position by position, channel by channel, slice by slice. Frames that the
    file promises and does not hold are gaps in the numbers of their stream.

    Parameters
    ----------
    path : Path
        See `TimeLapse`.
    choice : StreamChoice
        Which streams; all of what is not chosen.
    interval_s : float, optional
        From time point to time point in s, whatever the file says.
    stills : bool
        Take single images too, and stacks at a single time.

    Attributes
    ----------
    path : Path
        The file.
    format : FrameFormat
        What its frames are.
    streams : dict of StreamKey to RecordedStream
        All that were chosen, in order; also those of which no frame is there.
    frame_count : int
        Frames of all streams.
    missing : str
        Which frames are missing, in words; empty where none is.
    time_points : int
        At which there is a frame.
    last_index, last_time_point : int
        The greatest number of a frame in any stream, and the greatest time point.
    last_s : float
        When the last frame was acquired; NaN where that is not known.
    predicted : bool
        Whether it is a prediction of ours.

    Raises
    ------
    SourceError
        If it is not such a file, with what is wrong and the fix.
    """

    def __init__(
        self,
        path: Path,
        choice: StreamChoice = ANY_STREAM,
        interval_s: float | None = None,
        *,
        stills: bool = False,
    ) -> None:
        self._file = open_images(find_images(path))
        self._stills = stills
        try:
            self._look_over(choose_streams(self._file, choice, stills=stills), interval_s)
            if stills or choice.along_z:
                next(part for part in self._parts if part.frame_count).check_data_bar()
        except BaseException:
            self._file.close()
            raise

    def _look_over(self, chosen: ExperimentStreams, interval_s: float | None) -> None:
        self.path, self.predicted = self._file.path, self._file.predicted
        rows = recorded_rows(self._file) if len(chosen.streams) > 1 else None
        self.streams = {
            key: RecordedStream(self._file, stream, interval_s, rows=rows)
            for key, stream in chosen.streams.items()
        }
        self._keys, self._parts = tuple(self.streams), tuple(self.streams.values())
        longest = max(self._parts, key=lambda part: part.frame_count)
        longest.check_length(stills=self._stills)
        for part in self._parts if longest.holds_floats else (longest,):
            part.check_frames()
        intervals = (part.format.interval_s for part in (longest, *self._parts))
        self.format: FrameFormat = replace(
            longest.format,
            interval_s=next((one for one in intervals if one is not None), None),
            channels=chosen.channels,
            slices=chosen.slices,
            z_step_um=chosen.z_step_um,
            frames_are_slices=chosen.along_z,
            positions=chosen.positions,
        )
        self.missing = self._missing_in_words()
        self._put_in_order(interval_s)

    def _put_in_order(self, interval_s: float | None) -> None:
        """Find the stream, number and time of every frame, in the order of recording."""
        counts = [part.frame_count for part in self._parts]
        self.frame_count = sum(counts)
        stream = np.repeat(np.arange(len(counts)), counts)
        position = np.concatenate([np.arange(count) for count in counts])
        index = np.concatenate([np.array(numbers, np.int64) for numbers in self._numbers()])
        time_point = index
        if len(counts) > 1:
            time_point = np.concatenate([np.array(part.numbers, np.int64) for part in self._parts])
        acquired = self._moments(interval_s)
        order, self._rank = position, position
        if len(counts) > 1:
            timed = bool(np.isfinite(acquired).all())
            # The last key is the first to be looked at.
            order = np.lexsort((stream, time_point, acquired) if timed else (stream, time_point))
            self._rank = np.unique(time_point[order], return_inverse=True)[1]
        self._stream, self._position = stream[order], position[order]
        self._index, self._acquired = index[order], acquired[order]
        self._time_point = time_point[order]
        self.time_points = int(self._rank.max()) + 1
        self.last_index, self.last_time_point = int(index.max()), int(time_point.max())
        self.last_s = float(self._acquired[-1])

    def _numbers(self) -> list[Sequence[int]]:
        if len(self._parts) > 1:
            return [part.indices or part.numbers for part in self._parts]
        (part,) = self._parts
        return [part.indices or range(part.frame_count)]

    def _moments(self, interval_s: float | None) -> NDArray[np.float64]:
        """When every frame was acquired, in s since the first, stream by stream."""
        if len(self._parts) == 1:
            (part,) = self._parts
            return np.array([part.time_s(n) for n in range(part.frame_count)])
        moments = np.concatenate([part.moments_s(interval_s) for part in self._parts])
        finite = moments[np.isfinite(moments)]
        first: float = finite.min() if len(finite) else 0.0
        return moments - first

    def stream(self, place: int) -> StreamKey:
        """Of which stream a frame is, by its place among all."""
        return self._keys[int(self._stream[place])]

    def stream_number(self, place: int) -> int:
        """Where its stream stands in `streams`."""
        return int(self._stream[place])

    def index(self, place: int) -> int:
        """Return a frame's number in its stream; a jump means that frames of it are missing."""
        return int(self._index[place])

    def time_point(self, place: int) -> int:
        """Return a frame's time point: frames of several streams that belong together share it."""
        return int(self._time_point[place])

    def rank(self, place: int) -> int:
        """How many time points come before a frame's, of those at which there is a frame."""
        return int(self._rank[place])

    def time_s(self, place: int) -> float:
        """When a frame was acquired, in s since the first; NaN where that is not known."""
        return float(self._acquired[place])

    def frame(self, place: int) -> NDArray[PixelType]:
        """Read a frame by its place among all, see `RecordedStream.frame`."""
        return self._parts[int(self._stream[place])].frame(int(self._position[place]))

    def close(self) -> None:
        """Close the file. May be called more than once."""
        self._file.close()

    def _missing_in_words(self) -> str:
        lacking = {key: part for key, part in self.streams.items() if part.missing}
        if not lacking:
            return ""
        if len(self._parts) == 1:
            return self._parts[0].missing
        promised = sum(part.promised for part in self._parts)
        missing = promised - sum(part.frame_count for part in self._parts)
        gaps = {part.gaps for part in self._parts}
        if len(gaps) == 1:
            where = f"time points {words_of_gaps(gaps.pop())} of every stream"
        else:
            words = [self._lack_in_words(key, part) for key, part in lacking.items()]
            where = "; ".join(words[:_SHOWN]) + ("; …" if len(words) > _SHOWN else "")
        return f"{missing} of {promised} frames missing ({where}){self._parts[0].because}"

    def _lack_in_words(self, key: StreamKey, part: RecordedStream) -> str:
        about = self.format
        names = []
        if len(about.positions) > 1:
            names.append(readable(about.positions[key.position]))
        if len(about.channels) > 1:
            names.append(readable(about.channels[key.channel].name) or f"channel {key.channel}")
        if about.slices > 1:
            names.append(f"slice {key.z}")
        which = "all" if not part.frame_count else f"frames {words_of_gaps(part.gaps)}"
        return f"{', '.join(names)}: {which}"
