"""NDTiff, Micro-Manager's and pycro-manager's own format: TIFFs with an index of their planes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tifffile
from numpy.typing import NDArray

from acquisition.channel import Channel
from acquisition.errors import SourceError
from acquisition.images.damage import DAMAGE, in_words, reading
from acquisition.images.image_file import ImageFile
from acquisition.images.series import ImageSeries, Key
from acquisition.images.units import moment_s, number, positive
from acquisition.names import readable

INDEX = "NDTiff.index"
FULL_RESOLUTION = "Full resolution"
_TYPES = {0: ("u1", 8), 1: ("u2", 16), 3: ("u2", 10), 4: ("u2", 12), 5: ("u2", 14), 6: ("u2", 11)}
_COLOUR = 2
_LETTERS = {"time": "T", "channel": "C", "z": "Z"}
_POSITION = "position"


class _Plane(NamedTuple):
    """An entry of the index."""

    axes: Mapping[str, int | str]
    file: str
    offset: int
    width: int
    height: int
    kind: int
    metadata: tuple[int, int]


def index_of(path: Path) -> Path | None:
    """Find the index that a path belongs to: a set's folder, or one of its files.

    Parameters
    ----------
    path : Path
    """
    if path.is_dir():
        places = [path / INDEX, path / FULL_RESOLUTION / INDEX]
        return next((place for place in places if place.is_file()), None)
    beside = path.with_name(INDEX)
    return beside if beside.is_file() and (path == beside or _is_listed(beside, path)) else None


def _is_listed(index: Path, path: Path) -> bool:
    try:
        return any(entry[1] == path.name for entry in tifffile.read_ndtiff_index(index))
    except DAMAGE:
        return False


def open_ndtiff(path: Path, index: Path) -> ImageFile:
    """Read a set.

    Parameters
    ----------
    path : Path
        As it was named.
    index : Path
        See `index_of`.

    Raises
    ------
    SourceError
        If it can't be read, or is in colour.
    """
    with in_words(path, "is damaged: its NDTiff.index can't be read"):
        entries = [
            _Plane(entry[0], entry[1], *entry[2:6], (entry[7], entry[8]))
            for entry in tifffile.read_ndtiff_index(index)
            if isinstance(entry[0], dict) and entry[6] == 0
        ]
    names = list(dict.fromkeys(entry.file for entry in entries))
    there = {name: index.with_name(Path(name).name) for name in names}
    there = {name: file for name, file in there.items() if file.is_file()}
    if not there:
        raise SourceError(
            f"{readable(path.name)} holds no image: the files that its NDTiff.index names are not "
            "there.",
            "Copy the whole folder again from where it was recorded.",
        )
    if any(entry.kind not in _TYPES for entry in entries):
        colour = any(entry.kind == _COLOUR for entry in entries)
        raise SourceError(
            f"{readable(path.name)} {'is in colour (RGB)' if colour else 'has unknown pixels'}.",
            "Record the channel you want as greyscale, 8-bit or 16-bit.",
        )
    sizes_of_files = {name: file.stat().st_size for name, file in there.items()}
    whole = [entry for entry in entries if _end(entry) <= sizes_of_files.get(entry.file, 0)]
    if not whole:
        raise SourceError(
            f"{readable(path.name)} is damaged: none of its images is there as a whole.",
            "Copy the whole folder again from where it was recorded.",
        )
    series = _positions(
        path, entries, whole, there=there, summary=_summary(next(iter(there.values())))
    )
    return ImageFile(
        path=path,
        kind="NDTiff",
        series=series,
        files=tuple(there.values()),
        absent=tuple(name for name in names if name not in there),
    )


def _positions(
    path: Path,
    entries: Sequence[_Plane],
    whole: Sequence[_Plane],
    *,
    there: Mapping[str, Path],
    summary: Mapping[str, Any],
) -> list[ImageSeries]:
    labels = _labels(entries, summary)
    places: dict[int | str, list[_Plane]] = {}
    for entry in whole:
        places.setdefault(entry.axes.get(_POSITION, 0), []).append(entry)
    ordered = labels.pop(_POSITION, list(places))
    return [
        _series(
            path,
            label,
            places[label],
            labels=labels,
            there=there,
            summary=summary,
            several=len(places) > 1,
        )
        for label in ordered
        if label in places
    ]


def _labels(entries: Sequence[_Plane], summary: Mapping[str, Any]) -> dict[str, list[int | str]]:
    """Every axis with its places in order: numbers as they rise, names as they came."""
    seen: dict[str, dict[int | str, None]] = {}
    for entry in entries:
        for axis, place in entry.axes.items():
            seen.setdefault(axis, {})[place] = None
    intended = summary.get("IntendedDimensions")
    labels: dict[str, list[int | str]] = {}
    for axis, places in seen.items():
        numbers = [place for place in places if isinstance(place, int)]
        if len(numbers) < len(places):
            labels[axis] = list(places)
        elif axis == "time":
            # A number left out is a time at which nothing was recorded.
            last = max(numbers)
            said = number(intended.get("time")) if isinstance(intended, Mapping) else 0
            last = max(last, int(said) - 1) if min(numbers) >= 0 and said < 1 << 31 else last
            labels[axis] = list(range(min(0, *numbers), last + 1))
        else:
            labels[axis] = sorted(numbers)
    return labels


def _series(
    path: Path,
    position: int | str,
    entries: Sequence[_Plane],
    *,
    labels: Mapping[str, list[int | str]],
    there: Mapping[str, Path],
    summary: Mapping[str, Any],
    several: bool,
) -> ImageSeries:
    first = entries[0]
    order = sorted(labels, key=lambda axis: (*_LETTERS, axis).index(axis))
    rank = {axis: {label: n for n, label in enumerate(labels[axis])} for axis in order}
    planes: dict[Key, _Plane] = {}
    for entry in entries:
        if (entry.height, entry.width, entry.kind) != (first.height, first.width, first.kind):
            raise SourceError(
                f"{readable(path.name)} changes its size or pixel type within a position.",
                "Record images of one size and type in a set.",
            )
        planes[tuple(rank[axis].get(entry.axes.get(axis, 0), 0) for axis in order)] = entry
    dtype = np.dtype(_TYPES[first.kind][0])
    tags = {key: _metadata(there[entry.file], entry) for key, entry in planes.items()}
    moments = {
        key: time
        for key, said in tags.items()
        if (time := moment_s(said.get("ElapsedTime-ms"), "ms")) is not None
    }
    said_first = tags[next(iter(tags))]
    size = number(said_first.get("PixelSizeUm", said_first.get("PixelSize_um")))
    bits = number(said_first.get("BitDepth"))
    names = [str(label) for label in labels.get("channel", [])]

    def read(entry: _Plane) -> NDArray[Any]:
        with reading(there[entry.file]):
            file = there[entry.file]
            count = entry.height * entry.width
            stored = np.fromfile(file, dtype.newbyteorder("<"), count, offset=entry.offset)
            return stored.reshape(entry.height, entry.width).astype(dtype, copy=False)

    return ImageSeries(
        sizes={_LETTERS.get(axis, axis): len(labels[axis]) for axis in order},
        height=first.height,
        width=first.width,
        dtype=dtype,
        planes=planes,
        read=read,
        name=str(position) if several or isinstance(position, str) else "",
        channels=tuple(Channel(_channel(name, tags, order, n=n)) for n, name in enumerate(names)),
        pixel_size_um=positive(size) or positive(number(summary.get("PixelSize_um"))),
        z_step_um=positive(abs(number(summary.get("z-step_um")))),
        moments_s=moments,
        significant_bits=int(bits) if 1 <= bits <= 16 else _TYPES[first.kind][1],
    )


def _channel(name: str, tags: Mapping[Key, Mapping[str, Any]], order: list[str], *, n: int) -> str:
    """Name a channel; where the index counts them, as its images do."""
    if not name.isdigit():
        return name
    column = order.index("channel")
    said = next((said for key, said in tags.items() if key[column] == n), {})
    return str(said.get("Channel", said.get("ChannelName", name)))


def _metadata(file: Path, entry: _Plane) -> Mapping[str, Any]:
    """What the microscope said of an image."""
    start, length = entry.metadata
    with suppress(*DAMAGE), file.open("rb") as opened:
        if 0 < length < 1 << 24:
            opened.seek(start)
            said = json.loads(opened.read(length))
            return said if isinstance(said, Mapping) else {}
    return {}


def _summary(file: Path) -> Mapping[str, Any]:
    with suppress(*DAMAGE), file.open("rb") as opened:
        said = tifffile.tifffile.read_micromanager_metadata(opened, {"Summary"}).get("Summary")
        return said if isinstance(said, Mapping) else {}
    return {}


def _end(entry: _Plane) -> int:
    item = np.dtype(_TYPES.get(entry.kind, ("u1", 8))[0]).itemsize
    return entry.offset + entry.width * entry.height * item
