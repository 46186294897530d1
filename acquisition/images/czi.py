"""Zeiss CZI, read with pylibCZIrw where that is installed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquisition.channel import Channel
from acquisition.errors import SourceError
from acquisition.images.damage import in_words, reading
from acquisition.images.image_file import ImageFile
from acquisition.images.maker_files import at, close_quietly, not_installed
from acquisition.images.series import ImageSeries, Key
from acquisition.images.units import duration_s, length_um, number, positive, square
from acquisition.names import readable

_TYPES = {"Gray8": np.uint8, "Gray16": np.uint16, "Gray32Float": np.float32}
_AXES = "TCZ"
# Views of a light sheet, blocks, illuminations, rotations: no axes of a time-lapse.
_OTHER_AXES = "VBIR"


class _Plane(NamedTuple):
    """Where a plane lies: along the file's own dimensions, and in which scene."""

    place: tuple[tuple[str, int], ...]
    scene: int | None


class _Tile(NamedTuple):
    """A rectangle of pixels that is stored."""

    plane: _Plane
    rectangle: tuple[int, int, int, int]
    kind: str


def open_czi(path: Path) -> ImageFile:
    """Read a CZI, for example one that ZEN's Airyscan Processing wrote.

    Raises
    ------
    SourceError
        If it can't be read, holds raw Airyscan planes or colours, or pylibCZIrw is not installed.
    """
    try:
        from pylibCZIrw import czi
    except ImportError as error:
        raise not_installed(path, "pylibCZIrw") from error
    with in_words(path, "can't be read as a CZI", "Export it from ZEN as OME-TIFF."):
        # Opened by the context manager that the library has instead of a constructor.
        opening = czi.open_czi(str(path))
        document = opening.__enter__()
    close = close_quietly(lambda: opening.__exit__(None, None, None))
    try:
        with in_words(path, "can't be read as a CZI", "Export it from ZEN as OME-TIFF."):
            series = _all_series(path, document)
    except BaseException:
        close()
        raise
    return ImageFile(path=path, kind="CZI", series=series, files=(path,), close=close)


def _all_series(path: Path, document: Any) -> list[ImageSeries]:
    tiles = _tiles(document)
    metadata = at(document.metadata, "ImageDocument", "Metadata") or {}
    box = _ranges(tiles, metadata)
    kinds = {tile.kind for tile in tiles}
    phases = _length(box, "H")
    if phases > 1:
        raise SourceError(
            f"{readable(path.name)} holds the {phases} raw detector planes of an Airyscan.",
            "Process it first: in ZEN, Method > Airyscan Processing; then use the new file.",
        )
    if not tiles:
        raise SourceError(f"{readable(path.name)} holds no image.", "Choose another file.")
    if len(kinds) != 1 or not kinds <= set(_TYPES):
        raise SourceError(
            f"{readable(path.name)} is in colour, or mixes kinds of pixels "
            f"({', '.join(sorted(kinds))}).",
            "Export one grey channel.",
        )
    scenes = dict(document.scenes_bounding_rectangle)
    dtype = np.dtype(_TYPES[next(iter(kinds))])
    whole = document.total_bounding_rectangle
    return [
        _series(
            path, document, box, dtype=dtype, metadata=metadata, scene=scene, area=area, tiles=tiles
        )
        for scene, area in (sorted(scenes.items()) if scenes else [(None, whole)])
    ]


def _series(
    path: Path,
    document: Any,
    box: Mapping[str, tuple[int, int]],
    *,
    dtype: np.dtype[Any],
    metadata: Mapping[str, Any],
    scene: int | None,
    area: Any,
    tiles: list[_Tile],
) -> ImageSeries:
    axes = [axis for axis in _AXES if axis in box]
    axes += [axis for axis in _OTHER_AXES if _length(box, axis) > 1]
    mine = [tile for tile in tiles if tile.plane.scene == scene]
    count = Counter(tile.plane for tile in mine)
    most = max(count.values(), default=0)
    planes: dict[Key, _Plane] = {}
    for plane, stored in count.items():
        place = dict(plane.place)
        # A plane that lacks a tile of a mosaic has a hole in it.
        if stored == most:
            planes[tuple(place.get(axis, box[axis][0]) - box[axis][0] for axis in axes)] = plane
    _check_holes(path, mine, area)

    def read(plane: _Plane) -> NDArray[Any]:
        with reading(path):
            where = {} if plane.scene is None else {"scene": plane.scene}
            pixels = document.read(plane=dict(plane.place), pixel_type=mine[0].kind, **where)
            return np.ascontiguousarray(pixels[..., 0], dtype)

    dimensions = at(metadata, "Information", "Image", "Dimensions") or {}
    bits = number(at(metadata, "Information", "Image", "ComponentBitCount"))
    return ImageSeries(
        sizes={axis: _length(box, axis) for axis in axes},
        height=int(area.h),
        width=int(area.w),
        dtype=dtype,
        planes=planes,
        read=read,
        name=f"scene {scene}" if scene is not None else "",
        channels=_channels(metadata, dimensions, _length(box, "C")),
        pixel_size_um=square(_distance(metadata, "X"), _distance(metadata, "Y")),
        z_step_um=_distance(metadata, "Z"),
        interval_s=duration_s(at(dimensions, "T", "Positions", "Interval", "Increment"), "s"),
        significant_bits=int(bits) if 1 <= bits <= 16 else None,
    )


def _ranges(tiles: list[_Tile], metadata: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """First place and end of each dimension; the library counts all of them from 0."""
    places: dict[str, set[int]] = {}
    for tile in tiles:
        for axis, place in tile.plane.place:
            places.setdefault(axis, set()).add(place)
    box = {axis: (min(found), max(found) + 1) for axis, found in places.items()}
    said = number(at(metadata, "Information", "Image", "SizeT"))
    if "T" in box and said < 1 << 31:
        first, end = box["T"]
        box["T"] = first, max(end, first + int(said))
    return box


def _tiles(document: Any) -> list[_Tile]:
    """List what is stored; planes without are missing, though the library gives zeros for them."""
    tiles: list[_Tile] = []

    def look(_: int, block: Any) -> bool:
        if block.get_zoom() == 1:
            place = dict(block.coordinate.to_dict())
            scene = place.pop("S", None)
            area = block.logicalRect
            plane = _Plane(tuple(sorted(place.items())), scene)
            tiles.append(_Tile(plane, (area.x, area.y, area.w, area.h), block.pixelType.name))
        return True

    document.enumerate_subblocks(look)
    return tiles


def _check_holes(path: Path, tiles: list[_Tile], area: Any) -> None:
    """Refuse a mosaic whose tiles leave places open, which would be read as black."""
    if not tiles:
        return
    rectangles = {tile.rectangle for tile in tiles}
    columns = sorted({x for x, _, w, _ in rectangles} | {x + w for x, _, w, _ in rectangles})
    rows = sorted({y for _, y, _, h in rectangles} | {y + h for _, y, _, h in rectangles})
    covered = np.zeros((len(rows), len(columns)), bool)
    for x, y, w, h in rectangles:
        covered[rows.index(y) : rows.index(y + h), columns.index(x) : columns.index(x + w)] = True
    reaches = (columns[-1] - columns[0], rows[-1] - rows[0]) == (area.w, area.h)
    if not reaches or not covered[:-1, :-1].all():
        raise SourceError(
            f"{readable(path.name)} is a mosaic whose tiles do not cover its rectangle.",
            "Export the tiles from ZEN one by one, as OME-TIFF.",
        )


def _length(box: Mapping[str, tuple[int, int]], axis: str) -> int:
    first, end = box.get(axis, (0, 1))
    return int(end - first)


def _distance(metadata: Mapping[str, Any], axis: str) -> float | None:
    distances = at(metadata, "Scaling", "Items", "Distance")
    for distance in distances if isinstance(distances, list) else [distances]:
        if isinstance(distance, Mapping) and distance.get("@Id") == axis:
            return length_um(distance.get("Value"), "m")
    return None


def _channels(
    metadata: Mapping[str, Any], dimensions: Mapping[str, Any], count: int
) -> tuple[Channel, ...]:
    said = at(dimensions, "Channels", "Channel")
    shown = at(metadata, "DisplaySetting", "Channels", "Channel")
    listed = said if isinstance(said, list) else [said]
    displays = shown if isinstance(shown, list) else [shown]
    if len(listed) != count or not all(isinstance(one, Mapping) for one in listed):
        return ()
    colours = [at(one, "Color") for one in displays] if len(displays) == count else [None] * count
    return tuple(
        Channel(
            str(one.get("@Name", "")),
            _colour(one.get("Color") or colour),
            positive(round(number(one.get("EmissionWavelength")), 3)),
        )
        for one, colour in zip(listed, colours, strict=True)
    )


def _colour(said: Any) -> tuple[int, int, int] | None:
    """Read ``#AARRGGBB``."""
    try:
        bits = int(str(said).removeprefix("#"), 16)
    except ValueError:
        return None
    return bits >> 16 & 255, bits >> 8 & 255, bits & 255
