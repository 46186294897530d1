"""LSM files of Zeiss' older confocals: a TIFF with a thumbnail behind each image."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import tifffile

from acquisition.channel import Channel
from acquisition.errors import SourceError
from acquisition.images.image_file import ImageFile
from acquisition.images.layout import lay_out
from acquisition.images.series import Key
from acquisition.images.stated_axes import positions
from acquisition.images.tiff_pages import TiffPages
from acquisition.images.tiff_set import TiffSet
from acquisition.images.units import length_um, number, square
from acquisition.names import readable

_POSITIONS = "P"


def open_lsm(pages: TiffPages) -> ImageFile | None:
    """Read an LSM.

    Returns
    -------
    ImageFile or None
        None for a TIFF that is none.

    Raises
    ------
    SourceError
        If it is damaged, or says its axes in no way that is understood.
    """
    said = pages.tiff.lsm_metadata if pages.tiff.is_lsm else None
    if not said:
        return None
    axes = tifffile.TIFF.CZ_LSMINFO_SCANTYPE.get(int(said.get("ScanType", -1)), "")
    if not axes.endswith("YX") and not axes.endswith("YXC"):
        raise SourceError(
            f"{readable(pages.path.name)} is a kind of LSM that pssr-live does not know.",
            "Save it from ZEN as OME-TIFF.",
        )
    # The channels of a pixel lie in one page, as colours do.
    stack = axes.replace("C", "").replace("Y", "").replace("X", "")
    stack = ("M" if said.get("DimensionM", 0) > 0 else "") + stack
    stack = ("P" if said.get("DimensionP", 0) > 0 else "") + stack
    sizes = {axis: _length(said, axis) for axis in stack}
    layout = lay_out(pages, sizes, colours="C")
    files = TiffSet(pages)
    size = square(*(length_um(said.get(f"VoxelSize{axis}"), "m") for axis in "XY"))
    interval = number(said.get("TimeIntervall", said.get("TimeInterval")))
    series = replace(
        layout.series(files),
        channels=_channels(said, layout.sizes.get("C", 1)),
        pixel_size_um=size,
        z_step_um=length_um(said.get("VoxelSizeZ"), "m"),
        interval_s=interval if math.isfinite(interval) and interval > 0 else None,
        moments_s=_moments(said, list(layout.planes), list(layout.sizes)),
    )
    split = positions(series, _POSITIONS)
    return files.image("LSM", split)


def _length(said: dict[str, Any], axis: str) -> int:
    return max(1, int(said.get(tifffile.TIFF.CZ_LSMINFO_DIMENSIONS[axis], 1)))


def _moments(said: dict[str, Any], keys: list[Key], axes: list[str]) -> dict[Key, float]:
    stamps = said.get("TimeStamps")
    if stamps is None or "T" not in axes:
        return {}
    times = np.asarray(stamps, float).ravel()
    column = axes.index("T")
    return {key: float(times[key[column]]) for key in keys if key[column] < len(times)}


def _channels(said: dict[str, Any], count: int) -> tuple[Channel, ...]:
    colours = said.get("ChannelColors")
    names = list(colours.get("ColorNames", [])) if isinstance(colours, dict) else []
    if len(names) != count:
        return ()
    shown = colours.get("Colors", []) if isinstance(colours, dict) else []
    return tuple(
        Channel(str(name), tuple(int(part) for part in shown[n][:3]) if n < len(shown) else None)  # type: ignore[arg-type]
        for n, name in enumerate(names)
    )
