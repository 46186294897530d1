"""STK files of MetaMorph: all planes behind the header of the first page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from acquisition.images.image_file import ImageFile
from acquisition.images.layout import SeriesLayout, block, first_page
from acquisition.images.series import Key
from acquisition.images.tiff_pages import Place, TiffPages
from acquisition.images.tiff_set import TiffSet
from acquisition.images.units import length_um, positive, square


def open_stk(pages: TiffPages) -> ImageFile | None:
    """Read an STK.

    Returns
    -------
    ImageFile or None
        None for a TIFF that is none.

    Raises
    ------
    SourceError
        If planes are missing at its end.
    """
    said = pages.tiff.stk_metadata if pages.tiff.is_stk else None
    if not said:
        return None
    count = int(said["NumberPlanes"])
    page = first_page(pages, 0)
    milliseconds = np.asarray(said.get("TimeCreated", ()), float).ravel()
    days = np.asarray(said.get("DateCreated", np.zeros(len(milliseconds))), float).ravel()
    depths = np.asarray(said.get("ZDistance", ()), float).ravel()
    axis = _axis(count, milliseconds, depths)
    layout = SeriesLayout(page, {axis: count})
    for place, offset in enumerate(block(pages, page, count)):
        layout.put((place,), Place(0, 0, offset))
    files = TiffSet(pages)
    moments: dict[Key, float] = {}
    if axis == "T" and len(days) == len(milliseconds) == count:
        seconds = (days - days[0]) * 86400 + (milliseconds - milliseconds[0]) / 1000
        moments = {(place,): float(time) for place, time in enumerate(seconds) if time >= 0}
    series = replace(
        layout.series(files),
        pixel_size_um=_pixel_size(said) or pages.pixel_size_um,
        z_step_um=positive(abs(float(depths[0]))) if axis == "Z" else None,
        moments_s=moments,
    )
    return files.image("STK", [series])


def _axis(count: int, milliseconds: np.ndarray[Any, Any], depths: np.ndarray[Any, Any]) -> str:
    """Tell what planes differ in: depth where each lies deeper, else time where that rises."""
    if count > 1 and len(depths) == count and np.all(depths != 0):
        return "Z"
    if count > 1 and len(milliseconds) == count and np.all(np.diff(milliseconds) != 0):
        return "T"
    return "I"


def _pixel_size(said: dict[str, Any]) -> float | None:
    unit = str(said.get("CalibrationUnits", ""))
    return square(*(length_um(said.get(f"{axis}Calibration"), unit) for axis in "XY"))
