"""The raw frames of a recording of several streams, read back from its files."""

from __future__ import annotations

import math
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquisition import (
    RAW_FILE,
    TABLE_FILE,
    WINDOW_LENGTH,
    FrameFormat,
    FrameRow,
    PixelType,
    StreamKey,
    read_rows,
)
from pssr_live.recording import OpenedRecord, Plane, WrittenStreams, images


class RawFrames:
    """The raw frames of a recording, and which streams they are of.

    Parameters
    ----------
    folder : Path
        Of the recording.
    frame_format : FrameFormat
        Theirs.

    Attributes
    ----------
    pages : Pages
        The raw file.
    rows : list of FrameRow
        Of the frames of which it is known where they belong.
    """

    def __init__(self, folder: Path, frame_format: FrameFormat) -> None:
        self.format = frame_format
        self._path = folder / RAW_FILE
        self.pages = images.open_pages(self._path)
        self.streams = WrittenStreams(frame_format)
        self.rows = list(islice(read_rows(folder / TABLE_FILE), len(self.pages)))
        # A power cut may have taken the table's end: time points count on.
        for plane in self.pages.planes()[len(self.rows) :]:
            if plane is None:
                break
            self.rows.append(self._row_of(plane))
        for row in self.rows:
            stream = StreamKey(0, row.channel, row.z)
            self.streams.append(
                stream, index=row.index, time_point=row.time_point, place=row.time_point
            )
        first = self.rows[0].acquired_s if self.rows else 0.0
        self._began = first if math.isfinite(first) else 0.0

    def _row_of(self, plane: Plane) -> FrameRow:
        own = (row for row in reversed(self.rows) if (row.channel, row.z) == plane[:2])
        last = next(own, None)
        index = plane.time_point
        if last is not None:
            index += last.index - last.time_point
        return FrameRow(
            index=index,
            acquired_s=math.nan,
            received_s=0.0,
            lost_before=0,
            channel=plane.channel,
            z=plane.z,
            time_point=plane.time_point,
        )

    def complete_description(self) -> None:
        """Say where frames belong of which a kill came first."""
        images.complete_description(
            self._path,
            self.time_since_first,
            lambda position: self.plane(position) if position < len(self.rows) else None,
        )

    def plane(self, position: int) -> Plane:
        """Where a frame belongs in the raw file."""
        return self.streams.plane(position)

    def time_since_first(self, position: int) -> float | None:
        """When a frame was acquired, in seconds since the first; None where nobody knows."""
        if position >= len(self.rows):
            return None
        return self.rows[position].acquired_s - self._began

    def positions_of(self, channels: dict[int, OpenedRecord]) -> list[int]:
        """Positions of all frames of some channels."""
        return [place for place, row in enumerate(self.rows) if row.channel in channels]

    def first_frames(self, stream: StreamKey) -> NDArray[PixelType] | None:
        """Read the frames by which a stream is judged, (5 or fewer, H, W); None if it has none."""
        count = min(WINDOW_LENGTH, self.streams.count_of(stream))
        if not count:
            return None
        frames: NDArray[PixelType] = np.empty((count, *self.format.shape), self.format.dtype)
        for number, frame in enumerate(frames):
            position = self.streams.position(stream, number)
            if position is not None:
                self.pages.read_into(position, frame)
        return frames

    def close(self) -> None:
        """Close the file."""
        self.pages.close()
