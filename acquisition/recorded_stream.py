"""One stream of an opened image file, whose frames are a detector's counts."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from acquisition.errors import SourceError
from acquisition.frame import FrameFormat, PixelType
from acquisition.frame_rows import TABLE_FILE, FrameRow, read_rows, rows_by_plane
from acquisition.images import ImageFile, Stream, words_of_gaps
from acquisition.images.data_bar import data_bar_rows
from acquisition.images.series import CHANNEL, DEPTH
from acquisition.names import readable

RAW_FILE = "raw.ome.tif"


class RecordedStream:
    """A stream, read frame by frame.

    Parameters
    ----------
    file : ImageFile
        Open.
    stream : Stream
        Of it.
    interval_s : float, optional
        Time from frame to frame in s, whatever the file says.
    rows : mapping of (int, int, int) to FrameRow, optional
        Lines of frames.csv by channel, slice and time point, where the file is a recording of
        several streams of our own; read where they are not given.

    Attributes
    ----------
    path : Path
        The file.
    format : FrameFormat
        What its frames are.
    frame_count : int
        How many there are.
    times_s : tuple of float or None
        When each was acquired, in seconds since the first; NaN for those that are not known, None
        where none is.
    indices : tuple of int or None
        Their numbers, in a recording of our own and where some are missing.
    missing : str
        Which frames are missing, in words; empty where none is.
    z_step_um : float or None
        From slice to slice, where its frames are the slices of a stack; None where unknown.
    predicted : bool
        Whether it is a prediction of ours.

    Raises
    ------
    SourceError
        If its pixels are no counts.
    """

    def __init__(
        self,
        file: ImageFile,
        stream: Stream,
        interval_s: float | None = None,
        *,
        rows: Mapping[tuple[int, int, int], FrameRow] | None = None,
    ) -> None:
        self.path = file.path
        self._file, self._stream = file, stream
        if stream.series.dtype not in (np.uint8, np.uint16, np.float32):
            raise self.refuse(
                f"has pixels of type {stream.series.dtype}; microscope frames are uint8 or uint16",
                "Save it as 16-bit: in ImageJ Image > Type > 16-bit, without scaling.",
            )
        self.predicted = file.predicted
        self.z_step_um = stream.series.z_step_um if stream.axis == DEPTH else None
        self.frame_count = len(stream)
        self.missing = self._missing_in_words()
        first = stream.numbers[0] if stream.numbers else 0
        gaps = stream.numbers != tuple(range(first, first + self.frame_count))
        self.indices: tuple[int, ...] | None = stream.numbers if gaps else None
        self.times_s = stream.times_s
        if interval_s is not None:
            self.times_s = tuple((one - first) * interval_s for one in stream.numbers)
        if self.path.name == RAW_FILE and self.frame_count == len(stream.series.planes):
            self._take_numbers_of_recording()
        elif self.path.name == RAW_FILE and self.frame_count:
            self._take_numbers_of_stream(recorded_rows(file) if rows is None else rows)
        self.format = self._format(interval_s or stream.interval_s)

    def check_length(self, *, stills: bool = False) -> None:
        """Refuse what is not a time-lapse.

        Parameters
        ----------
        stills : bool
            Whether a single image will do.

        Raises
        ------
        SourceError
            If there are fewer than two frames, or one in a recording that ended there.
        """
        if stills and self.frame_count:
            return
        # Only a recording of our own may have ended after its first frame.
        if self.frame_count < 2 and not (self.frame_count and self.path.name == RAW_FILE):
            raise self.refuse(
                "is a single image, not a time-lapse" if self.frame_count else "holds no frame",
                "Choose a file with several frames.",
            )

    def check_frames(self) -> None:
        """Read ahead what could stop a session midway: one frame, or all where counts are floats.

        Integers are counts whatever their value; only floats have to be looked at one and all.

        Raises
        ------
        SourceError
            If a frame can't be read, or holds no counts.
        """
        for position in range(self.frame_count if self.holds_floats else min(1, self.frame_count)):
            self.frame(position)

    def check_data_bar(self) -> None:
        """Refuse images with a bar of text at the bottom, as electron microscopes burn it in.

        Raises
        ------
        SourceError
            With the rows to crop.
        """
        rows = data_bar_rows(self.frame(0)) if self.frame_count else 0
        if rows:
            raise self.refuse(
                f"ends in a data bar of {rows} rows, burnt in by the microscope, which would be "
                "restored as structure",
                f"Leave it out: --crop-bottom {rows}",
            )

    def _take_numbers_of_recording(self) -> None:
        """Number and time frames as frames.csv does, so that no window spans a gap in them."""
        rows = list(read_rows(self.path.with_name(TABLE_FILE)))[: self.frame_count]
        if not rows:
            return
        numbers = [row.index for row in rows]
        times = [row.acquired_s for row in rows]
        # A power cut may have taken the table's end; frames without a line count on.
        while len(numbers) < self.frame_count:
            numbers.append(numbers[-1] + 1)
            times.append(math.nan)
        self.indices, self.times_s = tuple(numbers), tuple(times)

    def _take_numbers_of_stream(self, rows: Mapping[tuple[int, int, int], FrameRow]) -> None:
        """Number the frames of one of several streams as frames.csv does.

        A stream that comes with every tenth time point has no gaps there, and a recording that was
        begun late none before it.
        """
        if not rows:
            return
        indices: list[int] = []
        for position, time_point in enumerate(self.numbers):
            at = self._stream.place(position, CHANNEL), self._stream.place(position, DEPTH)
            row = rows.get((*at, time_point))
            # A power cut may have taken the table's end; frames without a line count on.
            number = indices[-1] + 1 if indices else time_point
            indices.append(number if row is None else row.index)
        self.indices, self.missing = tuple(indices), ""

    def frame(self, position: int) -> NDArray[PixelType]:
        """Read one frame.

        Parameters
        ----------
        position : int
            From 0 to `frame_count` - 1.

        Returns
        -------
        ndarray of uint8 or uint16, shape (H, W)
            Counts, read-only.

        Raises
        ------
        SourceError
            If it can't be read, naming the frame.
        """
        stored = self._stream.frame(position)
        if stored.dtype.kind == "f" and not _holds_counts(stored):
            raise self.refuse(
                f"holds values in frame {position + 1} that are not 16-bit counts "
                "(negative, above 65535, broken or not finite)",
                "Give the file as it came from the microscope, before any arithmetic.",
            )
        counts: NDArray[PixelType] = np.ascontiguousarray(stored, dtype=self.format.dtype)
        if counts.flags.writeable:
            counts.flags.writeable = False
        return counts

    @property
    def holds_floats(self) -> bool:
        """Whether its counts are stored as floats."""
        return self._stream.series.dtype == np.float32

    @property
    def numbers(self) -> tuple[int, ...]:
        """Places of its frames along the file's axis of time."""
        return self._stream.numbers

    @property
    def gaps(self) -> tuple[range, ...]:
        """Numbers of the frames that are promised and not there."""
        return tuple(self._stream.gaps)

    @property
    def promised(self) -> int:
        """Frames that the file promises."""
        return self._stream.promised

    @property
    def because(self) -> str:
        """Which files are not there, in words to be added."""
        absent = [readable(name) for name in self._file.absent]
        return f": not there: {', '.join(absent)}" if absent else ""

    def moments_s(self, interval_s: float | None) -> tuple[float, ...]:
        """When each frame was acquired, in s on the clock that all streams of the file share.

        Parameters
        ----------
        interval_s : float or None
            From time point to time point, whatever the file says.

        Returns
        -------
        tuple of float
            NaN where that is not known.
        """
        if interval_s is not None:
            return tuple(one * interval_s for one in self._stream.numbers)
        return self._stream.moments_s or (math.nan,) * self.frame_count

    def time_s(self, position: int) -> float:
        """When a frame was acquired, in seconds; NaN where that is not known."""
        return math.nan if self.times_s is None else self.times_s[position]

    def close(self) -> None:
        """Close the file. May be called more than once."""
        self._file.close()

    def refuse(self, problem: str, fix: str) -> SourceError:
        """Say what is wrong with the file."""
        return SourceError(f"{readable(self.path.name)} {problem}.", fix)

    def _missing_in_words(self) -> str:
        stream = self._stream
        if not stream.missing:
            return ""
        plural = "s" if stream.missing > 1 else ""
        return (
            f"{stream.missing} of {stream.promised} frames missing "
            f"(frame{plural} {words_of_gaps(stream.gaps)}){self.because}"
        )

    def _format(self, interval_s: float | None) -> FrameFormat:
        series = self._stream.series
        narrow = series.dtype == np.uint8
        bits = 8 if narrow else 16
        if series.significant_bits is not None and not narrow:
            bits = min(bits, series.significant_bits)
        return FrameFormat(
            height=series.height,
            width=series.width,
            dtype=np.dtype(np.uint8) if narrow else np.dtype(np.uint16),
            significant_bits=bits,
            pixel_size_um=series.pixel_size_um,
            interval_s=interval_s,
            camera=readable(self.path.name),
        )


def recorded_rows(file: ImageFile) -> Mapping[tuple[int, int, int], FrameRow]:
    """Read what a recording of several streams of our own says of its frames; of others nothing."""
    if file.path.name != RAW_FILE:
        return {}
    return rows_by_plane(file.path.with_name(TABLE_FILE))


def _holds_counts(values: NDArray[np.generic]) -> bool:
    floats = np.asarray(values, dtype=np.float32)
    with np.errstate(invalid="ignore"):
        whole = np.floor(floats) == floats
        return bool(np.all(whole & (floats >= 0) & (floats <= np.iinfo(np.uint16).max)))
