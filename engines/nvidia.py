"""What NVIDIA's libraries and GPU are here: TensorRT-RTX or classic TensorRT, CUDA, the device."""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engines.complaints import first_line
from engines.errors import EngineError

INSTALL = 'Install it: python -m pip install "pssr-live[tensorrt]"'
INSTALL_CLASSIC = (
    "On the computer that has the card, install classic TensorRT: "
    'python -m pip install "pssr-live[tensorrt-classic]"'
)
RTX = "tensorrt-rtx"
MODULES = {RTX: "tensorrt_rtx", "tensorrt": "tensorrt"}
# Of cards for data centres (A100, H100, B200, B300), which NVIDIA's list for TensorRT-RTX lacks.
_DATA_CENTRE = {"8.0", "9.0", "10.0", "10.3"}


@dataclass(frozen=True, slots=True)
class Library:
    """TensorRT, in either make.

    Attributes
    ----------
    name : str
        As on PyPI: ``tensorrt-rtx`` or ``tensorrt``.
    version : str
    module : module
    """

    name: str
    version: str
    module: Any

    @property
    def title(self) -> str:
        """Name and version: plans of another are not read."""
        return f"{self.name} {self.version}"

    @property
    def builds_for_others(self) -> bool:
        """Whether its plans are built for GPUs that need not be here."""
        return self.name == RTX

    def serves(self, compute_capabilities: Sequence[str]) -> bool:
        """Whether TensorRT-RTX builds for all of these."""
        return self.compute_capabilities().keys() >= set(compute_capabilities)

    def compute_capabilities(self) -> dict[str, Any]:
        """Members of its ComputeCapability, keyed as NVIDIA writes them: ``8.6``."""
        members = self.module.ComputeCapability.__members__
        numbers = {name: re.fullmatch(r"SM(\d+)(\d)", name) for name in members}
        return {f"{n[1]}.{n[2]}": members[name] for name, n in numbers.items() if n is not None}


@dataclass(frozen=True, slots=True)
class Device:
    """A GPU.

    Attributes
    ----------
    name : str
        For example ``NVIDIA RTX A4000``.
    compute_capability : str
        For example ``8.6``.
    """

    name: str
    compute_capability: str

    def __str__(self) -> str:
        return f"{self.name} ({self.compute_capability})"


def find_tensorrt(compute_capabilities: Sequence[str] = ()) -> Library:
    """Import the TensorRT that serves GPUs.

    It is TensorRT-RTX, or classic TensorRT for the cards of data centres and all others that
    TensorRT-RTX does not build for.

    Parameters
    ----------
    compute_capabilities : sequence of str
        Of the GPUs, for example ``8.6``; none for whichever is installed.

    Raises
    ------
    EngineError
        If neither can be imported, or the one that is installed does not serve them all.
    """
    reason, missing = "", True
    found: Library | None = None
    for name in _in_order(compute_capabilities):
        try:
            module = importlib.import_module(MODULES[name])
        except (ImportError, OSError) as error:
            reason = reason or first_line(error)
            missing = missing and isinstance(error, ModuleNotFoundError)
        else:
            found = Library(name, module.__version__, module)
            if not found.builds_for_others or found.serves(compute_capabilities):
                return found
    if found is not None:
        known = found.compute_capabilities()
        unknown = [name for name in compute_capabilities if name not in known]
        raise EngineError(
            f"{found.title} can't build for compute capability {', '.join(unknown)}.",
            f"It builds for {', '.join(known)}. {INSTALL_CLASSIC}",
        )
    install = INSTALL_CLASSIC if _DATA_CENTRE.intersection(compute_capabilities) else INSTALL
    if missing:
        raise EngineError("TensorRT is not installed.", install)
    raise EngineError(f"TensorRT can't be imported: {reason}.", install)


def find_card() -> tuple[Library, Any, Device]:
    """Find the GPU that is here, the TensorRT that serves it, and the CUDA runtime between them.

    Raises
    ------
    EngineError
        If one of them is missing.
    """
    find_tensorrt()  # What is not installed is said before a driver is missed.
    cuda = find_cuda()
    device = find_device(cuda)
    return find_tensorrt([device.compute_capability]), cuda, device


def find_cuda() -> Any:
    """Import the CUDA runtime of NVIDIA's cuda-python.

    Raises
    ------
    EngineError
        If it can't be imported.
    """
    try:
        from cuda.bindings import runtime
    except (ImportError, OSError) as error:
        problem = f"NVIDIA's cuda-python can't be imported: {first_line(error)}."
        if isinstance(error, ModuleNotFoundError):
            problem = "NVIDIA's cuda-python is not installed."
        raise EngineError(problem, INSTALL) from error
    return runtime


def find_device(cuda: Any) -> Device:
    """Look at the GPU that CUDA puts first.

    Raises
    ------
    EngineError
        If there is none, or its driver is missing or too old.
    """
    try:
        status, properties = cuda.cudaGetDeviceProperties(0)
        reason = _words(cuda, status)
    except RuntimeError as error:  # cuda-python found no driver to call
        status, reason = None, first_line(error)
    if status != 0:
        raise EngineError(
            f"There is no NVIDIA GPU that can be used here: {reason}.",
            "With an RTX card in the computer, install NVIDIA's newest driver.",
        )
    return Device(properties.name.decode(), f"{properties.major}.{properties.minor}")


def call(function: Any, *arguments: Any) -> Any:
    """Call a function of the CUDA runtime and give what it returns besides its status.

    Raises
    ------
    EngineError
        With CUDA's own words.
    """
    status, *results = function(*arguments)
    if status != 0:
        raise EngineError(
            f"CUDA says: {_words(find_cuda(), status)}.", "Use another backend: --backend auto"
        )
    return results[0] if results else None


def _words(cuda: Any, status: Any) -> str:
    words: bytes = cuda.cudaGetErrorString(status)[1]
    return words.decode()


def _in_order(compute_capabilities: Sequence[str]) -> list[str]:
    names = list(MODULES)
    return names[::-1] if _DATA_CENTRE.intersection(compute_capabilities) else names
