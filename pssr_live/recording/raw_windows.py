"""Windows that have left memory, read back from the raw file."""

from __future__ import annotations

from bisect import bisect_right
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for

import numpy as np
from numpy.typing import NDArray

from acquisition import (
    RAW_FILE,
    WINDOW_LENGTH,
    FrameRow,
    PixelType,
    Window,
    run_starts,
    window_positions,
)
from pssr_live.recording.disk_error import DiskError
from pssr_live.recording.placed_windows import PlacedWindows
from pssr_live.recording.recorder import Recorder
from pssr_live.recording.tiff_pages import BigTiffPages

_LOOK_AHEAD = WINDOW_LENGTH // 2


class RawWindows:
    """Reads windows back from a recording's raw file, also while it is being written.

    A thread of its own reads: a drive that hangs keeps it waiting, and nobody else.

    Parameters
    ----------
    recorder : Recorder
        Whose raw file is read.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._pages: BigTiffPages | None = None
        self._held: dict[int, tuple[FrameRow, NDArray[PixelType]]] = {}
        self._of_several = (
            PlacedWindows(recorder.streams, recorder.format, row=recorder.row, began=recorder.began)
            if recorder.streams is not None
            else None
        )
        shape, dtype = recorder.format.shape, recorder.format.dtype
        self._pixels: NDArray[PixelType] = np.empty((WINDOW_LENGTH, *shape), dtype)
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="raw reader")
        self._asked: tuple[int, Future[Window]] | None = None

    def __enter__(self) -> RawWindows:
        return self

    def __exit__(self, *_: object) -> None:
        # By the reader itself, which may hang in a read.
        self._reader.submit(self._close)
        self._reader.shutdown(wait=False)

    def read(self, centre: int, timeout: float) -> Window | None:
        """Read the window round one position; its pixels are valid until another is asked for.

        An answer that comes late is for whoever asked, and for nobody else: if another window is
        asked for meanwhile, it counts as none.

        Parameters
        ----------
        centre : int
            Position of the centre frame; frames two ahead in its stream must be on disk, or never
            come.
        timeout : float
            Seconds to wait at most.

        Returns
        -------
        Window or None
            None if the disk has not answered yet.

        Raises
        ------
        DiskError
            If the disk refuses.
        """
        if self._asked is None or self._asked[0] != centre:
            # One thread reads: an answer that nobody waits for any more comes before this one.
            self._asked = centre, self._reader.submit(self._read, centre)
        _, answer = self._asked
        if not wait_for([answer], timeout).done:
            return None
        self._asked = None
        try:
            return answer.result()
        except OSError as error:
            raise DiskError.of_reading(error, self._recorder.folder) from error

    def _read(self, centre: int) -> Window:
        if self._of_several is None:
            return self._read_next(centre)
        return self._of_several.read(self._open(), centre)

    def _read_next(self, centre: int) -> Window:
        first = max(0, centre - _LOOK_AHEAD)
        stop = min(centre + _LOOK_AHEAD + 1, self._recorder.raw_written)
        # Of neighbouring windows, which is how they are asked for, one frame is read for each.
        self._held = {
            position: self._held.get(position) or self._frame(position)
            for position in range(first, stop)
        }
        rows = [row for row, _ in self._held.values()]
        # A window never spans a gap, so of the run only what the window could reach matters.
        starts = [first + int(start) for start in run_starts([row.index for row in rows])]
        run = bisect_right(starts, centre)
        run_stop = starts[run] if run < len(starts) else stop
        positions = window_positions(centre, starts[run - 1], run_stop)
        for place, position in enumerate(positions):
            self._pixels[place] = self._held[int(position)][1]
        row, last = rows[centre - first], rows[int(positions[-1]) - first]
        return Window(
            pixels=self._pixels,
            index=row.index,
            acquired=row.acquired_s,
            received=self._recorder.began + row.received_s,
            completed=self._recorder.began + last.received_s,
            sequence=centre,
            first=int(positions[0]),
            last=int(positions[-1]),
            time_point=row.index,
        )

    def _close(self) -> None:
        if self._pages is not None:
            self._pages.close()

    def _frame(self, position: int) -> tuple[FrameRow, NDArray[PixelType]]:
        pixels = np.empty_like(self._pixels[0])
        self._open().read_into(position, pixels)
        return self._recorder.row(position), pixels

    def _open(self) -> BigTiffPages:
        if self._pages is None:
            self._pages = BigTiffPages(self._recorder.folder / RAW_FILE)
        return self._pages
