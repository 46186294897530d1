"""An OME-Zarr that grows by one frame at a time and is whole after each of them.

OME-Zarr 0.5, that is Zarr version 3, written with TensorStore: one chunk a frame, each put into
place by renaming a finished file. A frame's chunk is written first and the array lengthened last,
so a killed process leaves every frame that the array counts, and nothing half-written among them.
Of several streams a chunk that is not there is a frame that is not there.
"""

from __future__ import annotations

import json
from collections.abc import Container
from errno import ENOENT
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from acquisition import PixelType
from engines import write_whole
from pssr_live.recording.image_format import ImageFormat
from pssr_live.recording.ome import ImageDescription
from pssr_live.recording.plane import Plane
from pssr_live.recording.zarr_chunks import check_frames, chunk_of, planes_in
from pssr_live.recording.zarr_errors import ZarrError, errors_in_words
from pssr_live.recording.zarr_metadata import (
    ARRAY,
    OURS,
    ArraySizes,
    array_metadata,
    attributes,
    sizes_of_stack,
)

if TYPE_CHECKING:
    from tensorstore import KvStore, TensorStore

_METADATA_FILE = "zarr.json"
# A frame is written to where the array has not grown to yet.
_ENOUGH_FRAMES = 2**40


class ZarrAppender:
    """Writes frames of one shape and dtype, each readable as soon as it is written.

    Parameters
    ----------
    path : Path
        The folder to be; must not exist yet.
    about : ImageDescription
        Goes into its attributes.

    Raises
    ------
    OSError
        If the folder exists or can't be written.
    """

    _array: TensorStore
    _chunks: TensorStore

    def __init__(self, path: Path, about: ImageDescription) -> None:
        path.mkdir()
        _write_group(path, about)
        self._begin(path, about, create=True)

    @classmethod
    def resume(
        cls,
        path: Path,
        about: ImageDescription,
        *,
        keep: int | None = None,
        keep_planes: Container[Plane] | None = None,
        new_notes: bool = False,
    ) -> ZarrAppender:
        """Open what a `ZarrAppender` began, to append where it stopped.

        Parameters
        ----------
        path : Path
            The folder.
        about : ImageDescription
            As it was started with.
        keep : int, optional
            Frames to keep, of one stream; those after them are let go.
        keep_planes : container of Plane, optional
            Frames to keep, of several streams; others are let go.
        new_notes : bool
            Whether the notes of `about` take the place of the file's, after that.

        Returns
        -------
        ZarrAppender

        Raises
        ------
        ZarrError
            If it was not begun for such frames.
        """
        self = cls.__new__(cls)
        self._begin(path, about, create=False)
        if not about.placed:
            check_frames(_open_files(path), self._length)
        if about.placed:
            there = set(planes_in(_open_files(path), self._length))
            self._written = len(there)
            for plane in there:
                if keep_planes is not None and plane not in keep_planes:
                    (path / ARRAY / chunk_of(plane)).unlink()
                    self._written -= 1
        elif keep is not None and keep < self.written:
            with errors_in_words():
                shorter = [keep, *about.shape]
                resized = self._array.resize(exclusive_max=shorter, resize_metadata_only=True)
                self._array = resized.result()
        if new_notes:
            _write_group(path, about)
        return self

    @property
    def written(self) -> int:
        """Frames that are whole and counted."""
        return self._written if self._placed else self._length

    def append(self, pixels: NDArray[PixelType], time_s: float, plane: Plane | None = None) -> None:
        """Write one frame.

        Parameters
        ----------
        pixels : ndarray, shape (H, W)
            Of the array's shape and dtype.
        time_s : float
            Not written: OME-Zarr has no place for the time of each frame.
        plane : Plane, optional
            Where it belongs, in an array of several streams; of one stream it is the next.

        Raises
        ------
        OSError
            If it can't be written; all earlier frames stay readable.
        """
        del time_s
        if pixels.shape != self._shape or pixels.dtype != self._dtype:
            raise ValueError(f"a frame is {self._shape} {self._dtype}, not {pixels.shape}")
        length = self._length
        if not self._placed:
            place: tuple[int, ...] = (length,)
        elif plane is None:
            raise ValueError("a frame of several streams belongs somewhere")
        else:
            place = plane.time_point, plane.channel, plane.z
        with errors_in_words():
            self._chunks[place].write(pixels).result()
            if place[0] >= length:
                longer = [place[0] + 1, *self._array.shape[1:]]
                self._array = self._array.resize(exclusive_max=longer, expand_only=True).result()
        self._written += 1

    def close(self) -> None:
        """Do nothing: each frame is whole."""

    def _begin(self, path: Path, about: ImageDescription, *, create: bool) -> None:
        self._shape, self._dtype, self._placed = about.shape, about.dtype, about.placed
        self._written = 0
        metadata = array_metadata(about)
        inner = [*sizes_of_stack(about), *about.shape]
        empty = {"shape": [0, *inner]} if create else {}
        self._array = _open(path, metadata | empty, create=create, open=not create)
        self._chunks = _open_endless(path, metadata, inner)

    @property
    def _length(self) -> int:
        return int(self._array.shape[0])


class ZarrPages:
    """Reads back, frame by frame, what a `ZarrAppender` has written or is still writing.

    Parameters
    ----------
    path : Path
        The folder.

    Raises
    ------
    FileNotFoundError
        If there is none, or it holds no array yet.
    ZarrError
        If it is none of ours.
    UserError
        If TensorStore is not installed.
    """

    def __init__(self, path: Path) -> None:
        ImageFormat.OME_ZARR.require()
        self._path = path
        self._files = _open_files(path)
        metadata = self._metadata()
        sizes = self._sizes_in(metadata)
        self.dtype: np.dtype[PixelType] = sizes.dtype
        self.shape: tuple[int, int] = sizes.shape
        self.is_of_one = not sizes.stack
        if self.is_of_one:
            check_frames(self._files, sizes.frames)
        self._planes: list[Plane] = []
        self._chunks = _open_endless(path, metadata, [*sizes.stack, *self.shape])

    def __len__(self) -> int:
        """Frames that are counted now."""
        return self._length if self.is_of_one else len(self.planes())

    def planes(self) -> list[Plane | None]:
        """Where the frames belong that are counted now.

        Those of several streams come by their time points, and those that were added since they
        were asked for last come behind these.
        """
        if self.is_of_one:
            return [Plane(time_point=position) for position in range(self._length)]
        known = set(self._planes)
        new = [one for one in planes_in(self._files, self._length) if one not in known]
        self._planes += sorted(new, key=lambda one: (one.time_point, one.channel, one.z))
        return [*self._planes]

    def read_into(self, position: int, out: NDArray[PixelType]) -> None:
        """Read one frame.

        Parameters
        ----------
        position : int
            Its number, from 0; of several streams that in `planes`.
        out : ndarray, shape (H, W)
            Of the array's dtype.

        Raises
        ------
        ZarrError
            If the frame is not there.
        """
        place: tuple[int, ...] = (position,)
        if not self.is_of_one:
            plane = self._planes[position]
            place = plane.time_point, plane.channel, plane.z
        with errors_in_words():
            out[:] = self._chunks[place].read().result()

    def close(self) -> None:
        """Nothing stays open between reads."""

    @property
    def _length(self) -> int:
        return self._sizes_in(self._metadata()).frames

    def _sizes_in(self, metadata: dict[str, Any]) -> ArraySizes:
        try:
            return ArraySizes.of(metadata)
        except ValueError as error:
            raise ZarrError(str(error)) from error

    def _metadata(self) -> dict[str, Any]:
        # By way of TensorStore, which on Windows reads a file so that it can still be replaced.
        with errors_in_words():
            read = self._files.read(_METADATA_FILE).result()
        if read.state != "value":
            raise FileNotFoundError(ENOENT, "There is no such array", str(self._path / ARRAY))
        try:
            metadata: dict[str, Any] = json.loads(read.value)
        except ValueError as error:
            raise ZarrError("its metadata was cut off") from error
        return metadata


def is_group(path: Path) -> bool:
    """Whether a folder looks like an OME-Zarr, and may be written over as one."""
    return path.suffix.lower() == ".zarr" and (path / _METADATA_FILE).is_file()


def notes_in(path: Path) -> dict[str, str]:
    """Read the key-value pairs that a `ZarrAppender` was started with; none of another's."""
    try:
        group = json.loads((path / _METADATA_FILE).read_bytes())
        notes = group["attributes"][OURS]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if not isinstance(notes, dict):
        return {}
    return {name: value for name, value in notes.items() if isinstance(value, str)}


def is_without_frame(path: Path) -> bool:
    """Whether a folder is what a `ZarrAppender` leaves that was killed before its first frame.

    Another's folder is none, whatever it holds.
    """
    if not path.is_dir():
        return False
    files = [file for file in path.rglob("*") if not file.is_dir()]
    if not all(_is_for_metadata(file.relative_to(path)) for file in files):
        # A chunk that is not counted yet may be there, in a group that says it is ours.
        return bool(notes_in(path)) and _is_counted_empty(path)
    return not (path / ARRAY / _METADATA_FILE).exists() or _is_counted_empty(path)


def _is_for_metadata(place: Path) -> bool:
    """Whether a file in our folder is metadata, or stood in for it while it was written."""
    inner = place.parts[1:] if place.parts[0] == ARRAY else place.parts
    return len(inner) == 1 and inner[0].removeprefix(".").startswith("zarr.")


def _is_counted_empty(path: Path) -> bool:
    try:
        metadata = json.loads((path / ARRAY / _METADATA_FILE).read_bytes())
        return bool(metadata["shape"][0] == 0)
    except FileNotFoundError:
        return True
    except (ValueError, LookupError, TypeError):
        return False


def describe_again(path: Path, about: ImageDescription) -> None:
    """Write the outer metadata of an array of ours anew where it is missing or damaged."""
    if not (path / ARRAY / _METADATA_FILE).is_file():
        return
    try:
        group = json.loads((path / _METADATA_FILE).read_bytes())
        whole = bool(group["node_type"] == "group" and group["attributes"]["ome"]["multiscales"])
    except (FileNotFoundError, ValueError, LookupError, TypeError):
        whole = False
    if not whole:
        _write_group(path, about)


def _write_group(path: Path, about: ImageDescription) -> None:
    """Write the outer metadata; a reader sees those of before, or these."""
    group = {"zarr_format": 3, "node_type": "group", "attributes": attributes(about)}
    write_whole(path / _METADATA_FILE, json.dumps(group, indent=2) + "\n")


def _open_files(path: Path) -> KvStore:
    import tensorstore

    with errors_in_words():
        return tensorstore.KvStore.open(_files(path)).result()


def _files(path: Path) -> dict[str, Any]:
    return {"driver": "file", "path": (path / ARRAY).resolve().as_posix() + "/"}


def _open(path: Path, metadata: dict[str, Any], **how: bool) -> TensorStore:
    import tensorstore

    spec = {
        "driver": "zarr3",
        "kvstore": _files(path),
        "metadata": metadata,
        # A black frame is a frame, and a missing one is an error.
        "store_data_equal_to_fill_value": True,
        "fill_missing_data_reads": False,
        # Frames go to the disk as those of a TIFF do: when the system sees fit.
        "context": {"file_io_sync": False, "cache_pool": {"total_bytes_limit": 0}},
    }
    with errors_in_words():
        return tensorstore.open(spec | how).result()


def _open_endless(path: Path, metadata: dict[str, Any], inner: list[int]) -> TensorStore:
    """Open an array as if it had all frames that will ever be, to reach chunks by their number."""
    endless = metadata | {"shape": [_ENOUGH_FRAMES, *inner]}
    return _open(path, endless, open=True, assume_metadata=True)
