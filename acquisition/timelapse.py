"""A recorded time-lapse: one stream of an image file, whose frames are a detector's counts."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquisition.errors import SourceError
from acquisition.frame import FrameFormat, PixelType
from acquisition.frame_rows import TABLE_FILE, read_rows
from acquisition.images import open_images, words_of_gaps
from acquisition.images.choice import StreamChoice, choose_stream
from acquisition.images.opening import is_image_folder
from acquisition.names import readable

RAW_FILE = "raw.ome.tif"
ANY_STREAM = StreamChoice()


class TimeLapse:
    """One channel, slice and position in time; uint8, uint16, or float32 holding counts.

    Frames that the file promises and does not hold are gaps: their numbers are left out. A
    recording that was cut off while its last page was being written is read up to there.

    Parameters
    ----------
    path : Path
        The file, or the folder of a recording, of an NDTiff set or of an OME-Zarr.
    choice : StreamChoice
        Which stream, where there are several.
    interval_s : float, optional
        Time from frame to frame in s, whatever the file says.

    Attributes
    ----------
    path : Path
        The file.
    format : FrameFormat
        What its frames are.
    frame_count : int
        How many there are: at least two, or one in a recording that ended there.
    times_s : tuple of float or None
        When each was acquired, in seconds since the first; NaN for those that are not known, None
        where none is.
    indices : tuple of int or None
        Their numbers, in a recording of our own and where some are missing.
    missing : str
        Which frames are missing, in words; empty where none is.
    predicted : bool
        Whether it is a prediction of ours.

    Raises
    ------
    SourceError
        If the file is no such time-lapse, with what is wrong and the fix.
    """

    def __init__(
        self, path: Path, choice: StreamChoice = ANY_STREAM, interval_s: float | None = None
    ) -> None:
        self.path = _find(path)
        self._file = open_images(self.path)
        try:
            self._look_over(choice, interval_s)
        except BaseException:
            self._file.close()
            raise

    def _look_over(self, choice: StreamChoice, interval_s: float | None) -> None:
        stream = self._stream = choose_stream(self._file, choice)
        if stream.series.dtype not in (np.uint8, np.uint16, np.float32):
            raise self._refuse(
                f"has pixels of type {stream.series.dtype}; microscope frames are uint8 or uint16",
                "Save it as 16-bit: in ImageJ Image > Type > 16-bit, without scaling.",
            )
        self.predicted = self._file.predicted
        self.frame_count = len(stream)
        # Only a recording of our own may have ended after its first frame.
        if self.frame_count < 2 and not (self.frame_count and self.path.name == RAW_FILE):
            raise self._refuse(
                "is a single image, not a time-lapse" if self.frame_count else "holds no frame",
                "Choose a file with several frames.",
            )
        self.missing = self._missing_in_words()
        first = stream.numbers[0]
        gaps = stream.numbers != tuple(range(first, first + self.frame_count))
        self.indices: tuple[int, ...] | None = stream.numbers if gaps else None
        self.times_s = stream.times_s
        if interval_s is not None:
            self.times_s = tuple((one - first) * interval_s for one in stream.numbers)
        if self.path.name == RAW_FILE:
            self._take_numbers_of_recording()
        self.format = self._format(interval_s or stream.interval_s)
        self._check_frames()

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
            raise self._refuse(
                f"holds values in frame {position + 1} that are no 16-bit counts "
                "(negative, above 65535, broken or not finite)",
                "Give the file as it came from the microscope, before any arithmetic.",
            )
        counts: NDArray[PixelType] = np.ascontiguousarray(stored, dtype=self.format.dtype)
        if counts.flags.writeable:
            counts.flags.writeable = False
        return counts

    def time_s(self, position: int) -> float:
        """When a frame was acquired, in seconds; NaN where that is not known."""
        return math.nan if self.times_s is None else self.times_s[position]

    def close(self) -> None:
        """Close the file. May be called more than once."""
        self._file.close()

    def _refuse(self, problem: str, fix: str) -> SourceError:
        return SourceError(f"{readable(self.path.name)} {problem}.", fix)

    def _missing_in_words(self) -> str:
        stream = self._stream
        if not stream.missing:
            return ""
        absent = [readable(name) for name in self._file.absent]
        because = f": not there: {', '.join(absent)}" if absent else ""
        plural = "s" if stream.missing > 1 else ""
        return (
            f"{stream.missing} of {stream.promised} frames missing "
            f"(frame{plural} {words_of_gaps(stream.gaps)}){because}"
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

    def _check_frames(self) -> None:
        """Read ahead what could stop a session midway: one frame, or all where counts are floats.

        Integers are counts whatever their value; only floats have to be looked at one and all.
        """
        floats = self._stream.series.dtype == np.float32
        for position in range(self.frame_count if floats else 1):
            self.frame(position)


def _find(path: Path) -> Path:
    if path.is_dir() and not is_image_folder(path):
        if (path / RAW_FILE).is_file():
            return path / RAW_FILE
        raise SourceError(
            f"{readable(path)} is a folder without a recording in it.",
            f"Give the image file itself, or a folder that holds {RAW_FILE}.",
        )
    return path


def _holds_counts(values: NDArray[np.generic]) -> bool:
    floats = np.asarray(values, dtype=np.float32)
    with np.errstate(invalid="ignore"):
        whole = np.floor(floats) == floats
        return bool(np.all(whole & (floats >= 0) & (floats <= np.iinfo(np.uint16).max)))
