"""OME-Zarr, versions 0.4 and 0.5, read with TensorStore where that is installed."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from acquisition.channel import Channel
from acquisition.errors import SourceError
from acquisition.images.damage import DAMAGE, in_words, reading
from acquisition.images.image_file import ImageFile
from acquisition.images.maker_files import at
from acquisition.images.provenance import says_predicted
from acquisition.images.series import ImageSeries, Key
from acquisition.images.units import duration_s, length_um, square
from acquisition.names import readable

_OURS = "pssr-live"
_LETTERS = {"t": "T", "c": "C", "z": "Z"}
_LARGEST_METADATA = 1 << 26
_LARGEST_CHUNK = 1 << 32
_MOST_PLANES = 1 << 20


def is_ome_zarr(path: Path) -> bool:
    """Whether a folder is an OME-Zarr, by what is in it."""
    return path.is_dir() and bool(_multiscales(path) or _collection(path))


def open_ome_zarr(path: Path) -> ImageFile:
    """Read an OME-Zarr: one image, or a collection of them, each a position.

    Raises
    ------
    SourceError
        If it can't be read, or TensorStore is not installed.
    """
    try:
        import tensorstore  # noqa: F401
    except ImportError as error:
        raise SourceError(
            f"{readable(path.name)} can't be read: TensorStore is not installed.",
            'Install it: python -m pip install "pssr-live[zarr]"',
        ) from error
    with in_words(path, "can't be read as an OME-Zarr", "Copy the whole folder again."):
        folders = [path] if _multiscales(path) else _collection(path)
        series = [_series(folder) for folder in folders]
        notes = _attributes(path).get(_OURS)
        channels = [str(_multiscales(folder).get("name", "")) for folder in folders]
        predicted = says_predicted(notes if isinstance(notes, Mapping) else {}, channels)
    return ImageFile(path=path, kind="OME-Zarr", series=series, files=(path,), predicted=predicted)


def _attributes(folder: Path) -> Mapping[str, Any]:
    """Read a group's attributes: those of Zarr 3, or of Zarr 2."""
    for name, keys in (("zarr.json", ("attributes",)), (".zattrs", ())):
        with suppress(*DAMAGE):
            file = folder / name
            if file.is_file() and file.stat().st_size < _LARGEST_METADATA:
                said = at(json.loads(file.read_bytes()), *keys)
                if isinstance(said, Mapping):
                    return said
    return {}


def _ome(folder: Path) -> Mapping[str, Any]:
    said = _attributes(folder)
    inner = said.get("ome")
    return inner if isinstance(inner, Mapping) else said


def _multiscales(folder: Path) -> Mapping[str, Any]:
    said = _ome(folder).get("multiscales")
    first = said[0] if isinstance(said, list) and said else {}
    return first if isinstance(first, Mapping) and first.get("datasets") else {}


def _collection(path: Path) -> list[Path]:
    """Images of a collection as bioformats2raw lays it out."""
    if "bioformats2raw.layout" not in _ome(path):
        return []
    named = [one for one in path.iterdir() if one.name.isdigit() and _multiscales(one)]
    return sorted(named, key=lambda one: int(one.name))


def _series(folder: Path) -> ImageSeries:
    image = _multiscales(folder)
    level = image["datasets"][0]
    store = _open(folder / str(level["path"]))
    _check_sizes(store)
    axes = [axis if isinstance(axis, Mapping) else {"name": axis} for axis in image["axes"]]
    names = [str(axis["name"]).lower() for axis in axes]
    shape = dict(zip(names, map(int, store.shape), strict=True))
    if "y" not in shape or "x" not in shape:
        raise ValueError("no plane has y and x")
    stack = {_LETTERS.get(name, name): shape[name] for name in names if name not in "yx"}
    order = sorted(stack, key=lambda axis: ("T", "C", "Z", axis).index(axis))
    scales = _scales(image, level, axes, names=names)
    columns = [list(stack).index(axis) for axis in order]
    planes: dict[Key, Key] = {}
    everywhere = _fully_stored(store)
    for key in np.ndindex(*stack.values()):
        if everywhere or _is_stored(store, names, key):
            planes[tuple(key[column] for column in columns)] = key
    dtype = np.dtype(store.dtype.numpy_dtype)

    def read(key: Key) -> NDArray[Any]:
        with reading(folder):
            plane = np.asarray(_at(store, names, key).read().result())
            turned = plane.T if names.index("x") < names.index("y") else plane
            return np.ascontiguousarray(turned)

    ours = _attributes(folder).get(_OURS)
    bits = ours.get("significant_bits") if isinstance(ours, Mapping) else None
    return ImageSeries(
        sizes={axis: stack[axis] for axis in order},
        height=shape["y"],
        width=shape["x"],
        dtype=dtype,
        planes=planes,
        read=read,
        name=str(image.get("name", "")),
        channels=_channels(folder, stack.get("C", 1)),
        pixel_size_um=square(scales.get("x"), scales.get("y")),
        z_step_um=scales.get("z"),
        interval_s=scales.get("t"),
        significant_bits=bits if isinstance(bits, int) and 1 <= bits <= 16 else None,
    )


def _open(array: Path) -> Any:
    import tensorstore

    driver = "zarr3" if (array / "zarr.json").is_file() else "zarr"
    spec = {
        "driver": driver,
        "kvstore": {"driver": "file", "path": array.resolve().as_posix() + "/"},
        # A chunk that is not there is missing, not black.
        "fill_missing_data_reads": False,
        "context": {"cache_pool": {"total_bytes_limit": 0}},
    }
    return tensorstore.open(spec, open=True, read=True).result()


def _check_sizes(store: Any) -> None:
    """Refuse what would fill the memory, or take hours to look through.

    Raises
    ------
    ValueError
        If it promises that.
    """
    chunk = math.prod(store.chunk_layout.read_chunk.shape) * store.dtype.numpy_dtype.itemsize
    if chunk > _LARGEST_CHUNK:
        raise ValueError(f"a chunk of it has {chunk >> 20} MB")
    if 0 in store.shape[-2:]:
        raise ValueError("its planes have no pixel")
    if math.prod(store.shape[:-2]) > _MOST_PLANES:
        raise ValueError(f"it promises {math.prod(store.shape[:-2])} planes")


def _fully_stored(store: Any) -> bool:
    return bool(store.storage_statistics(query_fully_stored=True).result().fully_stored)


def _is_stored(store: Any, names: list[str], key: Key) -> bool:
    return _fully_stored(_at(store, names, key))


def _at(store: Any, names: list[str], key: Key) -> Any:
    rest = iter(key)
    return store[tuple(slice(None) if name in "yx" else next(rest) for name in names)]


def _scales(
    image: Mapping[str, Any],
    level: Mapping[str, Any],
    axes: list[Mapping[str, Any]],
    *,
    names: list[str],
) -> dict[str, float | None]:
    """Sizes along the axes that have a unit; without one a scale says nothing."""
    factors = [1.0] * len(names)
    for changes in (image, level):
        for one in changes.get("coordinateTransformations", []):
            if one.get("type") == "scale":
                factors = [a * float(b) for a, b in zip(factors, one["scale"], strict=True)]
    read = {name: (duration_s if name == "t" else length_um) for name in names}
    return {
        name: read[name](factor, str(axis["unit"]))
        for name, axis, factor in zip(names, axes, factors, strict=True)
        if "unit" in axis
    }


def _channels(folder: Path, count: int) -> tuple[Channel, ...]:
    listed = at(_ome(folder), "omero", "channels")
    if not isinstance(listed, list) or len(listed) != count:
        return ()
    return tuple(Channel(str(one.get("label", "")), _colour(one.get("color"))) for one in listed)


def _colour(said: Any) -> tuple[int, int, int] | None:
    try:
        bits = int(str(said).removeprefix("#"), 16)
    except ValueError:
        return None
    return bits >> 16 & 255, bits >> 8 & 255, bits & 255
