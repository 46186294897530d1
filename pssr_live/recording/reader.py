"""A recording, read in Python: arrays, times and figures, each only when asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from acquisition import RAW_FILE, TABLE_FILE, FrameRow, PixelType, read_rows
from pssr_live.errors import UserError
from pssr_live.recording.damaged import damaged
from pssr_live.recording.file_array import FileArray
from pssr_live.recording.frame_table import FrameVerdict, read_figures, read_verdicts
from pssr_live.recording.hyperstack import Hyperstack
from pssr_live.recording.images import is_without_frame
from pssr_live.recording.ome import ImageDescription
from pssr_live.recording.provenance import describe_raw, describe_restored, restored_channels
from pssr_live.recording.session_file import SessionRecord
from pssr_live.recording.tiff_pages import TiffError
from pssr_live.recording.zarr_errors import ZarrError

_Number = TypeVar("_Number", np.float64, np.int64)


class Frames(FileArray):
    """The frames of one file of one stream, read from disk as they are indexed.

    Works where an array is expected (numpy, napari, dask), also while the file is being written.

    Parameters
    ----------
    path : Path
        Of a recording: an OME-TIFF or an OME-Zarr.
    """

    axes = "TYX"
    ndim = len(axes)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames in the file now, height, width."""
        return len(self._pages), *self._pages.shape

    def __len__(self) -> int:
        return len(self._pages)

    def __getitem__(self, key: int | slice | tuple[int | slice, ...]) -> NDArray[PixelType]:
        """Read a frame, ``frames[3]``, or a stack, ``frames[3:9]``; further keys cut it out."""
        first, *rest = key if isinstance(key, tuple) else (key,)
        if isinstance(first, slice):
            positions = range(len(self))[first]
            stack: NDArray[PixelType] = np.empty((len(positions), *self._pages.shape), self.dtype)
            for place, position in enumerate(positions):
                self._read_into(position, stack[place])
            return stack[(slice(None), *rest)]
        position = range(len(self))[first]
        frame: NDArray[PixelType] = np.empty(self._pages.shape, self.dtype)
        self._read_into(position, frame)
        return frame[tuple(rest)]


class Recording:
    """A recording's folder, opened for reading; see `open_recording`.

    Attributes
    ----------
    folder : Path
        Where it is.
    session : SessionRecord
        All of session.json.
    raw : Frames, shape (T, H, W), or Hyperstack, shape (T, C, Z, H, W)
        As scanned; the latter where there are several channels or slices.
    restored : Frames or Hyperstack, or None; shape (T, sH, sW) or (T, C, Z, sH, sW)
        Predicted, in the same counts, of the channels that are restored; None if nothing has been.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        refuse_without_frame(folder)
        self.session = SessionRecord.read(folder)
        self.session.image_format.require()
        try:
            self.raw = self._open(folder / RAW_FILE, describe_raw(self.session))
        except (OSError, TiffError) as error:
            raise UserError(
                f"{folder} holds no raw frames: {error}.", "Name another recording's folder."
            ) from error
        self.restored: Frames | Hyperstack | None = None
        restored = folder / self.session.image_format.restored_file
        if not restored_channels(self.session):
            return
        try:
            self.restored = self._open(restored, describe_restored(self.session))
        except FileNotFoundError:
            pass
        except (TiffError, ZarrError) as error:
            if not is_without_frame(restored):
                self.raw.close()
                told = isinstance(error, ZarrError)
                what = f"{error}" if told else "its header can't be read"
                raise damaged(restored, what) from error

    @staticmethod
    def _open(path: Path, about: ImageDescription) -> Frames | Hyperstack:
        if not about.placed:
            return Frames(path)
        names = tuple(channel.name for channel in about.channels)
        return Hyperstack(path, channels=names, slices=about.slices)

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def rows(self) -> list[FrameRow]:
        """The raw columns of frames.csv, as they are now."""
        return list(read_rows(self.folder / TABLE_FILE))

    @property
    def times_s(self) -> NDArray[np.float64]:
        """Each raw frame's time on the source's clock in seconds; NaN where that is not known.

        Shape (T,); (T, C, Z) for several streams, NaN for frames that are not there.
        """
        rows = self._whole_rows
        return self._in_place(np.array([row.acquired_s for row in rows]), math.nan)

    @property
    def indices(self) -> NDArray[np.int64]:
        """Each raw frame's number as the source counted; jumps are lost frames.

        Shape (T,); (T, C, Z) for several streams, -1 for frames that are not there.
        """
        rows = self._whole_rows
        return self._in_place(np.array([row.index for row in rows], dtype=np.int64), -1)

    @property
    def figures(self) -> Mapping[str, NDArray[np.float64]]:
        """What frames.csv says in numbers of each restored frame, by column, as it is now.

        Shape (T,), or (T, C, Z) for several streams; NaN for a frame that was not restored, and
        where nothing could be measured.
        """
        table = read_figures(self.folder / TABLE_FILE)
        count = self.raw.frame_count
        return {name: self._in_place(column[:count], math.nan) for name, column in table.items()}

    @property
    def verdicts(self) -> list[FrameVerdict]:
        """The verdict on each frame of `rows`: the light, and the figure that it hangs on."""
        return read_verdicts(self.folder / TABLE_FILE)

    @property
    def _whole_rows(self) -> list[FrameRow]:
        return self.rows[: self.raw.frame_count]

    def _in_place(self, values: NDArray[_Number], missing: float) -> NDArray[_Number]:
        """Put what was said of each row where its frame is in the array of raw frames."""
        if isinstance(self.raw, Frames):
            return values
        rows = self.rows[: len(values)]
        times = 1 + max((row.time_point for row in rows), default=-1)
        _, channels, slices, *_ = self.raw.shape
        placed = np.full((times, channels, slices), missing, values.dtype)
        for row, value in zip(rows, values, strict=False):
            placed[row.time_point, row.channel, row.z] = value
        return placed

    def close(self) -> None:
        """Close both files."""
        self.raw.close()
        if self.restored is not None:
            self.restored.close()


def open_recording(path: str | Path) -> Recording:
    """Open a recording's folder, finished or not.

    Parameters
    ----------
    path : str or Path
        The folder.

    Returns
    -------
    Recording
        To be closed, or used in a ``with``.

    Raises
    ------
    UserError
        If it is not a recording, or what reads its format is not installed.

    Examples
    --------
    >>> with open_recording("monday/cell-3") as recording:  # doctest: +SKIP
    ...     first, last = recording.raw[0], recording.restored[-1]
    ...     seconds = recording.times_s
    ...     signal_to_noise = recording.figures["snr"]

    Of several channels or slices:

    >>> with open_recording("monday/two-colours") as recording:  # doctest: +SKIP
    ...     green = recording.raw.channels.index("GFP")
    ...     movie = recording.raw[:, green, 0]
    ...     lost = ~recording.raw.frames_there[:, green, 0]
    """
    return Recording(Path(path))


def refuse_without_frame(folder: Path) -> None:
    """Refuse a recording that was cut off before its first frame: there is nothing to open.

    Raises
    ------
    UserError
        If it was.
    """
    if is_without_frame(folder / RAW_FILE):
        raise UserError(
            f"{folder} holds no frame: it was cut off before its first one.",
            "Nothing is lost with it; delete the folder, or record into another.",
        )
