"""Files of every family, as small as they can be."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

Stack = NDArray[Any]
Places = Sequence[tuple[str, int, int]]


def movie(count: int = 6, height: int = 12, width: int = 15, seed: int = 0) -> Stack:
    """Frames of 12-bit counts, each with a mean of its own that rises."""
    random = np.random.default_rng(seed)
    rise = 100 * np.arange(count)[:, None, None]
    return (random.integers(0, 90, (count, height, width)) + rise).astype(np.uint16)


def uuid_of(number: int) -> str:
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_DNS, f'file {number}')}"


def ome_xml(
    shape: tuple[int, int],
    sizes: Mapping[str, int],
    data: str = "<TiffData/>",
    *,
    planes: str = "",
    channels: Sequence[str] | None = None,
    own: int = 0,
    more: str = "",
    **attributes: object,
) -> str:
    """OME-XML of one image of uint16."""
    lengths = {"SizeT": 1, "SizeC": 1, "SizeZ": 1} | {f"Size{k}": n for k, n in sizes.items()}
    stated = {"SizeY": shape[0], "SizeX": shape[1], "Type": "uint16"} | lengths | attributes
    stated = {"DimensionOrder": "XYCZT"} | stated
    words = " ".join(f'{name}="{value}"' for name, value in stated.items())
    named = "".join(
        f'<Channel ID="Channel:0:{n}" SamplesPerPixel="1" {name}/>'
        for n, name in enumerate(channels or [""] * int(lengths["SizeC"]))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="{uuid_of(own)}">'
        f'<Image ID="Image:0"><Pixels ID="Pixels:0" {words}>{named}{data}{planes}</Pixels>'
        f"</Image>{more}</OME>"
    )


def tiff_data(places: Places, axis: str = "T") -> str:
    """A TiffData for each plane: the file, its page and the number of its UUID."""
    return "".join(
        f'<TiffData IFD="{page}" First{axis}="{n}" PlaneCount="1">'
        f'<UUID FileName="{file}">{uuid_of(own)}</UUID></TiffData>'
        for n, (file, page, own) in enumerate(places)
    )


def write_pages(path: Path, frames: Stack, description: str | None = None) -> Path:
    """One page for each frame."""
    with tifffile.TiffWriter(path, ome=False) as writer:
        for number, frame in enumerate(frames):
            writer.write(
                frame,
                contiguous=False,
                photometric="minisblack",
                metadata=None,
                description=(description or "").encode() if number == 0 else None,
            )
    return path


def write_lsm(path: Path, frames: Stack) -> Path:
    """A thumbnail behind each frame, as Zeiss writes them."""
    count, height, width = frames.shape
    info = bytearray(500)
    sizes = (67127628, 500, width, height, 1, 1, count, 2, 8, 8)
    struct.pack_into("<IiiiiiiIii", info, 0, *sizes)
    struct.pack_into("<ddd", info, 40, 2e-7, 2e-7, 1e-6)
    struct.pack_into("<H", info, 88, 3)
    tag = (34412, 1, 500, bytes(info), True)
    options: dict[str, Any] = {"metadata": None, "contiguous": False}
    with tifffile.TiffWriter(path) as writer:
        for number, frame in enumerate(frames):
            tags = (tag,) if number == 0 else ()
            writer.write(frame, photometric="minisblack", extratags=tags, **options)
            small = np.zeros((8, 8, 3), np.uint8)
            writer.write(small, photometric="rgb", subfiletype=1, **options)
    return path


def write_stk(path: Path, frames: Stack, step_ms: int = 500) -> Path:
    """All frames behind one header, as MetaMorph writes them."""
    count, height, width = frames.shape
    data = frames.tobytes()
    table = 8 + len(data) + 2 + 12 * 12 + 4
    fields = [(254, 4, 1, 0), (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 16)]
    fields += [(259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 1)]
    fields += [(278, 4, 1, height), (279, 4, 1, 2 * height * width)]
    fields += [(33628, 4, 0, table), (33629, 5, count, table)]
    path.write_bytes(
        b"II*\0"
        + struct.pack("<I", 8 + len(data))
        + data
        + struct.pack("<H", len(fields))
        + b"".join(struct.pack("<HHII", *field) for field in fields)
        + b"\0" * 4
        + b"".join(struct.pack("<6I", 0, 1, 2451545, n * step_ms, 0, 0) for n in range(count))
    )
    return path


@pytest.fixture
def frames() -> Stack:
    return movie()


@pytest.fixture
def write_imagej(tmp_path: Path) -> Callable[..., Path]:
    def write(counts: Stack, axes: str = "TYX", **said: Any) -> Path:
        path = tmp_path / "movie.tif"
        tifffile.imwrite(
            path, counts, imagej=True, resolution=(5, 5), metadata={"axes": axes} | said
        )
        return path

    return write
