"""ONNX Runtime on the CPU: runs everywhere, in the precision of the model."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.backends.prepared import BundleEngine, Prepared
from engines.bundle import Bundle
from engines.complaints import cannot_run, first_line
from engines.engine import LARGEST_QUICK_FRAME, Pixels
from engines.errors import EngineError
from engines.intensity import IntensityScale
from engines.manifest import Precision
from engines.onnx_file import INPUT, OUTPUT, UNCERTAINTY
from engines.telemetry import import_onnxruntime

TITLES: dict[Precision, str] = {
    "fp32": "ONNX Runtime",
    "fp16": "ONNX Runtime fp16",
    "int8": "ONNX Runtime int8",
}
INSTALL = "Install it: python -m pip install --force-reinstall onnxruntime"


def why_not() -> str | None:
    """Say in words why this backend can't be used here, with the fix; None if it can."""
    try:
        _library()
    except EngineError as error:
        return str(error)
    return None


def load(
    bundle: Bundle, precision: Precision = "fp32", *, uncertain: bool = False
) -> OnnxRuntimeEngine:
    """Read a bundle's model in a precision, or the one that predicts its uncertainty.

    Raises
    ------
    EngineError
        If ONNX Runtime can't be imported, or can't run the model, or there is none.
    """
    return OnnxRuntimeEngine(_library(), bundle, precision, uncertain=uncertain)


class OnnxRuntimeEngine(BundleEngine):
    """A bundle run by ONNX Runtime; see `engines.engine.Engine`."""

    def __init__(
        self, onnxruntime: Any, bundle: Bundle, precision: Precision, *, uncertain: bool
    ) -> None:
        super().__init__(bundle, TITLES[precision])
        self._uncertain = uncertain
        self._model = bundle.model_with_uncertainty() if uncertain else bundle.model_in(precision)
        self._binding: Any = None
        try:
            self._session: Any = onnxruntime.InferenceSession(
                self._model, _options(onnxruntime), providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its errors have no common class
            raise cannot_run("ONNX Runtime", self._model, error) from error

    def _make_ready(self, prepared: Prepared) -> None:
        height, width = prepared.height, prepared.width
        self._units = np.zeros((1, self._bundle.manifest.frames, height, width), dtype=np.float32)
        self._restored = np.zeros((1, 1, *prepared.restored_shape), dtype=np.float32)
        try:
            self._binding = self._session.io_binding()
            self._binding.bind_input(INPUT, *_memory(self._units))
            self._binding.bind_output(OUTPUT, *_memory(self._restored))
            if self._uncertain:
                spread = np.zeros((1, 1, height, width), dtype=np.float32)
                self._binding.bind_output(UNCERTAINTY, *_memory(spread))
                self.half_width = spread[0, 0]
            if height * width <= LARGEST_QUICK_FRAME:
                self._session.run_with_iobinding(self._binding)
        except Exception as error:  # as above
            raise cannot_run("ONNX Runtime", self._model, error) from error

    def _restore(self, window: Pixels, intensity: IntensityScale, out: Pixels) -> None:
        intensity.to_network(window[self._bundle.manifest.seen], self._units[0])
        try:
            self._session.run_with_iobinding(self._binding)
        except Exception as error:  # as above
            raise cannot_run("ONNX Runtime", self._model, error) from error
        try:
            intensity.to_counts(self._restored[0, 0], out)
            if self.half_width is not None:
                self._to_counts(self.half_width, intensity.gain)
        except ValueError as error:
            raise EngineError(
                f"{self.name} on {self.backend} gave pixels that are not numbers.",
                "Export the engine again: pssr-live export",
            ) from error

    def close(self) -> None:
        """Free the session and its buffers."""
        super().close()
        self._binding = None
        self._session = None

    @staticmethod
    def _to_counts(half_width: NDArray[np.float32], gain: float) -> None:
        np.multiply(half_width, np.float32(gain), out=half_width)
        if not np.isfinite(half_width.sum()):
            raise ValueError("not every half-width is a finite number")


def _options(onnxruntime: Any) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = onnx_runtime_threads()
    # Threads that spin between frames take the cores from recorder and viewer for no gain.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    return options


def onnx_runtime_threads() -> int:
    """Threads to compute with; 0 leaves it to ONNX Runtime: one a physical core, pinned to it."""
    if hasattr(os, "sched_getaffinity"):
        allowed = len(os.sched_getaffinity(0))
        # Pinning fails, with a complaint for each core, where this process may not use them all.
        if allowed < (os.cpu_count() or 1):
            return allowed
    return 0


def _memory(array: NDArray[np.float32]) -> tuple[str, int, type[np.float32], tuple[int, ...], int]:
    return "cpu", 0, np.float32, array.shape, array.ctypes.data


def _library() -> Any:
    try:
        return import_onnxruntime()
    except (ImportError, OSError) as error:
        problem = f"ONNX Runtime can't be imported: {first_line(error)}."
        raise EngineError(problem, INSTALL) from error
