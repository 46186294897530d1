"""TIFFs that ImageJ and Fiji write: hyperstacks, their order stated in the first page."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from acquisition.channel import Channel
from acquisition.images.image_file import ImageFile
from acquisition.images.layout import first_page, lay_out
from acquisition.images.tiff_pages import TiffPages, grey_shape
from acquisition.images.tiff_set import TiffSet
from acquisition.images.units import duration_s, length_um, number, square

# How ImageJ calls the orders in which planes may lie: the first letter runs fastest.
_ORDERS = {"default": "czt"} | {one: one for one in ("czt", "ctz", "zct", "ztc", "tcz", "tzc")}
_COUNTS = {"C": "channels", "Z": "slices", "T": "frames"}


def open_imagej(pages: TiffPages) -> ImageFile | None:
    """Read a TIFF by what ImageJ says in it.

    Returns
    -------
    ImageFile or None
        None for a TIFF that ImageJ did not write.

    Raises
    ------
    SourceError
        If planes that it promises are not there.
    """
    said = pages.tiff.imagej_metadata if pages.tiff.is_imagej else None
    if not said:
        return None
    page = first_page(pages, pages.images[0])
    order = _ORDERS.get(str(said.get("order", "czt")).lower(), "czt")
    sizes = {axis: _count(said.get(_COUNTS[axis])) for axis in order.upper()[::-1]}
    images = _count(said.get("images"))
    samples = grey_shape(page)[2]
    # Channels may be stored as the colours of a pixel.
    colours = "C" if samples > 1 and sizes["C"] == samples else "S"
    if samples > 1:
        sizes["C"] = 1
    if math.prod(sizes.values()) == 1:
        # Nothing is said but how many there are, and even that not always.
        count = max(images, len(pages.images))
        sizes = sizes if count == 1 else {"I": count} | sizes
    elif images > math.prod(sizes.values()) and images % math.prod(sizes.values()) == 0:
        sizes = {"I": images // math.prod(sizes.values())} | sizes
    if colours == "C":
        sizes.pop("C")
    layout = lay_out(pages, sizes, colours=colours, stopped=True)
    files = TiffSet(pages)
    unit = str(said.get("unit", ""))
    depth_unit = str(said.get("zunit", unit))
    series = replace(
        layout.series(files),
        channels=_channels(said, layout.sizes.get("C", 1)),
        pixel_size_um=square(*(length_um(pages.per_pixel(axis), unit) for axis in "XY")),
        z_step_um=length_um(said.get("spacing"), depth_unit),
        interval_s=duration_s(said.get("finterval"), str(said.get("tunit", "s"))),
    )
    return files.image("ImageJ", [series])


def _channels(said: dict[str, Any], count: int) -> tuple[Channel, ...]:
    tables = said.get("LUTs")
    if not isinstance(tables, list) or len(tables) != count:
        return ()
    colours = [np.asarray(table)[:, -1] for table in tables if np.asarray(table).ndim == 2]
    return tuple(Channel(colour=(int(r), int(g), int(b))) for r, g, b in colours)


def _count(said: object) -> int:
    value = number(said)
    return int(value) if 1 <= value < 1 << 31 else 1
