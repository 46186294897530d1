"""Files of frames in either format: begun, gone on with, appended to, read back, closed."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from acquisition import PixelType
from engines import quoted, remove_folder
from pssr_live.errors import UserError
from pssr_live.recording import bigtiff, ome_zarr
from pssr_live.recording.bigtiff import TiffAppender
from pssr_live.recording.image_format import ImageFormat
from pssr_live.recording.links import refuse_links
from pssr_live.recording.ome import ImageDescription, read_notes
from pssr_live.recording.ome_zarr import ZarrAppender, ZarrPages
from pssr_live.recording.plane import Plane
from pssr_live.recording.plane_list import PlaneOf, TimeOf
from pssr_live.recording.tiff_pages import BigTiffPages, TiffError
from pssr_live.recording.zarr_errors import ZarrError


class FrameAppender(Protocol):
    """Takes frames in order, each readable once `append` has returned; closed at the end."""

    @property
    def written(self) -> int:
        """Frames that are in the file."""
        ...

    def append(self, pixels: NDArray[PixelType], time_s: float, plane: Plane | None = None) -> None:
        """Write the next frame.

        Parameters
        ----------
        pixels : ndarray, shape (H, W)
            Of the file's shape and dtype; may be changed after the call.
        time_s : float
            When it was acquired, in seconds since the first; for formats that have a place for it.
        plane : Plane, optional
            Where it belongs, in a file of several streams, in any order; of one stream it is the
            next.

        Raises
        ------
        OSError
            If the disk refuses; what is written stays readable, and it can be tried again.
        """
        ...

    def close(self) -> None:
        """Close the file. May be called more than once."""
        ...


class Pages(Protocol):
    """Reads frames back, one by one, also while they are being written."""

    shape: tuple[int, int]
    dtype: np.dtype[PixelType]

    def __len__(self) -> int:
        """Frames in the file now."""
        ...

    @property
    def is_of_one(self) -> bool:
        """Whether all frames are of one stream, and frame k is time point k."""
        ...

    def planes(self) -> list[Plane | None]:
        """Where each frame in the file now belongs, None where a kill has left no word of it."""
        ...

    def read_into(self, position: int, out: NDArray[PixelType]) -> None:
        """Read the frame at a position, from 0, into `out`: (H, W), the pages' dtype."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


def begin(path: Path, about: ImageDescription) -> FrameAppender:
    """Begin a file; its name says in which format.

    Parameters
    ----------
    path : Path
        Must not exist yet.
    about : ImageDescription
        What the file says of itself.

    Raises
    ------
    OSError
        If it exists or can't be written.
    """
    if ImageFormat.of(path) is ImageFormat.OME_ZARR:
        return ZarrAppender(path, about)
    return TiffAppender(path, about)


def resume(
    path: Path,
    about: ImageDescription,
    *,
    keep: int | None = None,
    keep_planes: Container[Plane] | None = None,
    new_notes: bool = False,
    time_of: TimeOf | None = None,
    plane_of: PlaneOf | None = None,
) -> FrameAppender:
    """Go on with a file that was cut off, or begin it if it has no frame yet.

    Parameters
    ----------
    path : Path
        As it was begun.
    about : ImageDescription
        As it was started with.
    keep : int, optional
        Frames to keep, at least one; those after them are let go, to be written anew. For a file of
        one stream.
    keep_planes : container of Plane, optional
        Frames to keep in a file of several streams; others are let go, and with them those that an
        OME-TIFF has after them. What was kept is seen in `open_pages`.
    new_notes : bool
        Whether the notes of `about` take the place of the file's.
    time_of : callable, optional
        Told a frame's position, says when it was acquired in seconds since the first; asked where a
        kill came before a frame's time was written down.
    plane_of : callable, optional
        Told a frame's position, says where it belongs, in an OME-TIFF of several streams; asked
        where a kill came before that was written down. Frames of which nobody knows it are let go.

    Raises
    ------
    UserError
        If its frames were not written for this, or it is a link.
    """
    refuse_links(path)
    try:
        if ImageFormat.of(path) is ImageFormat.OME_ZARR:
            return ZarrAppender.resume(
                path, about, keep=keep, keep_planes=keep_planes, new_notes=new_notes
            )
        with BigTiffPages(path) as pages:
            if (pages.shape, pages.dtype) != (about.shape, about.dtype):
                raise TiffError(f"it holds frames of {pages.shape} {pages.dtype}")
            if pages.is_of_one == about.placed:
                raise TiffError("it holds other streams")
        return TiffAppender.resume(
            path,
            keep=keep,
            keep_planes=keep_planes,
            notes_of=about.to_xml() if new_notes else None,
            time_of=time_of or _unknown,
            plane_of=plane_of,
        )
    except FileNotFoundError:
        pass
    except (TiffError, ZarrError) as error:
        if path.exists() and not is_without_frame(path):
            raise UserError(
                f"{path} can't be continued: {error}.",
                f"Keep it under another name, then: pssr-live restore {quoted(path.parent)}",
            ) from error
    remove(path)
    return begin(path, about)


def complete_description(path: Path, time_of: TimeOf, plane_of: PlaneOf | None = None) -> None:
    """Let a file that is whole say so, where a kill came before the words on its last frame.

    Parameters
    ----------
    path : Path
        Of frames of ours.
    time_of, plane_of : callable
        See `resume`; no frame is let go.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    if ImageFormat.of(path) is ImageFormat.OME_ZARR:
        return
    with BigTiffPages(path) as pages:
        described = pages.are_all_described
    if not described:
        TiffAppender.resume(path, time_of=time_of, plane_of=plane_of or _unknown).close()


def open_pages(path: Path) -> Pages:
    """Open a file to be read back; its name says in which format it is.

    Raises
    ------
    FileNotFoundError
        If there is none.
    TiffError, ZarrError
        If it is none of ours, or has no frame.
    """
    return ZarrPages(path) if ImageFormat.of(path) is ImageFormat.OME_ZARR else BigTiffPages(path)


def notes_in(path: Path) -> dict[str, str]:
    """What a file of frames of ours says of itself; nothing for another's."""
    if ImageFormat.of(path) is ImageFormat.OME_ZARR:
        return ome_zarr.notes_in(path)
    try:
        with BigTiffPages(path) as pages:
            return read_notes(pages.xml)
    except (OSError, TiffError):
        return {}


def remove(path: Path) -> None:
    """Remove a file of frames, if it is there; a link is removed, not followed.

    Raises
    ------
    OSError
        If it can't be removed; it is then as it was.
    """
    if path.is_dir() and not path.is_symlink():
        remove_folder(path)
    else:
        path.unlink(missing_ok=True)


def is_image(path: Path) -> bool:
    """Whether a path is of a file, or of a folder that holds an OME-Zarr."""
    return path.is_file() or ome_zarr.is_group(path)


def is_without_frame(path: Path) -> bool:
    """Whether a file, or a folder, is what a process leaves that was killed before its first frame.

    Nothing is lost with it. What is another program's, or holds a frame, is none.
    """
    if ImageFormat.of(path) is ImageFormat.OME_ZARR:
        return ome_zarr.is_without_frame(path)
    return path.is_file() and bigtiff.is_without_page(path)


def _unknown(position: int) -> None:
    del position
