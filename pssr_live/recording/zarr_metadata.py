"""What an OME-Zarr of ours says of itself, after the specification 0.5."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from acquisition import Channel, PixelType
from pssr_live.recording.ome import ImageDescription

# The name of the one resolution level.
ARRAY = "0"
OURS = "pssr-live"
STACK_AXES = ("c", "z")
_WHITE = "FFFFFF"


class ArraySizes(NamedTuple):
    """What an array of ours says of its frames.

    Attributes
    ----------
    frames : int
        Its time points.
    stack : list of int
        Channels and slices; empty for one stream.
    shape : tuple of (int, int)
        Height and width.
    dtype : numpy.dtype
        Of the pixels.
    """

    frames: int
    stack: list[int]
    shape: tuple[int, int]
    dtype: np.dtype[PixelType]

    @classmethod
    def of(cls, metadata: Any) -> ArraySizes:
        """Read them, and see that they hold together: TensorStore believes whatever stands there.

        Raises
        ------
        ValueError
            If they were not written by us.
        """
        try:
            frames, *stack, height, width = metadata["shape"]
            dtype = np.dtype(metadata["data_type"])
            chunk = metadata["chunk_grid"]["configuration"]["chunk_shape"]
        except (LookupError, TypeError, ValueError) as error:
            raise ValueError("its metadata is not whole") from error
        sizes = (frames, *stack, height, width)
        if (
            not all(type(size) is int and size > 0 for size in (frames + 1, *sizes[1:]))
            or len(stack) not in (0, len(STACK_AXES))
            or dtype not in (np.uint8, np.uint16)
            or chunk != [1, *[1] * len(stack), height, width]
        ):
            raise ValueError("its metadata is not that of a recording of pssr-live")
        return cls(frames, stack, (height, width), dtype)


def sizes_of_stack(about: ImageDescription) -> list[int]:
    """Lengths of the axes c and z, which an array of one stream does not have."""
    return [len(about.channels), about.slices] if about.placed else []


def array_metadata(about: ImageDescription) -> dict[str, Any]:
    """Say how an array lies on the disk: a chunk a frame."""
    compression = {
        # A third of the bytes, in half the time that Zstandard takes for a quarter.
        "cname": "lz4",
        "clevel": 5,
        "shuffle": "bitshuffle",
        "typesize": about.dtype.itemsize,
        "blocksize": 0,
    }
    stack = [1] * len(sizes_of_stack(about))
    chunk = {"chunk_shape": [1, *stack, *about.shape]}
    return {
        "data_type": str(about.dtype),
        "chunk_grid": {"name": "regular", "configuration": chunk},
        "chunk_key_encoding": {"name": "default"},
        "codecs": [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {"name": "blosc", "configuration": compression},
        ],
        "dimension_names": [
            "z" if about.frames_are_slices else "t",
            *STACK_AXES[: len(stack)],
            "y",
            "x",
        ],
        "fill_value": 0,
    }


def attributes(about: ImageDescription) -> dict[str, Any]:
    """Write attributes after the OME-Zarr specification 0.5; ours stand beside them."""
    time: dict[str, str] = {"name": "t", "type": "time"}
    space: dict[str, str] = {"type": "space"}
    if about.interval_s:
        time["unit"] = "second"
    if about.pixel_size_um:
        space["unit"] = "micrometer"
    side = about.pixel_size_um or 1.0
    if about.frames_are_slices:
        time = {"name": "z", "type": "space"}
        if about.z_step_um:
            time["unit"] = "micrometer"
    axes = [time, {"name": "y"} | space, {"name": "x"} | space]
    step = about.z_step_um if about.frames_are_slices else about.interval_s
    scale = [step or 1.0, side, side]
    if about.placed:
        depth = {"name": "z", "type": "space"}
        if about.z_step_um:
            depth["unit"] = "micrometer"
        axes[1:1] = [{"name": "c", "type": "channel"}, depth]
        scale[1:1] = [1.0, about.z_step_um or 1.0]
    level = {
        "path": ARRAY,
        "coordinateTransformations": [{"type": "scale", "scale": scale}],
    }
    (first, *_) = about.channels
    image = {
        "name": about.name if about.placed else first.name,
        "axes": axes,
        "datasets": [level],
    }
    ours: dict[str, Any] = {"software": about.creator, "significant_bits": about.significant_bits}
    if about.acquired_at:
        ours["acquired_at"] = about.acquired_at
    ome: dict[str, Any] = {"version": "0.5", "multiscales": [image]}
    if about.placed:
        ome["omero"] = {"channels": [_omero(channel, about) for channel in about.channels]}
    return {
        "ome": ome,
        OURS: ours | dict(about.notes),
    }


def _omero(channel: Channel, about: ImageDescription) -> dict[str, Any]:
    """Say how a channel is shown: its colour is required, white where there is none."""
    most = 2**about.significant_bits - 1
    colour = _WHITE if channel.colour is None else bytes(channel.colour).hex().upper()
    return {
        "label": channel.name,
        "color": colour,
        "active": True,
        "window": {"min": 0, "max": most, "start": 0, "end": most},
    }
