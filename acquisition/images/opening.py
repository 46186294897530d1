"""Opening whatever holds images, by what is in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from acquisition.errors import SourceError
from acquisition.images.czi import open_czi
from acquisition.images.damage import in_words
from acquisition.images.image_file import ImageFile
from acquisition.images.imagej import open_imagej
from acquisition.images.lsm import open_lsm
from acquisition.images.micromanager_stack import open_micromanager_stack
from acquisition.images.nd2_file import open_nd2
from acquisition.images.ndtiff import index_of, open_ndtiff
from acquisition.images.ome_tiff import open_ome_tiff
from acquisition.images.ome_zarr import is_ome_zarr, open_ome_zarr
from acquisition.images.scanimage import open_scanimage
from acquisition.images.stated_axes import open_plain, open_shaped
from acquisition.images.stk import open_stk
from acquisition.images.tiff_pages import TiffPages
from acquisition.names import readable

TIFF_SUFFIXES = (".tif", ".tiff", ".btf", ".tf8", ".lsm", ".stk")
# Makers' own files, by the end of their names; what has another is tried as a TIFF.
_MAKERS: Mapping[str, Callable[[Path], ImageFile]] = {".czi": open_czi, ".nd2": open_nd2}
SUFFIXES = (*TIFF_SUFFIXES, *_MAKERS)
# Where a file speaks by more than one, the first is believed.
_TIFF_FAMILIES: tuple[Callable[[TiffPages], ImageFile | None], ...] = (
    open_ome_tiff,
    open_lsm,
    open_stk,
    open_micromanager_stack,
    open_imagej,
    open_scanimage,
    open_shaped,
)


def open_images(path: Path) -> ImageFile:
    """Open a file that holds images, or the set that it is one of.

    No plane is read before it is asked for.

    Parameters
    ----------
    path : Path
        A file, or the folder of an NDTiff set or of an OME-Zarr.

    Returns
    -------
    ImageFile
        To be closed, or used in a ``with``.

    Raises
    ------
    SourceError
        If there is no such file, it can't be read, or what reads it is not installed; with the fix.
    """
    index = index_of(path)
    if index is not None:
        return open_ndtiff(path, index)
    if is_ome_zarr(path):
        return open_ome_zarr(path)
    if path.is_dir():
        raise SourceError(
            f"{readable(path)} is a folder without images that belong together.",
            "Give the image file itself, or the folder of an NDTiff set or OME-Zarr.",
        )
    if not path.is_file():
        raise SourceError(
            f"There is no file {readable(path)}.", "Check the path; it has to be that of an image."
        )
    maker = _MAKERS.get(path.suffix.lower())
    return _open_tiff(path) if maker is None else maker(path)


def is_image_folder(path: Path) -> bool:
    """Whether a folder is itself an image: an NDTiff set or an OME-Zarr."""
    return path.is_dir() and (index_of(path) is not None or is_ome_zarr(path))


def _open_tiff(path: Path) -> ImageFile:
    pages = TiffPages(path)
    try:
        with in_words(path, "is damaged: its header can't be read"):
            for family in _TIFF_FAMILIES:
                found = family(pages)
                if found is not None:
                    return found
            return open_plain(pages)
    except BaseException:
        pages.close()
        raise
