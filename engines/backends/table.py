"""All backends, by the names that the command line knows them by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from engines.backends import onnx_runtime, openvino_cpu, tensorrt_plan
from engines.bundle import Bundle
from engines.engine import Engine
from engines.errors import EngineError
from engines.manifest import Precision

AUTO = "auto"
FASTEST = "fastest"
PRECISE = "precise"
# What may stand for a backend: what was the fastest here before, what is the fastest now, and the
# first that works in the order of `BY_PRECISION`.
CHOICES = (AUTO, FASTEST, PRECISE)


class Backend(NamedTuple):
    """A way to run bundles.

    Attributes
    ----------
    title : str
        In words.
    why_not : callable
        Says why it does not work here; None if it does.
    load : callable
    precision : str
        Of the model that it runs.
    load_uncertain : callable, optional
        Loads the model that predicts its uncertainty, where it can run that.
    beside_tensors : float
        How much memory it takes at most, in times of what the network's tensors take; 0 for memory
        that is not the computer's own, whose driver tells when it is full. Measured with mito-lite
        and mito-lite-fast at 256 to 1024 pixels a side: 1.3 with OpenVINO, 1.9 with ONNX Runtime.
    """

    title: str
    why_not: Callable[[], str | None]
    load: Callable[[Bundle], Engine]
    precision: Precision = "fp32"
    load_uncertain: Callable[[Bundle], Engine] | None = None
    beside_tensors: float = 0.0


def _openvino(arithmetic: openvino_cpu.Arithmetic, precision: Precision = "fp32") -> Backend:
    return Backend(
        openvino_cpu.TITLES[arithmetic],
        partial(openvino_cpu.why_not, arithmetic),
        partial(openvino_cpu.load, arithmetic=arithmetic),
        precision,
        partial(openvino_cpu.load, arithmetic=arithmetic, uncertain=True)
        if precision == "fp32"
        else None,
        1.5,
    )


def _onnx_runtime(precision: Precision) -> Backend:
    return Backend(
        onnx_runtime.TITLES[precision],
        onnx_runtime.why_not,
        partial(onnx_runtime.load, precision=precision),
        precision,
        partial(onnx_runtime.load, uncertain=True) if precision == "fp32" else None,
        2.0,
    )


BACKENDS: Mapping[str, Backend] = MappingProxyType(
    {
        "openvino-bf16": _openvino("bf16"),
        "openvino-f32": _openvino("f32"),
        "openvino-int8": _openvino("int8", "int8"),
        "onnxruntime": _onnx_runtime("fp32"),
        "onnxruntime-fp16": _onnx_runtime("fp16"),
        "onnxruntime-int8": _onnx_runtime("int8"),
        "tensorrt": Backend("TensorRT", tensorrt_plan.why_not, tensorrt_plan.load),
    }
)

# A plan for a GPU that is there before what takes far longer on the processor; int8 last.
BY_PRECISION = (
    "tensorrt",
    "openvino-f32",
    "onnxruntime",
    "openvino-bf16",
    "onnxruntime-fp16",
    "openvino-int8",
    "onnxruntime-int8",
)

# Those that can also say how far off they may be.
UNCERTAIN = tuple(name for name, backend in BACKENDS.items() if backend.load_uncertain)


def check_backend(backend: str) -> None:
    """Raise `EngineError` if a backend is neither one of `CHOICES` nor a key of `BACKENDS`."""
    if backend not in (*CHOICES, *BACKENDS):
        raise EngineError(
            f"There is no backend {backend}.", f"Choose one of {', '.join((*CHOICES, *BACKENDS))}."
        )


def backend_named(title: str) -> str:
    """Find the key of a backend by what an engine calls it; ``auto`` for one that is not known."""
    # An engine adds its precision, or that it works in tiles; some titles begin as others do.
    fitting = [key for key, backend in BACKENDS.items() if title.startswith(backend.title)]
    return max(fitting, key=lambda key: len(BACKENDS[key].title), default=AUTO)
