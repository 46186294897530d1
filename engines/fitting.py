"""Whether a frame fits into memory in one piece, or in tiles, or not at all."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from engines.backends.footprint import live_bytes
from engines.bundle import Bundle
from engines.complaints import MAKE_ROOM
from engines.engine import SCALE_FACTOR, WINDOW_LENGTH, Engine, Pixels
from engines.errors import EngineError
from engines.memory import bytes_in_words, free_bytes
from engines.tiling import GRID, WIDE_OVERLAP, TiledEngine

# Of the memory that is free; the rest is for what else grows meanwhile.
_SHARE = 0.75
# Restored frames that wait for window, files and publisher.
_FRAMES_UNDER_WAY = 4
# Bytes of float32 to a raw pixel that a plain enlargement works with: the enlarged frame, a quarter
# of it twice more, and the frame.
_ENLARGED = 4 * (16 + 4 + 4 + 1)
_SMALLEST_TILE = 2 * WIDE_OVERLAP
# A frame that is cut into four of the smallest tiles.
_TRIED = 2 * _SMALLEST_TILE - WIDE_OVERLAP


class InputFormat(NamedTuple):
    """Frames to be restored: height and width in LR pixels, and the dtype."""

    height: int
    width: int
    dtype: np.dtype[np.uint8 | np.uint16]

    @classmethod
    def of(cls, height: int, width: int, dtype: DTypeLike) -> InputFormat:
        """Make one of what numpy takes for a dtype."""
        pixel: np.dtype[Any] = np.dtype(dtype)
        return cls(height, width, pixel)

    def __str__(self) -> str:
        return f"{self.height} x {self.width}"


def side_that_fits(
    bundle: Bundle, model: Path, beside_tensors: float, *, frame: InputFormat, backend: str
) -> int | None:
    """Find how large a tile may be.

    Parameters
    ----------
    bundle : Bundle
    model : Path
        Its ONNX file that would be run.
    beside_tensors : float
        How many times the network's tensors a library takes.
    frame : InputFormat
        To be restored.
    backend : str
        In words, for the error.

    Returns
    -------
    int or None
        In LR pixels; None where the engine may take frames as it does.

    Raises
    ------
    EngineError
        If there is not even room for small tiles.
    """
    manifest = bundle.manifest
    height, width, dtype = frame
    cell = manifest.scale_factor**2
    room = _SHARE * free_bytes()
    waiting = height * width * cell * dtype.itemsize * _FRAMES_UNDER_WAY

    def needed(rows: int, columns: int) -> float:
        """Bytes, with tiles of this size; network units go in and come out as float32."""
        network = beside_tensors * live_bytes(model, manifest.frames, height=rows, width=columns)
        units = 4 * rows * columns * (manifest.frames + cell)
        tiles = (rows, columns) != (height, width)
        blending = 4 * cell * rows * (width + columns) if tiles else 0
        return network + units + blending + waiting + 3 * model.stat().st_size

    side = manifest.tile_side
    least = needed(min(height, side or height), min(width, side or width))
    if least <= room:
        return None
    if side is None:
        longest = max(height, width)
        for count in range(2, math.ceil(longest / GRID)):
            cut = math.ceil((longest + (count - 1) * WIDE_OVERLAP) / count) + GRID
            if cut < _SMALLEST_TILE:
                break
            least = needed(min(height, cut), min(width, cut))
            if least <= room:
                return cut
    what = f"{bundle.manifest.name} on {backend}"
    raise _no_room(what, least, frame=frame, free=room / _SHARE)


def check_enlargement(name: str, frame: InputFormat) -> None:
    """Refuse a plain enlargement for which there is no room.

    Parameters
    ----------
    name : str
        Of the baseline, for the error.
    frame : InputFormat
        To be enlarged.

    Raises
    ------
    EngineError
        If there is none.
    """
    restored = SCALE_FACTOR**2 * frame.dtype.itemsize * _FRAMES_UNDER_WAY
    needed, free = frame.height * frame.width * (_ENLARGED + restored), free_bytes()
    if needed > _SHARE * free:
        raise _no_room(name, needed, frame=frame, free=free)


def _no_room(what: str, needed: float, *, frame: InputFormat, free: float) -> EngineError:
    return EngineError(
        f"{what} takes {bytes_in_words(needed / _SHARE)} of memory at least for frames of {frame}, "
        f"and {bytes_in_words(free)} are free.",
        MAKE_ROOM,
    )


def cut(
    engine: Engine, bundle: Bundle, side: int, *, tolerance: float, frame: InputFormat
) -> Engine:
    """Let an engine restore frames in tiles, once it has shown that this makes no difference.

    Parameters
    ----------
    engine : Engine
        Restores the tiles.
    bundle : Bundle
        With a proof to try it on.
    side : int
        Of a tile in LR pixels.
    tolerance : float
        Largest difference that is allowed, in network units.
    frame : InputFormat
        To be restored, for the error.

    Raises
    ------
    EngineError
        If frames come out differently in tiles.
    """
    proof = bundle.proof
    window = _enlarged(proof.window, _TRIED)
    engine.warm_up(_TRIED, _TRIED, window.dtype)
    whole = engine.restore(window, proof.intensity).astype(np.float64)
    in_tiles = TiledEngine(engine, _SMALLEST_TILE, WIDE_OVERLAP, grid=GRID)
    in_tiles.warm_up(_TRIED, _TRIED, window.dtype)
    difference = np.abs(in_tiles.restore(window, proof.intensity) - whole).max()
    # Both were rounded to counts.
    if max(difference - 1.0, 0.0) / proof.intensity.gain > tolerance:
        raise EngineError(
            f"There is not enough memory for frames of {frame}, and {engine.name} restores them "
            "differently in tiles.",
            MAKE_ROOM,
        )
    return TiledEngine(engine, side, WIDE_OVERLAP, grid=GRID)


def _enlarged(window: Pixels, side: int) -> Pixels:
    """Lay a window's mirror images beside it, up to a size; shape (5, side, side)."""
    rows, columns = (_mirrored(length, side) for length in window.shape[1:])
    enlarged = np.ascontiguousarray(window[:, rows][:, :, columns])
    if enlarged.shape != (WINDOW_LENGTH, side, side):
        raise ValueError(f"a window of {enlarged.shape}")
    return enlarged


def _mirrored(length: int, side: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    there = np.arange(side) % (2 * length)
    return np.minimum(there, 2 * length - 1 - there)
