"""The file formats that images are written in."""

from __future__ import annotations

from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from pssr_live.errors import UserError

_ENDINGS = (".ome.tiff", ".ome.tif", ".ome.zarr", ".zarr", ".tiff", ".tif")


def ending_of(path: Path) -> str:
    """Return the ending of an image's name, which may be of two parts: ``.ome.tif``."""
    name = path.name.lower()
    length = next((len(one) for one in _ENDINGS if name.endswith(one)), len(path.suffix))
    return path.name[len(path.name) - length :]


class ImageFormat(StrEnum):
    """What restored frames are written as; raw frames are always an OME-TIFF first."""

    OME_TIFF = "ome-tiff"
    OME_ZARR = "ome-zarr"

    @classmethod
    def of(cls, path: Path) -> ImageFormat:
        """Tell the format by a file's name."""
        return cls.OME_ZARR if path.suffix.lower() == ".zarr" else cls.OME_TIFF

    @property
    def restored_file(self) -> str:
        """The restored frames' name in a recording."""
        return "restored.ome.zarr" if self is ImageFormat.OME_ZARR else "restored.ome.tif"

    def require(self) -> None:
        """Make sure that what writes and reads it is installed.

        Raises
        ------
        UserError
            If it is not, with the command that installs it.
        """
        if self is ImageFormat.OME_ZARR and find_spec("tensorstore") is None:
            raise UserError(
                "OME-Zarr is written and read with TensorStore, which is not installed.",
                'Install it: python -m pip install "pssr-live[zarr]"',
            )
