"""Nikon ND2, read with nd2 where that is installed."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquisition.channel import Channel
from acquisition.errors import SourceError
from acquisition.images.damage import DAMAGE, in_words, reading
from acquisition.images.image_file import ImageFile
from acquisition.images.maker_files import close_quietly, not_installed
from acquisition.images.series import ImageSeries, Key
from acquisition.images.units import number, positive, square
from acquisition.names import readable

_EXPORT = "Export it from NIS-Elements as TIFF."
_SHOWN_FIRST = ("T", "C", "Z")


class _Plane(NamedTuple):
    """A channel, or a colour, of a frame as the file counts them."""

    frame: int
    within: tuple[int, ...]


def open_nd2(path: Path) -> ImageFile:
    """Read an ND2.

    Raises
    ------
    SourceError
        If it can't be read, or nd2 is not installed.
    """
    try:
        import nd2
    except ImportError as error:
        raise not_installed(path, "nd2") from error
    with in_words(path, "can't be read as an ND2", _EXPORT):
        document = nd2.ND2File(path)
    close = close_quietly(document.close)
    try:
        with in_words(path, "can't be read as an ND2", _EXPORT):
            series = _all_series(path, document)
    except BaseException:
        close()
        raise
    return ImageFile(path=path, kind="ND2", series=series, files=(path,), close=close)


def _all_series(path: Path, document: Any) -> list[ImageSeries]:
    sizes: dict[str, int] = dict(document.sizes)
    height, width = sizes.pop("Y"), sizes.pop("X")
    positions = sizes.pop("P", 1)
    axes = sorted(sizes, key=lambda axis: (*_SHOWN_FIRST, axis).index(axis))
    inner = [axis for axis in ("C", "S") if axis in sizes]
    planes: list[dict[Key, _Plane]] = [{} for _ in range(positions)]
    there = _stored(document)
    for frame, place in enumerate(document.loop_indices):
        if there is not None and frame not in there:
            continue
        for within in np.ndindex(*(sizes[axis] for axis in inner)):
            named = dict(place) | dict(zip(inner, within, strict=True))
            key = tuple(named.get(axis, 0) for axis in axes)
            planes[named.get("P", 0)][key] = _Plane(frame, within)
    if not any(planes):
        raise SourceError(f"{readable(path.name)} holds no image.", _EXPORT)

    def read(plane: _Plane) -> NDArray[Any]:
        with reading(path):
            pixels = document.read_frame(plane.frame)
            pixels = pixels.reshape(*_frame_shape(sizes, height, width))
            if "S" in sizes:
                pixels = np.moveaxis(pixels, -1, -3)
            return np.ascontiguousarray(pixels[plane.within])

    voxel = document.voxel_size()
    bits = getattr(document.attributes, "bitsPerComponentSignificant", None)
    names = _position_names(document, positions)
    return [
        ImageSeries(
            sizes={axis: sizes[axis] for axis in axes},
            height=height,
            width=width,
            dtype=np.dtype(document.dtype),
            planes=mine,
            read=read,
            name=names[number],
            channels=_channels(document, sizes.get("C", 1)),
            pixel_size_um=square(positive(float(voxel.x)), positive(float(voxel.y))),
            z_step_um=positive(float(voxel.z)) if "Z" in sizes else None,
            interval_s=_interval(document),
            moments_s=_Moments(document, mine),
            significant_bits=int(bits) if bits else None,
        )
        for number, mine in enumerate(planes)
    ]


def _frame_shape(sizes: Mapping[str, int], height: int, width: int) -> tuple[int, ...]:
    channels = (sizes["C"],) if "C" in sizes else ()
    colours = (sizes["S"],) if "S" in sizes else ()
    return *channels, height, width, *colours


def _stored(document: Any) -> set[int] | None:
    """Which frames are stored: for one that is not, the library would give zeros."""
    offsets = getattr(getattr(document, "_rdr", None), "_frame_offsets", None)
    return set(offsets) if isinstance(offsets, Mapping) else None


class _Moments(Mapping[Key, float]):
    """Times of planes, read when they are asked for."""

    def __init__(self, document: Any, planes: Mapping[Key, _Plane]) -> None:
        self._document, self._planes = document, planes

    def __getitem__(self, key: Key) -> float:
        frame = self._planes[key].frame
        try:
            with warnings.catch_warnings():
                # Of damaged times the library warns; they are unknown then.
                warnings.simplefilter("ignore")
                time = self._time_ms(frame)
        except DAMAGE as error:
            raise KeyError(key) from error
        if not math.isfinite(time) or time < 0:
            raise KeyError(key)
        return time / 1000

    def _time_ms(self, frame: int) -> float:
        return float(self._document.frame_metadata(frame).channels[0].time.relativeTimeMs)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._planes)

    def __len__(self) -> int:
        return len(self._planes)


def _interval(document: Any) -> float | None:
    """Time from frame to frame, where one was set or kept."""
    for loop in document.experiment:
        parameters = loop.parameters
        if loop.type == "NETimeLoop":
            if len(parameters.periods) > 1:
                return None
            parameters = parameters.periods[0]
        if loop.type in ("TimeLoop", "NETimeLoop"):
            kept = getattr(parameters.periodDiff, "avg", None)
            period = float(parameters.periodMs) or float(kept or 0)
            return positive(period / 1e3)
    return None


def _channels(document: Any, count: int) -> tuple[Channel, ...]:
    with suppress(*DAMAGE):
        listed = document.metadata.channels
        if listed is not None and len(listed) == count:
            return tuple(
                Channel(
                    str(one.channel.name),
                    _colour(one.channel.color),
                    positive(number(one.channel.emissionLambdaNm)),
                )
                for one in listed
            )
    return ()


def _colour(said: Any) -> tuple[int, int, int] | None:
    with suppress(*DAMAGE):
        return int(said.r), int(said.g), int(said.b)
    return None


def _position_names(document: Any, count: int) -> list[str]:
    names = [f"position {number + 1}" for number in range(count)] if count > 1 else [""]
    with suppress(*DAMAGE):
        for loop in document.experiment:
            if loop.type == "XYPosLoop" and len(loop.parameters.points) == count:
                said = [point.name for point in loop.parameters.points]
                names = [str(name or default) for name, default in zip(said, names, strict=True)]
    return names
