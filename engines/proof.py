"""The proof that an engine works: a window, and what the trained network made of it."""

from __future__ import annotations

import io
import lzma
import math
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.engine import WINDOW_LENGTH
from engines.errors import EngineError
from engines.intensity import IntensityScale

PROOF_FILE = "proof.npz"
EXPORT_AGAIN = "Copy the whole folder again, or make it again: pssr-live export"
_LARGEST_ARRAY = 2**27


class Proof(NamedTuple):
    """An input and what the trained network made of it, in detector counts.

    Attributes
    ----------
    window : ndarray of uint16, shape (5, H, W)
    intensity : IntensityScale
    restored : ndarray of float32, shape (sH, sW)
        Neither rounded nor clipped.
    """

    window: NDArray[np.uint16]
    intensity: IntensityScale
    restored: NDArray[np.float32]


def write_proof(path: Path, proof: Proof) -> None:
    """Write a proof into a file that is not there yet."""
    np.savez_compressed(
        path,
        window=proof.window,
        offset=np.float64(proof.intensity.offset),
        gain=np.float64(proof.intensity.gain),
        restored=proof.restored,
    )


def read_proof(path: Path, scale_factor: int) -> Proof:
    """Read a proof from a file that anybody may have made.

    Raises
    ------
    EngineError
        If it can't be read, or is none of an engine of that scale factor.
    """
    try:
        with zipfile.ZipFile(path) as arrays:
            window, restored = _array(arrays, "window"), _array(arrays, "restored")
            offset, gain = _array(arrays, "offset"), _array(arrays, "gain")
        intensity = IntensityScale(offset.item(), gain.item())
    except (
        OSError,
        EOFError,
        RuntimeError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:
        raise EngineError(f"{path} can't be read as a proof: {error}.", EXPORT_AGAIN) from error
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError) as error:
        raise EngineError(f"{path} is not a whole .npz file: {error}.", EXPORT_AGAIN) from error
    if window.dtype != np.uint16 or window.ndim != 3 or len(window) != WINDOW_LENGTH:
        raise EngineError(
            f"The window in {path} is {window.shape} {window.dtype}, not five frames of uint16.",
            EXPORT_AGAIN,
        )
    shape = (window.shape[1] * scale_factor, window.shape[2] * scale_factor)
    if restored.dtype != np.float32 or restored.shape != shape:
        raise EngineError(
            f"The restored frame in {path} is {restored.shape} {restored.dtype}, "
            f"not {shape} float32.",
            EXPORT_AGAIN,
        )
    if not np.isfinite(restored).all():
        raise EngineError(f"The restored frame in {path} is not finite everywhere.", EXPORT_AGAIN)
    return Proof(window, intensity, restored)


def _array(arrays: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """Read an array of an .npz file, whose header must keep what it promises."""
    if arrays.getinfo(f"{name}.npy").file_size > _LARGEST_ARRAY:
        raise ValueError(f"{name} is larger than {_LARGEST_ARRAY >> 20} MB")
    # The library reads no more than it has looked up there.
    content = io.BytesIO(arrays.read(f"{name}.npy"))
    version = np.lib.format.read_magic(content)
    if version != (1, 0):
        raise ValueError(f"{name} is of another version of NumPy's format")
    shape, _, dtype = np.lib.format.read_array_header_1_0(content)
    if math.prod(shape) * dtype.itemsize > _LARGEST_ARRAY:
        raise ValueError(f"{name} is larger than {_LARGEST_ARRAY >> 20} MB")
    content.seek(0)
    array: NDArray[Any] = np.lib.format.read_array(content, allow_pickle=False)
    return array
