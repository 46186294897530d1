"""What NVIDIA's libraries and GPU are here: TensorRT-RTX or classic TensorRT, CUDA, the device."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from typing import Any

from engines.complaints import first_line
from engines.errors import EngineError

INSTALL = 'Install it: python -m pip install "pssr-live[tensorrt]"'
RTX = "tensorrt-rtx"
MODULES = {RTX: "tensorrt_rtx", "tensorrt": "tensorrt"}


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


def find_tensorrt() -> Library:
    """Import TensorRT-RTX, or classic TensorRT where that is missing.

    Raises
    ------
    EngineError
        If neither can be imported.
    """
    reason, missing = "", True
    for name, module_name in MODULES.items():
        try:
            module = importlib.import_module(module_name)
        except (ImportError, OSError) as error:
            reason = reason or first_line(error)
            missing = missing and isinstance(error, ModuleNotFoundError)
        else:
            return Library(name, module.__version__, module)
    if missing:
        raise EngineError("TensorRT is not installed.", INSTALL)
    raise EngineError(f"TensorRT can't be imported: {reason}.", INSTALL)


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
            f"CUDA says: {_words(find_cuda(), status)}.", "Take another backend: --backend auto"
        )
    return results[0] if results else None


def _words(cuda: Any, status: Any) -> str:
    words: bytes = cuda.cudaGetErrorString(status)[1]
    return words.decode()
