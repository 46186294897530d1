"""What is read from disk as it is indexed, for whoever expects an array."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from acquisition import PixelType
from pssr_live.recording.damaged import damaged
from pssr_live.recording.images import open_pages
from pssr_live.recording.tiff_pages import TiffError
from pssr_live.recording.zarr_errors import ZarrError


class ReadWhenIndexed(ABC):
    """Reads a part when it is indexed, and all where numpy asks for an array."""

    dtype: np.dtype[PixelType]

    @abstractmethod
    def __getitem__(self, key: Any) -> NDArray[PixelType]:
        """Read a part."""

    def __array__(
        self,
        dtype: np.dtype[np.generic] | None = None,
        copy: bool | None = None,  # noqa: FBT001 - NumPy's signature
    ) -> NDArray[np.generic]:
        """Read everything."""
        del copy
        return self[:].astype(dtype or self.dtype, copy=False)


class FileArray(ReadWhenIndexed):
    """The frames of one file, which may still be written.

    Parameters
    ----------
    path : Path
        Of a recording: an OME-TIFF or an OME-Zarr.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pages = open_pages(path)
        self.dtype = self._pages.dtype

    @property
    def frame_count(self) -> int:
        """Frames in the file now, of all streams."""
        return len(self._pages)

    def close(self) -> None:
        """Close the file."""
        self._pages.close()

    def _read_into(self, position: int, out: NDArray[PixelType]) -> None:
        try:
            self._pages.read_into(position, out)
        except (OSError, TiffError, ZarrError) as error:
            raise damaged(self._path, f"frame {position + 1} can't be read") from error
