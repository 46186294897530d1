"""Files that torch wrote, read without running anything that is in them.

A pickle is a program. Here it may build plain containers, numbers, text and tensors; every class
and function of torch and fastai that it names becomes an object that holds what it was given and
can do nothing, and any other name ends the reading.
"""

from __future__ import annotations

import math
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# The first pickle of a file in the form that torch had before 1.6.
MAGIC = 0x1950A86A20F9469CFC6C
# Numbers; all weights of v1's network together are fewer.
LARGEST_TENSOR = 2**26
_DTYPES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "<i1",
    "ByteStorage": "<u1",
    "BoolStorage": "?",
}
_KNOWN_ROOMS = (
    "torch.nn.",
    "torch.optim.",
    "torch.utils.hooks",
    "torchvision.models.",
    "fastai.",
    "bpho.",
    "utils.",
)
_KNOWN_NAMES = frozenset(
    {
        ("torch", "Size"),
        ("torch", "device"),
        ("torch", "dtype"),
        ("torch", "float16"),
        ("torch", "float32"),
        ("functools", "partial"),
        ("collections", "defaultdict"),
        ("pathlib", "Path"),
        ("pathlib", "PosixPath"),
        ("pathlib", "WindowsPath"),
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy.core.multiarray", "scalar"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "scalar"),
        # How a method, or an object of a plain class, is written down.
        ("builtins", "getattr"),
        ("builtins", "object"),
        # v1's notebooks have this loss among their own names.
        ("__main__", "FeatureLoss"),
        ("copyreg", "_reconstructor"),
    }
)
_OLD_NAMES = {"__builtin__": "builtins", "copy_reg": "copyreg"}


class ForeignClassError(Exception):
    """The file names something that no file of its kind needs; it was not looked at."""


class DamagedFileError(Exception):
    """The file is cut off, or not torch's."""


class Inert:
    """Stands for an object, a class or a function of torch or fastai, and does nothing."""

    def __new__(cls, *_: object, **__: object) -> Inert:  # noqa: D102
        return object.__new__(cls)

    def __init__(self, *_: object, **__: object) -> None:
        self.state: object = None

    def __setstate__(self, state: object) -> None:
        self.state = state

    def append(self, _: object) -> None:
        """Take an item of a list, and forget it."""

    def extend(self, _: object) -> None:
        """Take items of a list, and forget them."""

    def __setitem__(self, _: object, __: object) -> None: ...

    def part(self, name: str) -> object:
        """Return what its state has by a name, or None."""
        return self.state.get(name) if isinstance(self.state, dict) else None


@dataclass(frozen=True, slots=True)
class Storage:
    """Numbers in the file, that tensors are parts of."""

    key: str
    dtype: str
    numbers: int


class StoredTensor(NamedTuple):
    """Where a tensor's numbers are; steps are counted in numbers."""

    storage: Storage
    first: int
    shape: tuple[int, ...]
    steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TorchFile:
    """What a file holds.

    Attributes
    ----------
    content : object
        Containers, numbers, text, `StoredTensor` and `Inert`.
    read : callable
        From a tensor to its numbers.
    """

    content: object
    read: Callable[[StoredTensor], NDArray[np.float32]]


def read_torch_file(path: Path) -> TorchFile:
    """Read a file that torch wrote, in its form of before 1.6 or in the later one.

    Raises
    ------
    ForeignClassError
        If it names what is neither torch's, fastai's nor a plain container.
    DamagedFileError
        If it is cut off or something else.
    OSError
        If it can't be read.
    """
    try:
        if zipfile.is_zipfile(path):
            return _read_zip(path)
        return _read_pickles(path)
    except (ForeignClassError, DamagedFileError, OSError):
        raise
    except Exception as error:  # a broken pickle ends in whatever its remains happen to say
        raise DamagedFileError("it does not read as torch's files do") from error


def _read_zip(path: Path) -> TorchFile:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        pickles = [name for name in names if name.endswith("data.pkl") and name.count("/") <= 1]
        if len(pickles) != 1:
            raise DamagedFileError("it is a zip file of something else")
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
            # Unpacked, a small file could fill the memory.
            raise DamagedFileError("it is packed, as torch's files are not")
        folder = pickles[0].removesuffix("data.pkl")
        order = f"{folder}byteorder"
        if order in names and archive.read(order) != b"little":
            raise DamagedFileError("its numbers are in big-endian order")
        content, _ = _load(BytesIO(archive.read(pickles[0])))

    def read_bytes(storage: Storage, size: int) -> bytes:
        with zipfile.ZipFile(path) as archive:
            entry = archive.getinfo(f"{folder}data/{storage.key}")
            if entry.file_size < size:
                raise DamagedFileError("numbers are missing")
            with archive.open(entry) as numbers:
                return numbers.read(size)

    return TorchFile(content, lambda tensor: _numbers(tensor, read_bytes))


def _read_pickles(path: Path) -> TorchFile:
    end = path.stat().st_size
    with path.open("rb") as file:
        if _load(file)[0] != MAGIC:
            raise DamagedFileError("it does not begin as torch's files do")
        # The protocol's number, and the system's sizes.
        _load(file)
        _load(file)
        content, storages = _load(file)
        keys, _ = _load(file)
        if not isinstance(keys, list) or set(keys) != storages.keys():
            raise DamagedFileError("it does not say which numbers it has")
        places: dict[str, int] = {}
        for key in keys:
            (count,) = struct.unpack("<q", file.read(8))
            places[key] = file.tell()
            storage = storages[key]
            if count != storage.numbers:
                raise DamagedFileError("it has other numbers than it says")
            if file.seek(count * np.dtype(storage.dtype).itemsize, 1) > end:
                raise DamagedFileError("it is cut off")

    def read_bytes(storage: Storage, size: int) -> bytes:
        with path.open("rb") as file:
            file.seek(places[storage.key])
            return file.read(size)

    return TorchFile(content, lambda tensor: _numbers(tensor, read_bytes))


def _numbers(
    tensor: StoredTensor, read_bytes: Callable[[Storage, int], bytes]
) -> NDArray[np.float32]:
    storage, dtype = tensor.storage, np.dtype(tensor.storage.dtype)
    last = tensor.first + sum(
        (side - 1) * step for side, step in zip(tensor.shape, tensor.steps, strict=True)
    )
    if min((*tensor.shape, *tensor.steps, tensor.first), default=0) < 0 or (
        0 not in tensor.shape and last >= storage.numbers
    ):
        raise DamagedFileError("a tensor lies outside of its numbers")
    # A step of 0 makes as many numbers of one as the file says.
    if math.prod(tensor.shape) > LARGEST_TENSOR:
        raise DamagedFileError("a tensor is larger than any of such a network")
    content = read_bytes(storage, storage.numbers * dtype.itemsize)
    if len(content) < storage.numbers * dtype.itemsize:
        raise DamagedFileError("it is cut off")
    flat = np.frombuffer(content, dtype)[tensor.first :]
    steps = tuple(step * dtype.itemsize for step in tensor.steps)
    view = np.lib.stride_tricks.as_strided(flat, tensor.shape, steps, writeable=False)
    return view.astype(np.float32)


class _Reader(pickle.Unpickler):  # noqa: S301
    """Builds nothing but what the module's docstring names."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self.storages: dict[str, Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        module = _OLD_NAMES.get(module, module)
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "builtins" and name in ("set", "frozenset"):
            return {"set": set, "frozenset": frozenset}[name]
        if module == "torch._utils":
            if name in ("_rebuild_tensor_v2", "_rebuild_tensor"):
                return _tensor
            if name == "_rebuild_parameter":
                return _parameter
        if module == "torch" and name in _DTYPES:
            return type(name, (Inert,), {})
        if (module, name) in _KNOWN_NAMES or f"{module}.".startswith(_KNOWN_ROOMS):
            return type(name, (Inert,), {})
        raise ForeignClassError(f"{module}.{name}")

    def persistent_load(self, identity: Any) -> object:
        if identity[0] == "module":
            # A class with its source, which is not looked at.
            return identity[1]
        kind, cls, key, _, numbers = identity[:5]
        if kind != "storage" or cls.__name__ not in _DTYPES or not isinstance(numbers, int):
            raise DamagedFileError("it refers to something unknown")
        if len(identity) > 5 and identity[5] is not None:
            raise DamagedFileError("its numbers overlap, as no torch since 0.4 writes them")
        return self.storages.setdefault(key, Storage(key, _DTYPES[cls.__name__], numbers))


def _load(file: IO[bytes]) -> tuple[object, dict[str, Storage]]:
    """Read one pickle: what it holds, and the numbers that it refers to."""
    reader = _Reader(file)
    return reader.load(), reader.storages


def _tensor(storage: object, *described: object) -> StoredTensor:
    if len(described) < 3 or not isinstance(storage, Storage) or not isinstance(described[0], int):
        raise DamagedFileError("a tensor is not described as torch does")
    return StoredTensor(storage, described[0], _sides(described[1]), _sides(described[2]))


def _sides(sides: object) -> tuple[int, ...]:
    if not isinstance(sides, tuple) or not all(isinstance(side, int) for side in sides):
        raise DamagedFileError("a tensor is not described as torch does")
    return sides


def _parameter(tensor: object, *_: object) -> object:
    return tensor
