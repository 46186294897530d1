"""The restored frames of a recording, and as OME-Zarr also a copy of the raw ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquisition import RAW_FILE, PixelType
from pssr_live.recording.image_format import ImageFormat
from pssr_live.recording.images import FrameAppender, begin, open_pages, resume
from pssr_live.recording.ome import ImageDescription
from pssr_live.recording.ome_zarr import describe_again as describe_zarr_again
from pssr_live.recording.plane import Plane
from pssr_live.recording.plane_list import TimeOf
from pssr_live.recording.provenance import describe_raw, describe_restored, restored_channels
from pssr_live.recording.session_file import SessionRecord
from pssr_live.recording.tiff_pages import BigTiffPages, TiffError
from pssr_live.recording.zarr_errors import ZarrError

RAW_COPY_FILE = "raw.ome.zarr"
_NO_TIME = float("nan")


class _WithRawCopy:
    """Restored frames, and before each of them its raw frame copied into an OME-Zarr beside it.

    Parameters
    ----------
    restored, raw_copy : FrameAppender
        Where frames go; a copy that has fallen behind catches up.
    folder : Path
        Of the recording that the raw frames are read from.
    """

    def __init__(self, restored: FrameAppender, raw_copy: FrameAppender, folder: Path) -> None:
        self._restored = restored
        self._raw_copy = raw_copy
        self._folder = folder
        self._raw: BigTiffPages | None = None

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
            self._raw = BigTiffPages(self._folder / RAW_FILE)
        frame: NDArray[PixelType] = np.empty(self._raw.shape, self._raw.dtype)
        while self._raw_copy.written < count:
            self._raw.read_into(self._raw_copy.written, frame)
            self._raw_copy.append(frame, _NO_TIME)


class _WithPlacedRawCopy:
    """The same of several streams, whose frames are restored in another order than they came.

    The copy follows the raw file, those channels that are not restored included, a few frames for
    each restored one.

    Parameters
    ----------
    restored, raw_copy : FrameAppender
        Where frames go.
    folder : Path
        Of the recording.
    session : SessionRecord
        Its own.
    """

    def __init__(
        self,
        restored: FrameAppender,
        raw_copy: FrameAppender,
        *,
        folder: Path,
        session: SessionRecord,
    ) -> None:
        self._restored = restored
        self._raw_copy = raw_copy
        self._folder = folder
        self._channels = restored_channels(session)
        every = len(session.frames.frame_format.channels)
        self._pages_a_frame = 2 * math.ceil(every / max(1, len(self._channels)))
        self._there = planes_in(folder / RAW_COPY_FILE)
        self._next = 0
        self._raw: BigTiffPages | None = None

    @property
    def written(self) -> int:
        """Restored frames that are in the file."""
        return self._restored.written

    def append(self, pixels: NDArray[PixelType], time_s: float, plane: Plane | None = None) -> None:
        """Write the next restored frame, and copy raw ones."""
        raw = self._open_raw()
        self._copy(raw, min(len(raw), self._next + self._pages_a_frame))
        self._restored.append(pixels, time_s, plane)

    def close(self) -> None:
        """Close all three files; where all is restored, all is copied."""
        with ExitStack() as files:
            files.callback(self._restored.close)
            files.callback(self._raw_copy.close)
            if not (self._folder / RAW_FILE).exists():
                return
            raw = self._open_raw()
            files.callback(raw.close)
            planes = raw.planes()
            due = sum(plane is not None and plane.channel in self._channels for plane in planes)
            if self._restored.written >= due:
                self._copy(raw, len(planes))

    def _open_raw(self) -> BigTiffPages:
        if self._raw is None:
            # Not before: the raw file may have been begun a moment ago.
            self._raw = BigTiffPages(self._folder / RAW_FILE)
        return self._raw

    def _copy(self, raw: BigTiffPages, stop: int) -> None:
        frame: NDArray[PixelType] = np.empty(raw.shape, raw.dtype)
        while self._next < stop:
            plane = raw.plane(self._next)
            if plane is not None and plane not in self._there:
                raw.read_into(self._next, frame)
                self._raw_copy.append(frame, _NO_TIME, plane)
            elif plane is None and self._next == len(raw) - 1:
                # It has been linked a moment ago.
                return
            self._next += 1


def begin_restored(folder: Path, session: SessionRecord) -> FrameAppender:
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


def resume_restored(folder: Path, session: SessionRecord, time_of: TimeOf) -> FrameAppender:
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


def describe_again(folder: Path, session: SessionRecord) -> None:
    """Let files that lack their description say again what they are of.

    An OME-TIFF without its description can't be told from another program's.
    """
    if session.image_format is ImageFormat.OME_ZARR and restored_channels(session):
        describe_zarr_again(folder / session.image_format.restored_file, describe_restored(session))
        describe_zarr_again(folder / RAW_COPY_FILE, describe_raw(session))


def frames_so_far(folder: Path, session: SessionRecord) -> tuple[int, ...]:
    """Count the frames in each of the files, the restored frames' first."""
    names = [session.image_format.restored_file]
    if session.image_format is ImageFormat.OME_ZARR:
        names.append(RAW_COPY_FILE)
    return tuple(_count(folder / name) for name in names)


def planes_in(path: Path) -> set[Plane]:
    """Say which planes a file of several streams holds; none where there is no such file."""
    try:
        with closing(open_pages(path)) as pages:
            return {plane for plane in pages.planes() if plane is not None}
    except (FileNotFoundError, TiffError, ZarrError):
        return set()


def raw_copy_lacks(folder: Path, session: SessionRecord) -> int:
    """Count the raw frames of several streams that are not in the copy; none without a copy."""
    if session.image_format is not ImageFormat.OME_ZARR:
        return 0
    return len(planes_in(folder / RAW_FILE) - planes_in(folder / RAW_COPY_FILE))


def _count(path: Path) -> int:
    try:
        with closing(open_pages(path)) as pages:
            return len(pages)
    except (FileNotFoundError, TiffError, ZarrError):
        return 0


def _open(
    folder: Path,
    session: SessionRecord,
    open_file: Callable[[Path, ImageDescription], FrameAppender],
) -> FrameAppender:
    about = describe_restored(session)
    with ExitStack() as opened:
        restored = open_file(folder / session.image_format.restored_file, about)
        opened.callback(restored.close)
        if session.image_format is not ImageFormat.OME_TIFF:
            raw_copy = open_file(folder / RAW_COPY_FILE, describe_raw(session))
            opened.callback(raw_copy.close)
            restored = (
                _WithPlacedRawCopy(restored, raw_copy, folder=folder, session=session)
                if about.placed
                else _WithRawCopy(restored, raw_copy, folder)
            )
        opened.pop_all()
    return restored
