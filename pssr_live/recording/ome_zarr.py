"""An OME-Zarr that grows by one frame at a time and is whole after each of them.

OME-Zarr 0.5, that is Zarr version 3, written with TensorStore: one chunk a frame, each put into
place by renaming a finished file. A frame's chunk is written first and the array lengthened last,
so a killed process leaves every frame that the array counts, and nothing half-written among them.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOENT
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from acquisition import PixelType
from engines import write_whole
from pssr_live.recording.image_format import ImageFormat
from pssr_live.recording.ome import ImageDescription

if TYPE_CHECKING:
    from tensorstore import TensorStore

# The name of the one resolution level.
_ARRAY = "0"
_METADATA_FILE = "zarr.json"
_OURS = "pssr-live"
# A frame is written to where the array has not grown to yet.
_ENOUGH_FRAMES = 2**40
_NO_WORDS = re.compile(r"^[A-Z_]+: | \[(tensorstore_spec|source locations)=.*", re.DOTALL)
ON_WINDOWS = os.name == "nt"
_SYSTEM_ERROR = re.compile(r"([^:]*) \[os_error_code='(\d+)'\]")


class ZarrError(Exception):
    """An OME-Zarr that was not written by `ZarrAppender`, or is damaged."""


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
        new_notes: bool = False,
    ) -> ZarrAppender:
        """Open what a `ZarrAppender` began, to append where it stopped.

        Parameters
        ----------
        path : Path
            The folder.
        about : ImageDescription
            As it was begun with.
        keep : int, optional
            Frames to keep; those after them are let go.
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
        if keep is not None and keep < self.written:
            with _errors_in_words():
                shorter = [keep, *about.shape]
                resized = self._array.resize(exclusive_max=shorter, resize_metadata_only=True)
                self._array = resized.result()
        if new_notes:
            _write_group(path, about)
        return self

    @property
    def written(self) -> int:
        """Frames that are whole and counted."""
        return int(self._array.shape[0])

    def append(self, pixels: NDArray[PixelType], time_s: float) -> None:
        """Write one frame.

        Parameters
        ----------
        pixels : ndarray, shape (H, W)
            Of the array's shape and dtype.
        time_s : float
            Not written: OME-Zarr has no place for the time of each frame.

        Raises
        ------
        OSError
            If it can't be written; all earlier frames stay readable.
        """
        del time_s
        if pixels.shape != self._shape or pixels.dtype != self._dtype:
            raise ValueError(f"a frame is {self._shape} {self._dtype}, not {pixels.shape}")
        position = self.written
        longer = [position + 1, *self._shape]
        with _errors_in_words():
            self._chunks[position].write(pixels).result()
            self._array = self._array.resize(exclusive_max=longer, expand_only=True).result()

    def close(self) -> None:
        """Do nothing: each frame is whole."""

    def _begin(self, path: Path, about: ImageDescription, *, create: bool) -> None:
        self._shape, self._dtype = about.shape, about.dtype
        metadata = _array_metadata(about)
        empty = {"shape": [0, *about.shape]} if create else {}
        self._array = _open(path, metadata | empty, create=create, open=not create)
        self._chunks = _open_endless(path, metadata, about.shape)


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
        import tensorstore

        self._path = path
        with _errors_in_words():
            self._files = tensorstore.KvStore.open(_files(path)).result()
        metadata = self._metadata()
        try:
            _, height, width = metadata["shape"]
            self.dtype: np.dtype[PixelType] = np.dtype(metadata["data_type"])
        except (KeyError, TypeError, ValueError) as error:
            raise ZarrError(f"{path} holds no time-lapse") from error
        self.shape: tuple[int, int] = (height, width)
        self._chunks = _open_endless(path, metadata, self.shape)

    def __len__(self) -> int:
        """Frames that are counted now."""
        return int(self._metadata()["shape"][0])

    def read_into(self, position: int, out: NDArray[PixelType]) -> None:
        """Read one frame.

        Parameters
        ----------
        position : int
            Its number, from 0.
        out : ndarray, shape (H, W)
            Of the array's dtype.

        Raises
        ------
        ZarrError
            If the frame is not there.
        """
        with _errors_in_words():
            out[:] = self._chunks[position].read().result()

    def close(self) -> None:
        """Nothing stays open between reads."""

    def _metadata(self) -> dict[str, Any]:
        # By way of TensorStore, which on Windows reads a file so that it can still be replaced.
        with _errors_in_words():
            read = self._files.read(_METADATA_FILE).result()
        if read.state != "value":
            raise FileNotFoundError(ENOENT, "There is no such array", str(self._path / _ARRAY))
        try:
            metadata: dict[str, Any] = json.loads(read.value)
        except ValueError as error:
            raise ZarrError(f"{self._path} is damaged") from error
        return metadata


def is_group(path: Path) -> bool:
    """Whether a folder looks like an OME-Zarr, and may be written over as one."""
    return path.suffix.lower() == ".zarr" and (path / _METADATA_FILE).is_file()


def notes_in(path: Path) -> dict[str, str]:
    """Read the key-value pairs that a `ZarrAppender` was begun with; none of another's."""
    try:
        group = json.loads((path / _METADATA_FILE).read_bytes())
        notes: dict[str, str] = group["attributes"][_OURS]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return notes


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
    return not (path / _ARRAY / _METADATA_FILE).exists() or _is_counted_empty(path)


def _is_for_metadata(place: Path) -> bool:
    """Whether a file in our folder is metadata, or stood in for it while it was written."""
    inner = place.parts[1:] if place.parts[0] == _ARRAY else place.parts
    return len(inner) == 1 and inner[0].removeprefix(".").startswith("zarr.")


def _is_counted_empty(path: Path) -> bool:
    try:
        metadata = json.loads((path / _ARRAY / _METADATA_FILE).read_bytes())
        return bool(metadata["shape"][0] == 0)
    except FileNotFoundError:
        return True
    except (ValueError, LookupError, TypeError):
        return False


def _write_group(path: Path, about: ImageDescription) -> None:
    """Write the outer metadata; a reader sees those of before, or these."""
    group = {"zarr_format": 3, "node_type": "group", "attributes": _attributes(about)}
    write_whole(path / _METADATA_FILE, json.dumps(group, indent=2) + "\n")


def _files(path: Path) -> dict[str, Any]:
    return {"driver": "file", "path": (path / _ARRAY).resolve().as_posix() + "/"}


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
    with _errors_in_words():
        return tensorstore.open(spec | how).result()


def _open_endless(path: Path, metadata: dict[str, Any], shape: tuple[int, int]) -> TensorStore:
    """Open an array as if it had all frames that will ever be, to reach chunks by their number."""
    endless = metadata | {"shape": [_ENOUGH_FRAMES, *shape]}
    return _open(path, endless, open=True, assume_metadata=True)


@contextmanager
def _errors_in_words() -> Iterator[None]:
    """Tell TensorStore's errors apart, which are all of one type."""
    try:
        yield
    except ValueError as error:
        found = _SYSTEM_ERROR.search(str(error))
        if found is not None:
            raise _system_error(int(found[2]), found[1].strip()) from error
        raise ZarrError(_NO_WORDS.sub("", str(error))) from error


def _system_error(code: int, words: str) -> OSError:
    # Windows has numbers of its own, from which Python finds errno.
    return OSError(None, words, None, code) if ON_WINDOWS else OSError(code, words)


def _array_metadata(about: ImageDescription) -> dict[str, Any]:
    compression = {
        # A third of the bytes, in half the time that Zstandard takes for a quarter.
        "cname": "lz4",
        "clevel": 5,
        "shuffle": "bitshuffle",
        "typesize": about.dtype.itemsize,
        "blocksize": 0,
    }
    return {
        "data_type": str(about.dtype),
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, *about.shape]}},
        "chunk_key_encoding": {"name": "default"},
        "codecs": [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {"name": "blosc", "configuration": compression},
        ],
        "dimension_names": ["t", "y", "x"],
        "fill_value": 0,
    }


def _attributes(about: ImageDescription) -> dict[str, Any]:
    """Write attributes after the OME-Zarr specification 0.5; ours stand beside them."""
    time: dict[str, str] = {"name": "t", "type": "time"}
    space: dict[str, str] = {"type": "space"}
    if about.interval_s:
        time["unit"] = "second"
    if about.pixel_size_um:
        space["unit"] = "micrometer"
    scale = [about.interval_s or 1.0, about.pixel_size_um or 1.0, about.pixel_size_um or 1.0]
    level = {
        "path": _ARRAY,
        "coordinateTransformations": [{"type": "scale", "scale": scale}],
    }
    image = {
        "name": about.channel,
        "axes": [time, {"name": "y"} | space, {"name": "x"} | space],
        "datasets": [level],
    }
    ours: dict[str, Any] = {"software": about.creator, "significant_bits": about.significant_bits}
    if about.acquired_at:
        ours["acquired_at"] = about.acquired_at
    return {
        "ome": {"version": "0.5", "multiscales": [image]},
        _OURS: ours | dict(about.notes),
    }
