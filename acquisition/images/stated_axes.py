"""TIFFs whose axes are stated by letters, and plain ones, of whose pages nothing is said."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from acquisition.errors import SourceError
from acquisition.images.damage import damaged
from acquisition.images.image_file import ImageFile
from acquisition.images.layout import SeriesLayout, first_page, lay_out, whole_pages
from acquisition.images.series import ImageSeries, Key
from acquisition.images.tiff_pages import Place, TiffPages, grey_shape
from acquisition.images.tiff_set import TiffSet
from acquisition.images.units import duration_s, length_um, number, square
from acquisition.names import readable

# What tifffile calls the axis of Micro-Manager's positions.
_POSITIONS = "R"
_MOST_AXES = 12


def open_shaped(pages: TiffPages) -> ImageFile | None:
    """Read a TIFF by the JSON that tifffile writes: a shape, and mostly axes.

    Returns
    -------
    ImageFile or None
        None for a TIFF without.

    Raises
    ------
    SourceError
        If planes that it promises are not there, or lie in no order that can be read.
    """
    said = _json(pages.first.description)
    if said is None or len(said["shape"]) < 2:
        return None
    shape = [int(length) for length in said["shape"]]
    axes = str(said.get("axes", ""))
    page = first_page(pages, pages.images[0])
    if len(axes) != len(shape):
        colours = grey_shape(page)[2]
        behind = "YXS" if colours > 1 and shape[-1] == colours else "YX"
        axes = "Q" * (len(shape) - len(behind)) + behind
    if "Y" not in axes or "X" not in axes:
        return None
    size = square(
        _length(said, "X"),
        _length(said, "Y") if "PhysicalSizeY" in said else _length(said, "X"),
    )
    scales: dict[str, Any] = {
        "pixel_size_um": size or pages.pixel_size_um,
        "z_step_um": _length(said, "Z"),
        "interval_s": duration_s(
            said.get("TimeIncrement"), str(said.get("TimeIncrementUnit", "s"))
        ),
    }
    if math.prod(shape) == math.prod(page.shape) and len(pages.images) > 1:
        # Every page says that it is an image of its own.
        return open_plain(pages)
    files = TiffSet(pages)
    if not _ends_with_pages(axes, shape, page.axes, page.shape):
        series = [_in_memory_order(pages, axes, shape, scales)]
    else:
        stacked = _named(axes[: len(axes) - _axes_of_page(page.shape, shape)], shape)
        layout = lay_out(pages, stacked)
        whole = replace(
            layout.series(files),
            **scales,
        )
        series = positions(whole, _POSITIONS)
    return files.image("tifffile's JSON", series)


def open_plain(pages: TiffPages) -> ImageFile:
    """Read a TIFF of whose pages nothing is said, but that they follow one another.

    Raises
    ------
    SourceError
        If one is damaged, or they differ.
    """
    numbers = pages.images
    page = first_page(pages, numbers[0])
    there = whole_pages(pages, numbers, page)
    if there == 1 and pages.cut:
        raise damaged(pages.path, 1, "is missing or cut off")
    layout = SeriesLayout(page, {"I": there})
    for place, one in enumerate(numbers[:there]):
        layout.put((place,), Place(0, one))
    files = TiffSet(pages)
    series = replace(
        layout.series(files),
        pixel_size_um=pages.pixel_size_um,
    )
    return files.image("its pages", [series])


def positions(series: ImageSeries, axis: str) -> list[ImageSeries]:
    """Take the positions along an axis apart."""
    if axis not in series.sizes:
        return [series]
    column = list(series.sizes).index(axis)
    sizes = {name: length for name, length in series.sizes.items() if name != axis}
    parts: dict[int, dict[Key, Any]] = {}
    for key, place in series.planes.items():
        parts.setdefault(key[column], {})[key[:column] + key[column + 1 :]] = place
    return [
        ImageSeries(
            sizes=sizes,
            height=series.height,
            width=series.width,
            dtype=series.dtype,
            planes=planes,
            read=series.read,
            channels=series.channels,
            pixel_size_um=series.pixel_size_um,
            z_step_um=series.z_step_um,
            interval_s=series.interval_s,
            significant_bits=series.significant_bits,
        )
        for _, planes in sorted(parts.items())
    ]


def _json(description: str) -> dict[str, Any] | None:
    try:
        said = json.loads(description) if description.startswith("{") else {}
    except (ValueError, RecursionError):
        return None
    shape = said.get("shape")
    if not isinstance(shape, list) or not 0 < len(shape) <= _MOST_AXES:
        return None
    return said if all(1 <= number(length) < 1 << 31 for length in shape) else None


def _length(said: Mapping[str, Any], axis: str) -> float | None:
    key = f"PhysicalSize{axis}"
    return length_um(said.get(key), str(said.get(key + "Unit", "µm")))


def _named(letters: str, shape: Sequence[int]) -> dict[str, int]:
    """Name axes by their letters; those that share one are numbered."""
    sizes: dict[str, int] = {}
    for letter, length in zip(letters, shape, strict=False):
        name, again = letter, 2
        while name in sizes:
            name, again = f"{letter}{again}", again + 1
        sizes[name] = length
    return sizes


def _axes_of_page(page: Sequence[int], shape: Sequence[int]) -> int:
    return len(page) if tuple(shape[-len(page) :]) == tuple(page) else 2


def _ends_with_pages(
    axes: str, shape: Sequence[int], page_axes: str, page_shape: Sequence[int]
) -> bool:
    length = len(page_axes)
    return axes[-length:] == page_axes and tuple(shape[-length:]) == tuple(page_shape)


def _in_memory_order(
    pages: TiffPages, axes: str, shape: Sequence[int], scales: Mapping[str, Any]
) -> ImageSeries:
    """Read an array whose Y and X are not its last axes: planes lie spread over its pages."""
    page = pages.first
    size = math.prod(shape)
    dtype = np.dtype(page.dtype)
    start = _one_piece(pages, size * dtype.itemsize)
    if start is None:
        raise SourceError(
            f"{readable(pages.path.name)} stores its axes as {axes}: no image lies in one piece.",
            "Save it again with time first and Y, X last.",
        )
    stored = dtype.newbyteorder(pages.tiff.byteorder)
    stack = _named(
        "".join(axis for axis in axes if axis not in "YX"),
        [length for axis, length in zip(axes, shape, strict=True) if axis not in "YX"],
    )

    def read(place: Key) -> NDArray[Any]:
        whole: NDArray[Any] = np.memmap(
            pages.path, stored, mode="r", offset=start, shape=tuple(shape)
        )
        rest = iter(place)
        plane = whole[tuple(slice(None) if axis in "YX" else next(rest) for axis in axes)]
        turned = plane.T if axes.index("X") < axes.index("Y") else plane
        return np.ascontiguousarray(turned, dtype)

    lengths = dict(zip(axes, shape, strict=True))
    count = math.prod(stack.values())
    keys = [tuple(map(int, np.unravel_index(n, list(stack.values())))) for n in range(count)]
    return ImageSeries(
        sizes=stack,
        height=lengths["Y"],
        width=lengths["X"],
        dtype=dtype,
        planes={key: key for key in keys},
        read=read,
        **scales,
    )


def _one_piece(pages: TiffPages, length: int) -> int | None:
    """Where all pages' bytes begin, if they lie behind one another without compression."""
    first = pages.first
    if not first.is_contiguous or first.dataoffsets[0] + length > pages.tiff.filehandle.size:
        return None
    start, nbytes = first.dataoffsets[0], first.nbytes
    for number_of_page in range(1, len(pages.pages)):
        page = pages.tiff.pages[number_of_page]
        assert isinstance(page, tifffile.TiffPage)  # noqa: S101 - looked over before
        if not page.is_contiguous or page.dataoffsets[0] != start + number_of_page * nbytes:
            return None
    return start
