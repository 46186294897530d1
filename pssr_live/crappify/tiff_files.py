"""Images in TIFFs: OME, ImageJ, Micro-Manager or plain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from acquisition.images.damage import DAMAGE
from pssr_live.crappify.microscope_files import Header, Reader, one_channel
from pssr_live.errors import UserError

_MICRONS = {
    "um": 1.0,
    "µm": 1.0,
    "μm": 1.0,
    "micron": 1.0,
    "\\u00b5m": 1.0,
    "nm": 1e-3,
    "mm": 1e3,
}
# What tifffile calls the axis of Micro-Manager's positions.
_POSITIONS = "R"


def tiff_headers(path: Path) -> list[Header]:
    """Look into a TIFF.

    Raises
    ------
    UserError
        If it can't be read.
    """
    headers = []
    with _tiff(path) as tiff:
        for number, image in enumerate(_images(tiff)):
            sizes = dict(zip(image.axes, image.shape, strict=True))
            positions = sizes.pop(_POSITIONS, 1)
            scales = _scales(tiff, number)
            header = Header("".join(sizes), tuple(sizes.values()), np.dtype(image.dtype), *scales)
            headers += [header] * positions
    return headers


def tiff_pixels(path: Path, position: int, channel: int) -> NDArray[Any]:
    """Read one channel of one image, or Micro-Manager position, of a TIFF."""
    with _tiff(path) as tiff:
        images = _images(tiff)
        image = images[min(position, len(images) - 1)]
        pixels, axes = image.asarray(), image.axes
        if _POSITIONS in axes:
            pixels = np.take(pixels, position, axis=axes.index(_POSITIONS))
            axes = axes.replace(_POSITIONS, "")
        return one_channel(pixels, axes, channel)


TIFF = Reader(tiff_headers, tiff_pixels)


@contextmanager
def _tiff(path: Path) -> Iterator[tifffile.TiffFile]:
    try:
        with tifffile.TiffFile(path) as tiff:
            yield tiff
    except DAMAGE as error:
        raise UserError(
            f"{path} can't be read as a TIFF ({error}).", "Export it again as TIFF or OME-TIFF."
        ) from error


def _images(tiff: tifffile.TiffFile) -> list[tifffile.TiffPageSeries]:
    """Images of an OME-TIFF are positions; what else lies in other TIFFs are thumbnails."""
    return list(tiff.series) if tiff.is_ome else tiff.series[:1]


def _scales(tiff: tifffile.TiffFile, number: int) -> tuple[float | None, float | None]:
    """Pixel size in µm and frame interval in s of an image, as far as the file says."""
    if tiff.is_ome and tiff.ome_metadata:
        images = tifffile.xml2dict(tiff.ome_metadata)["OME"]["Image"]
        pixels = (images[number] if isinstance(images, list) else images)["Pixels"]
        size, step = pixels.get("PhysicalSizeX"), pixels.get("TimeIncrement")
        unit = _MICRONS.get(str(pixels.get("PhysicalSizeXUnit", "µm")))
        return (float(size) * unit if size and unit else None, float(step) if step else None)
    metadata = tiff.imagej_metadata or {}
    interval = metadata.get("finterval")
    resolution = tiff.pages.first.tags.valueof("XResolution")
    unit = _MICRONS.get(str(metadata.get("unit", "")).lower())
    size = unit * resolution[1] / resolution[0] if unit and resolution and resolution[0] else None
    return size, float(interval) if interval else None
