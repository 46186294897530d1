"""The restored frames of a recording, and as OME-Zarr also a copy of the raw ones."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquisition import PixelType
from acquisition.timelapse import RAW_FILE
from pssr_live.recording.bigtiff import TiffError, TiffPages
from pssr_live.recording.image_format import ImageFormat
from pssr_live.recording.images import ImageFile, begin, open_pages, resume
from pssr_live.recording.ome import ImageDescription
from pssr_live.recording.ome_zarr import ZarrError
from pssr_live.recording.plane import Plane
from pssr_live.recording.plane_list import TimeOf
from pssr_live.recording.provenance import describe_raw, describe_restored
from pssr_live.recording.session_file import SessionRecord

RAW_COPY_FILE = "raw.ome.zarr"
_NO_TIME = float("nan")


class _WithRawCopy:
    """Restored frames, and before each of them its raw frame copied into an OME-Zarr beside it.

    Parameters
    ----------
    restored, raw_copy : ImageFile
        Where frames go; a copy that has fallen behind catches up.
    folder : Path
        Of the recording that the raw frames are read from.
    """

    def __init__(self, restored: ImageFile, raw_copy: ImageFile, folder: Path) -> None:
        self._restored = restored
        self._raw_copy = raw_copy
        self._folder = folder
        self._raw: TiffPages | None = None

    @property
    def written(self) -> int:
        """Restored frames that are in the file."""
        return self._restored.written

    def append(self, pixels: NDArray[PixelType], time_s: float, plane: Plane | None = None) -> None:
        """Write the next restored frame, after its raw frame."""
        self._copy_raw(self._restored.written + 1)
        self._restored.append(pixels, time_s, plane)

    def close(self) -> None:
        """Close all three files."""
        with ExitStack() as files:
            files.callback(self._restored.close)
            files.callback(self._raw_copy.close)
            files.callback(self._close_raw)
            self._copy_raw(self._restored.written)

    def _close_raw(self) -> None:
        if self._raw is not None:
            self._raw.close()

    def _copy_raw(self, count: int) -> None:
        if self._raw_copy.written >= count:
            return
        if self._raw is None:
            # Not before: the raw file may have been begun a moment ago.
            self._raw = TiffPages(self._folder / RAW_FILE)
        frame: NDArray[PixelType] = np.empty(self._raw.shape, self._raw.dtype)
        while self._raw_copy.written < count:
            self._raw.read_into(self._raw_copy.written, frame)
            self._raw_copy.append(frame, _NO_TIME)


def begin_restored(folder: Path, session: SessionRecord) -> ImageFile:
    """Begin the restored frames' file, or files.

    Parameters
    ----------
    folder : Path
        Of the recording.
    session : SessionRecord
        With its engine.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    return _open(folder, session, begin)


def resume_restored(folder: Path, session: SessionRecord, time_of: TimeOf) -> ImageFile:
    """Go on with what `begin_restored` began; a file without a frame is begun anew.

    Parameters
    ----------
    folder : Path
        Of the recording.
    session : SessionRecord
        With its engine.
    time_of : callable
        See `pssr_live.recording.images.resume`.

    Raises
    ------
    UserError
        If what is there was not written for this.
    """
    return _open(folder, session, partial(resume, time_of=time_of))


def frames_so_far(folder: Path, session: SessionRecord) -> tuple[int, ...]:
    """Count the frames in each of the files, the restored frames' first."""
    names = [session.image_format.restored_file]
    if session.image_format is ImageFormat.OME_ZARR:
        names.append(RAW_COPY_FILE)
    return tuple(_count(folder / name) for name in names)


def _count(path: Path) -> int:
    try:
        with closing(open_pages(path)) as pages:
            return len(pages)
    except (FileNotFoundError, TiffError, ZarrError):
        return 0


def _open(
    folder: Path,
    session: SessionRecord,
    open_file: Callable[[Path, ImageDescription], ImageFile],
) -> ImageFile:
    about = describe_restored(session)
    with ExitStack() as opened:
        restored = open_file(folder / session.image_format.restored_file, about)
        opened.callback(restored.close)
        if session.image_format is not ImageFormat.OME_TIFF:
            raw_copy = open_file(folder / RAW_COPY_FILE, describe_raw(session))
            restored = _WithRawCopy(restored, raw_copy, folder)
        opened.pop_all()
    return restored
