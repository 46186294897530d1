"""HR time-lapses and stills read from files, scaled to 0..1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from pssr_live.errors import UserError
from pssr_live.training.microscope_files import READERS, MicroscopeFile

BLACK_PERCENTILE = 0.5
WHITE_PERCENTILE = 99.9
# HR may be brighter than its white level by this factor before it is cut.
HIGHEST_VALUE = 2.0
MICRONS = {"um": 1.0, "µm": 1.0, "μm": 1.0, "micron": 1.0, "\\u00b5m": 1.0, "nm": 1e-3, "mm": 1e3}


@dataclass(frozen=True, slots=True)
class HRSeries:
    """Images of one recording.

    Attributes
    ----------
    name : str
    frames : ndarray of float32, shape (T, H, W)
        0 is the background, 1 the peak.
    pixel_size_um : float or None
    interval_s : float or None
    moving : bool
        Whether neighbouring frames are neighbours in time.
    """

    name: str
    frames: NDArray[np.float32]
    pixel_size_um: float | None
    interval_s: float | None
    moving: bool = True


def read_hr(path: Path, channel: int | None = None) -> HRSeries:
    """Read a TIFF, OME-TIFF, ImageJ, CZI or ND2 time-lapse or still, in its own units.

    Parameters
    ----------
    path : Path
    channel : int, optional
        Which channel, where the file has several.

    Raises
    ------
    UserError
        If there is no such file, it can't be read, or its axes are not time, (channel,) y and x.
    """
    if not path.is_file():
        raise UserError(f"There is no file {path}.", "Check the path.")
    read = READERS.get(path.suffix.lower(), _read_tiff)
    pixels, axes, pixel_size, interval = read(path)
    if pixels.dtype.kind not in "uif" or not np.isfinite(pixels).all():
        raise UserError(f"{path} holds no plain numbers.", "Export it as 8-bit or 16-bit TIFF.")
    frames = _time_first(pixels, axes, channel, path)
    return HRSeries(path.stem, frames.astype(np.float32), pixel_size, interval, len(frames) > 1)


def scaled(series: HRSeries) -> HRSeries:
    """Bring a series to 0..1, by percentiles of the whole recording, and cut what lies beyond."""
    sampled = series.frames[:: max(1, len(series.frames) // 16)]
    black, white = np.percentile(sampled, [BLACK_PERCENTILE, WHITE_PERCENTILE])
    if white <= black:
        raise UserError(f"{series.name} is empty: one value everywhere.", "Leave this file out.")
    frames = (series.frames - np.float32(black)) / np.float32(white - black)
    return replace(series, frames=np.clip(frames, 0.0, HIGHEST_VALUE, out=frames))


def _read_tiff(path: Path) -> MicroscopeFile:
    try:
        with tifffile.TiffFile(path) as tiff:
            image = tiff.series[0]
            return MicroscopeFile(image.asarray(), image.axes, *_calibration(tiff))
    except (tifffile.TiffFileError, ValueError, IndexError) as error:
        raise UserError(
            f"{path} can't be read as a TIFF ({error}).", "Export it again as TIFF or OME-TIFF."
        ) from error


def _time_first(
    pixels: NDArray[np.generic], axes: str, channel: int | None, path: Path
) -> NDArray[np.generic]:
    """Bring the axes to (T, Y, X)."""
    if "C" in axes or "S" in axes:
        axis = axes.index("C" if "C" in axes else "S")
        count = pixels.shape[axis]
        if channel is None and count > 1:
            raise UserError(
                f"{path} has {count} channels.", "Say which one, or export it alone as TIFF."
            )
        if channel is not None and not 0 <= channel < count:
            raise UserError(f"{path} has no channel {channel}.", f"Take one of 0 to {count - 1}.")
        pixels = np.take(pixels, channel or 0, axis=axis)
        axes = axes.replace(axes[axis], "")
    for letter, size in list(zip(axes, pixels.shape, strict=True)):
        if size == 1 and letter not in "YX":
            pixels = np.squeeze(pixels, axis=axes.index(letter))
            axes = axes.replace(letter, "")
    # Files that say nothing of their stack axis call it I or Q.
    axes = axes.replace("I", "T").replace("Q", "T")
    if axes == "YX":
        return pixels[None]
    if axes == "ZYX":
        raise UserError(
            f"{path} is a stack in z, not in time.", "Export one plane, or a projection, over time."
        )
    if axes != "TYX":
        raise UserError(f"{path} has the axes {axes}.", "Export it as time, y, x.")
    return pixels


def _calibration(tiff: tifffile.TiffFile) -> tuple[float | None, float | None]:
    """Pixel size in µm and frame interval in s, as far as the file says."""
    if tiff.is_ome and tiff.ome_metadata:
        image = tifffile.xml2dict(tiff.ome_metadata)["OME"]["Image"]
        first = image[0] if isinstance(image, list) else image
        size, step = first["Pixels"].get("PhysicalSizeX"), first["Pixels"].get("TimeIncrement")
        unit = MICRONS.get(str(first["Pixels"].get("PhysicalSizeXUnit", "µm")))
        return (float(size) * unit if size and unit else None, float(step) if step else None)
    metadata = tiff.imagej_metadata or {}
    interval = metadata.get("finterval")
    page = tiff.pages.first
    resolution = page.tags.valueof("XResolution")
    unit = MICRONS.get(str(metadata.get("unit", "")).lower())
    size = unit * resolution[1] / resolution[0] if unit and resolution and resolution[0] else None
    return size, float(interval) if interval else None
