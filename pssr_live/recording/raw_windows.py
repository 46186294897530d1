"""Windows that have left memory, read back from the raw file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from acquisition import WINDOW_LENGTH, PixelType, Window, window_positions
from acquisition.timelapse import RAW_FILE
from pssr_live.recording.bigtiff import TiffPages
from pssr_live.recording.recorder import Recorder


class RawWindows:
    """Reads windows back from a recording's raw file, also while it is being written.

    Parameters
    ----------
    recorder : Recorder
        Whose raw file is read.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._pages: TiffPages | None = None
        shape, dtype = recorder.format.shape, recorder.format.dtype
        self._pixels: NDArray[PixelType] = np.empty((WINDOW_LENGTH, *shape), dtype)

    def __enter__(self) -> RawWindows:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pages is not None:
            self._pages.close()

    def read(self, centre: int) -> Window:
        """Read the window round one position; its pixels are valid until the next call.

        Parameters
        ----------
        centre : int
            Position of the centre frame; frames two ahead must be on disk, or never come.

        Returns
        -------
        Window
        """
        if self._pages is None:
            self._pages = TiffPages(self._recorder.folder / RAW_FILE)
        positions = window_positions(centre, *self._recorder.run_of(centre))
        for place, position in enumerate(positions):
            self._pages.read_into(int(position), self._pixels[place])
        return self._recorder.window_of(self._pixels, positions)
