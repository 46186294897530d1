"""What a training runs on, and in which precision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch

from pssr_live.errors import UserError
from pssr_live.training.recipe import DeviceName, PrecisionName


def find_device(name: DeviceName) -> torch.device:
    """Find the device to train on; ``auto`` is the GPU if there is one.

    Raises
    ------
    UserError
        If a GPU is asked for and there is none.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise UserError(
            "The recipe asks for a GPU, and torch finds none.",
            'Train on the CPU (device = "auto" in the recipe), or install torch for CUDA: '
            "https://pytorch.org/get-started",
        )
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def half_precision(name: PrecisionName, device: torch.device) -> torch.dtype | None:
    """Choose what to compute in beside float32; None for float32 alone.

    ``auto`` takes it where it is faster: on GPUs, and on CPUs that compute in bf16 themselves.
    """
    if name == "fp32" or (name == "auto" and device.type == "cpu" and not _cpu_has_bf16()):
        return None
    if device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.float16
    return torch.bfloat16


@contextmanager
def memory_named(device: torch.device, batch: int, tile: int) -> Iterator[None]:
    """Say in words that memory ran out, and what to do.

    Raises
    ------
    UserError
        In place of what torch or NumPy raise.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not _is_out_of_memory(error):
            raise
        where = "The GPU" if device.type == "cuda" else "This computer"
        smaller = max(1, batch // 2)
        fix = f"Use smaller batches: --batch {smaller}" if batch > 1 else "Use smaller HR tiles."
        raise UserError(
            f"{where} ran out of memory with batches of {batch} tiles of {tile} x {tile}.", fix
        ) from error


def _is_out_of_memory(error: RuntimeError) -> bool:
    # torch has no class of its own for a CPU that is full.
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)


def _cpu_has_bf16() -> bool:
    """Whether the processor computes in bf16 itself: then twice as fast, else much slower."""
    # Older torch does not say.
    capabilities: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16"))
