"""What a TIFF says of itself: planes, pixel size, frame interval, significant bits.

Three dialects are understood: OME-XML, ImageJ and the JSON that tifffile writes. Where a file
speaks more than one, the first in this order that states a fact is believed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
import tifffile

UM_IN = {
    "pm": 1e-6,
    "å": 1e-4,
    "nm": 1e-3,
    "um": 1.0,
    "\u00b5m": 1.0,
    "\u03bcm": 1.0,
    "\\u00b5m": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "micrometer": 1.0,
    "micrometre": 1.0,
    "mm": 1e3,
    "cm": 1e4,
    "inch": 25400.0,
    "in": 25400.0,
    "m": 1e6,
}
SECONDS_IN = {
    "ns": 1e-9,
    "us": 1e-6,
    "\u00b5s": 1e-6,
    "\u03bcs": 1e-6,
    "ms": 1e-3,
    "msec": 1e-3,
    "s": 1.0,
    "sec": 1.0,
    "seconds": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "hour": 3600.0,
    "d": 86400.0,
}
# Plain TIFFs carry a resolution for printers, 72 dots per inch or so; no microscope's pixel is
# that large.
LARGEST_PIXEL_UM = 20.0


class TiffHeader(NamedTuple):
    """What a file states; None or 1 where it does not.

    Attributes
    ----------
    planes : int
        Images it promises.
    slices, channels : int
        Of these, how many at each time.
    positions : int
        Time-lapses side by side.
    pixel_size_um : float or None
        Side of a pixel in µm.
    interval_s : float or None
        Time from frame to frame in seconds.
    times_s : tuple of float or None
        Each frame's time in seconds, from zero, rising.
    significant_bits : int or None
        Bits that the detector uses.
    """

    planes: int = 1
    slices: int = 1
    channels: int = 1
    positions: int = 1
    pixel_size_um: float | None = None
    interval_s: float | None = None
    times_s: tuple[float, ...] | None = None
    significant_bits: int | None = None


def read_header(tiff: tifffile.TiffFile) -> TiffHeader:
    """Read what a TIFF says of itself.

    Parameters
    ----------
    tiff : tifffile.TiffFile
        An open file.

    Returns
    -------
    TiffHeader
    """
    dialects = []
    if tiff.is_ome and tiff.ome_metadata:
        dialects.append(_ome(tiff.ome_metadata))
    if tiff.is_imagej:
        dialects.append(_imagej(tiff))
    dialects.append(_shaped(tiff.pages.first.description))
    dialects.append(TiffHeader(pixel_size_um=_printed_pixel_size(tiff)))
    stated = {}
    for header in reversed(dialects):
        stated.update(
            {
                name: value
                for name, value in header._asdict().items()
                if value != TiffHeader._field_defaults[name]
            }
        )
    return TiffHeader(**stated)


def _ome(xml: str) -> TiffHeader:
    try:
        # The parser under ElementTree (expat) refuses entities that blow up.
        root = ElementTree.fromstring(xml)  # noqa: S314
    except ElementTree.ParseError:
        return TiffHeader()
    images = root.findall(".//{*}Pixels")
    if not images:
        return TiffHeader()
    pixels = images[0]
    frames, slices, channels = (_count(pixels.get(f"Size{axis}")) for axis in "TZC")
    size = _length(pixels.get("PhysicalSizeX"), pixels.get("PhysicalSizeXUnit", "µm"))
    tall = _length(pixels.get("PhysicalSizeY"), pixels.get("PhysicalSizeYUnit", "µm"))
    times = _rising(
        [
            _number(plane.get("DeltaT")) * SECONDS_IN.get(plane.get("DeltaTUnit", "s"), math.nan)
            for plane in pixels.findall("{*}Plane")
        ]
    )
    interval = _duration(pixels.get("TimeIncrement"), pixels.get("TimeIncrementUnit", "s"))
    if interval is None and times:
        interval = float(np.median(np.diff(times)))
    bits = _count(pixels.get("SignificantBits"))
    # Some writers make every frame an image of its own: that is a time-lapse all the same.
    positions = len(images) if frames > 1 else 1
    return TiffHeader(
        planes=frames * slices * channels,
        slices=slices,
        channels=channels,
        positions=positions,
        pixel_size_um=_square(size, tall),
        interval_s=interval,
        times_s=times,
        significant_bits=bits if bits > 1 else None,
    )


def _imagej(tiff: tifffile.TiffFile) -> TiffHeader:
    said = tiff.imagej_metadata or {}
    unit = str(said.get("unit", ""))
    wide, tall = (_length(1.0, unit, per=_resolution(tiff, axis)) for axis in "XY")
    return TiffHeader(
        planes=_count(said.get("images")),
        slices=_count(said.get("slices")),
        channels=_count(said.get("channels")),
        pixel_size_um=_square(wide, tall),
        interval_s=_duration(said.get("finterval"), str(said.get("tunit", "s"))),
    )


def _shaped(description: str) -> TiffHeader:
    try:
        said = json.loads(description) if description.startswith("{") else {}
    except ValueError:
        said = {}
    lengths_said = said.get("shape")
    shape = [_count(one) for one in lengths_said] if isinstance(lengths_said, list) else []
    axes = str(said.get("axes", ""))
    stack = shape[: axes.find("Y") if "Y" in axes else -2]
    lengths = dict(zip(axes, shape, strict=False))
    unknown = math.prod(stack[1:]) if not axes else 1
    return TiffHeader(
        planes=math.prod(stack),
        slices=lengths.get("Z", unknown),
        channels=lengths.get("C", 1),
        pixel_size_um=_length(said.get("PhysicalSizeX"), str(said.get("PhysicalSizeXUnit", "µm"))),
        interval_s=_duration(said.get("TimeIncrement"), str(said.get("TimeIncrementUnit", "s"))),
    )


def _printed_pixel_size(tiff: tifffile.TiffFile) -> float | None:
    tag = tiff.pages.first.tags.get("ResolutionUnit")
    unit = {2: "inch", 3: "cm"}.get(int(tag.value), "") if tag is not None else ""
    if tiff.is_imagej:
        return None
    wide, tall = (_length(1.0, unit, per=_resolution(tiff, axis)) for axis in "XY")
    size = _square(wide, tall)
    return size if size is not None and size <= LARGEST_PIXEL_UM else None


def _resolution(tiff: tifffile.TiffFile, axis: str) -> float:
    tag = tiff.pages.first.tags.get(f"{axis}Resolution")
    if tag is None:
        return math.nan
    numerator, denominator = tag.value
    return numerator / denominator if denominator else math.nan


def _number(text: object) -> float:
    try:
        return float(str(text))
    except ValueError:
        return math.nan


def _count(text: object) -> int:
    number = _number(text)
    return int(number) if math.isfinite(number) and number >= 1 else 1


def _positive(number: float) -> float | None:
    return number if math.isfinite(number) and number > 0 else None


def _length(text: object, unit: str, per: float = 1.0) -> float | None:
    scale = UM_IN.get(unit.strip().lower(), math.nan)
    return _positive(_number(text) * scale / per) if per else None


def _duration(text: object, unit: str) -> float | None:
    return _positive(_number(text) * SECONDS_IN.get(unit.strip().lower(), math.nan))


def _square(wide: float | None, tall: float | None) -> float | None:
    if wide is None or tall is None:
        return wide
    return wide if math.isclose(wide, tall, rel_tol=0.01) else None


def _rising(times: Sequence[float]) -> tuple[float, ...] | None:
    steps = np.diff(times)
    if len(times) < 2 or not np.all(np.isfinite(steps)) or np.any(steps <= 0):
        return None
    return tuple(float(time - times[0]) for time in times)
