"""Images for every ImageJ: classic TIFF, which it opens without Bio-Formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from acquisition import Channel, PixelType
from engines import replacing
from pssr_live.recording.hyperstack import Hyperstack
from pssr_live.recording.ome import ImageDescription
from pssr_live.recording.reader import Frames

# What a classic TIFF can point to; ImageJ reads on behind it in a file of its own making.
_LARGEST_CLASSIC = 2**32 - 2**20
_GREY = (255, 255, 255)


def write_single(path: Path, about: ImageDescription, pixels: NDArray[PixelType]) -> None:
    """Write one image as a classic OME-TIFF.

    Parameters
    ----------
    path : Path
        Must not exist yet.
    about : ImageDescription
    pixels : ndarray, shape (H, W)

    Raises
    ------
    OSError
        If it exists or can't be written; then nothing of it is left.
    """
    file = path.open("xb")
    try:
        with file:
            tifffile.imwrite(
                file,
                pixels,
                photometric="minisblack",
                description=about.to_xml().encode(),
                metadata=None,
                **_resolution(about.pixel_size_um),
            )
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def write_imagej(
    path: Path,
    frames: Frames | Hyperstack,
    about: ImageDescription,
    *,
    on_frame: Callable[[], object] = lambda: None,
) -> None:
    """Write the frames of a recording as an ImageJ hyperstack, in one classic TIFF.

    A frame that is not there is black. Beyond 4 GB the file has one page that all others follow:
    ImageJ reads them, other programs may see the first alone.

    Parameters
    ----------
    path : Path
        Replaced if it exists, once the new one is whole.
    frames : Frames or Hyperstack
    about : ImageDescription
        Of the frames.
    on_frame : callable
        Told after each.

    Raises
    ------
    OSError
        If it can't be written.
    """
    times, channels, slices = _extent(frames, about)
    shape = (times, slices, channels, *frames.shape[-2:])
    metadata: dict[str, Any] = {
        "axes": "TZCYX",
        "unit": "um",
        "mode": "composite" if channels > 1 else "grayscale",
        "LUTs": [_lookup_table(channel) for channel in about.channels],
        # ImageJ wants one for each page.
        "Labels": times * slices * [channel.name for channel in about.channels],
        "Info": "\n".join(f"{name}: {value}" for name, value in about.notes.items()),
    }
    if about.z_step_um:
        metadata["spacing"] = about.z_step_um
    if about.interval_s:
        metadata |= {"finterval": about.interval_s, "fps": 1 / about.interval_s}
    with replacing(path) as whole:
        tifffile.imwrite(
            whole,
            _planes(frames, on_frame),
            shape=shape,
            dtype=frames.dtype,
            imagej=True,
            truncate=int(np.prod(shape)) * frames.dtype.itemsize > _LARGEST_CLASSIC,
            metadata=metadata,
            **_resolution(about.pixel_size_um),
        )


def _extent(frames: Frames | Hyperstack, about: ImageDescription) -> tuple[int, int, int]:
    if not isinstance(frames, Frames):
        return frames.shape[:3]
    return (1, 1, len(frames)) if about.frames_are_slices else (len(frames), 1, 1)


def _planes(
    frames: Frames | Hyperstack, on_frame: Callable[[], object]
) -> Iterator[NDArray[PixelType]]:
    """Read frame by frame, in ImageJ's order: the channel goes fastest, then the slice."""
    times, channels, slices = (
        frames.shape[:3] if isinstance(frames, Hyperstack) else (len(frames), 1, 1)
    )
    for time_point, z, channel in np.ndindex(times, slices, channels):
        if isinstance(frames, Frames):
            yield frames[time_point]
        else:
            yield frames[time_point, channel, z]
        on_frame()


def _lookup_table(channel: Channel) -> NDArray[np.uint8]:
    colour = np.array(channel.colour or _GREY)
    ramp: NDArray[np.uint8] = (colour[:, None] * np.arange(256) // 255).astype(np.uint8)
    return ramp


def _resolution(pixel_size_um: float | None) -> dict[str, Any]:
    """Say the pixel size as ImageJ reads it: pixels in a unit, which its own header names."""
    if not pixel_size_um:
        return {}
    return {"resolution": (1 / pixel_size_um, 1 / pixel_size_um), "resolutionunit": "NONE"}
