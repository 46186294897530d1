"""Time-lapses as files, and how a test opens them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from acquisition import SourceError, TimeLapse

Stack = NDArray[np.uint16]


def refused(path: Path) -> SourceError:
    with pytest.raises(SourceError) as told:
        TimeLapse(path)
    assert told.value.problem.endswith(".")
    assert told.value.fix
    return told.value


def ome(planes: str = "", **attributes: object) -> str:
    """An OME-XML header of one image."""
    pixels = {"SizeT": 1, "SizeC": 1, "SizeZ": 1, **attributes}
    stated = " ".join(f'{name}="{value}"' for name, value in pixels.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
        '<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="30" SizeY="20" '
        f"{stated}>"
        f'<Channel ID="Channel:0:0" SamplesPerPixel="1"/><TiffData/>{planes}</Pixels></Image></OME>'
    )


def write_pages(path: Path, stack: NDArray[Any], description: str | None = None) -> None:
    """One page header a frame, each behind its frame, as a recording grows."""
    with tifffile.TiffWriter(path, bigtiff=True, ome=False) as writer:
        for number, frame in enumerate(stack):
            writer.write(
                frame,
                contiguous=False,
                metadata=None,
                description=(description or "").encode() if number == 0 else None,
            )


WRITERS: dict[str, Callable[[Path, Stack], Any]] = {
    "ImageJ": lambda p, s: tifffile.imwrite(p, s, imagej=True, metadata={"axes": "TYX"}),
    "ImageJ, one page header": lambda p, s: tifffile.imwrite(
        p, s, imagej=True, truncate=True, metadata={"axes": "TYX"}
    ),
    "OME": lambda p, s: tifffile.imwrite(p, s, ome=True, metadata={"axes": "TYX"}),
    "OME, compressed": lambda p, s: tifffile.imwrite(
        p, s, ome=True, metadata={"axes": "TYX"}, compression="zlib"
    ),
    "tifffile": tifffile.imwrite,
    "tifffile, one page header": lambda p, s: tifffile.imwrite(p, s, truncate=True),
    "plain": lambda p, s: tifffile.imwrite(p, s, metadata=None),
    "plain, big-endian": lambda p, s: tifffile.imwrite(p, s, metadata=None, byteorder=">"),
    "one page header, big-endian": lambda p, s: tifffile.imwrite(
        p, s, truncate=True, byteorder=">"
    ),
    "compressed": lambda p, s: tifffile.imwrite(p, s, compression="zlib"),
    "tiled": lambda p, s: tifffile.imwrite(p, s, tile=(16, 16)),
    "recording": write_pages,
}
