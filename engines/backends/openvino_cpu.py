"""OpenVINO on the CPU: the fastest where it runs, above all where the CPU computes in bfloat16.

The counts are turned into network units before the graph, not in it: a graph in bfloat16 would
round the raw counts to eight bits before the offset is taken off. The way back, with rounding and
clipping, is part of the graph and writes straight into the caller's memory.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, TypeVar

import numpy as np

from engines.backends.prepared import BundleEngine, Prepared
from engines.bundle import Bundle
from engines.complaints import cannot_run, first_line
from engines.engine import LARGEST_QUICK_FRAME, WINDOW_LENGTH, Pixels
from engines.errors import EngineError
from engines.intensity import IntensityScale
from engines.onnx_file import INPUT, OUTPUT, UNCERTAINTY

Arithmetic = Literal["bf16", "f32", "int8"]
TITLES: dict[Arithmetic, str] = {
    "bf16": "OpenVINO bf16",
    "f32": "OpenVINO f32",
    "int8": "OpenVINO int8",
}
INSTALL = "Install it: python -m pip install --force-reinstall openvino"


def why_not(arithmetic: Arithmetic) -> str | None:
    """Say in words why this backend can't be used here, with the fix; None if it can."""
    try:
        openvino = find_openvino()
        _check(openvino, arithmetic)
    except EngineError as error:
        return str(error)
    return None


def describe_openvino() -> str:
    """Say in words what OpenVINO computes in on this CPU, and with how many threads."""
    try:
        openvino = find_openvino()
        able = _capabilities(openvino)
    except EngineError as error:
        return error.problem
    node = openvino.opset13.parameter([1], openvino.Type.f32)
    model = openvino.Model([openvino.opset13.relu(node)], [node], "threads")
    threads = openvino.Core().compile_model(model, "CPU").get_property("INFERENCE_NUM_THREADS")
    arithmetics = [name for name in ("FP32", "FP16", "BF16", "INT8") if name in able]
    return f"{', '.join(arithmetics)}; {threads} threads"


def load(bundle: Bundle, arithmetic: Arithmetic, *, uncertain: bool = False) -> OpenVinoEngine:
    """Read a bundle's model, or the one that predicts its uncertainty.

    Raises
    ------
    EngineError
        If OpenVINO, the CPU or the model is not fit for it.
    """
    openvino = find_openvino()
    _check(openvino, arithmetic)
    return OpenVinoEngine(openvino, bundle, arithmetic, uncertain=uncertain)


class OpenVinoEngine(BundleEngine):
    """A bundle run by OpenVINO; see `engines.engine.Engine`."""

    def __init__(
        self, openvino: Any, bundle: Bundle, arithmetic: Arithmetic, *, uncertain: bool
    ) -> None:
        super().__init__(bundle, TITLES[arithmetic])
        self._openvino = openvino
        self._uncertain = uncertain
        self._model = (
            bundle.model_with_uncertainty()
            if uncertain
            else bundle.model_in("int8" if arithmetic == "int8" else "fp32")
        )
        self._arithmetic = arithmetic
        self._request: Any = None

    def _make_ready(self, prepared: Prepared) -> None:
        self.close()
        height, width = prepared.height, prepared.width
        self._units = np.zeros((1, self._bundle.manifest.frames, height, width), dtype=np.float32)
        self._offset = np.zeros((), dtype=np.float32)
        self._gain = np.ones((), dtype=np.float32)
        try:
            self._request = _aside(lambda: self._compile(prepared))
        except Exception as error:  # its errors are of many classes
            raise cannot_run("OpenVINO", self._model, error) from error
        for index, array in enumerate((self._units, self._offset, self._gain)):
            tensor = self._openvino.Tensor(array, shared_memory=True)
            self._request.set_input_tensor(index, tensor)
        if self._uncertain:
            self.half_width = np.zeros((height, width), dtype=np.float32)
            place = self._openvino.Tensor(self.half_width[None, None], shared_memory=True)
            self._request.set_output_tensor(2, place)
        if height * width > LARGEST_QUICK_FRAME:
            return
        window = np.zeros((WINDOW_LENGTH, height, width), dtype=prepared.dtype)
        self._restore(window, IntensityScale(0.0, 1.0), prepared.place(None))

    def _restore(self, window: Pixels, intensity: IntensityScale, out: Pixels) -> None:
        intensity.to_network(window[self._bundle.manifest.seen], self._units[0])
        self._offset[...] = intensity.offset
        self._gain[...] = intensity.gain
        self._request.set_output_tensor(0, self._openvino.Tensor(out[None, None], True))
        try:
            self._request.infer()
        except Exception as error:  # as above
            raise cannot_run("OpenVINO", self._model, error) from error
        if not np.isfinite(self._request.get_output_tensor(1).data):
            raise EngineError(
                f"{self.name} on {self.backend} gave pixels that are not numbers.",
                "Use another backend: --backend onnxruntime",
            )

    def close(self) -> None:
        """Free the compiled graph."""
        super().close()
        self._request = None

    def _compile(self, prepared: Prepared) -> Any:
        """Build the graph from (window, offset, gain) in float32.

        It leads to the restored counts, a sum that shows what is not finite, and, if it is wanted,
        the half-width in counts.
        """
        openvino = self._openvino
        ops = openvino.opset13
        core = openvino.Core()
        model = core.read_model(self._model)
        model.reshape({INPUT: list(self._units.shape)})
        units = model.output(OUTPUT).get_node().input_value(0)
        expected = [1, 1, *prepared.restored_shape]
        if list(units.get_shape()) != expected:
            raise RuntimeError(f"it restores to {list(units.get_shape())}, not {expected}")
        offset = ops.parameter([], openvino.Type.f32, name="offset")
        gain = ops.parameter([], openvino.Type.f32, name="gain")
        counts = ops.add(ops.multiply(units, gain), offset)
        # Clamped as floats: what a conversion does beyond the integers' range is left open.
        highest = float(np.iinfo(prepared.dtype).max)
        rounded = ops.round(ops.clamp(counts, 0.0, highest), "half_to_even")
        pixels = ops.convert(rounded, "u8" if prepared.dtype == np.uint8 else "u16")
        # Integers can't show a NaN, and the clamp hides it: one float tells of all pixels.
        everywhere = ops.constant(np.arange(4, dtype=np.int64))
        total = ops.reduce_sum(units, everywhere, keep_dims=False)
        results = [pixels, total]
        if self._uncertain:
            half_width = model.output(UNCERTAINTY).get_node().input_value(0)
            expected = [1, 1, prepared.height, prepared.width]
            if list(half_width.get_shape()) != expected:
                raise RuntimeError(f"its uncertainty is {list(half_width.get_shape())}")
            spread = ops.reduce_sum(half_width, everywhere, keep_dims=False)
            results = [pixels, ops.add(total, spread), ops.multiply(half_width, gain)]
        graph = openvino.Model(
            [ops.result(result) for result in results],
            [model.input(INPUT).get_node(), offset, gain],
            self.name,
        )
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": self._float_arithmetic(),
            # Recorder and viewer share the cores; a pinned thread would wait behind them.
            "ENABLE_CPU_PINNING": "NO",
        }
        return core.compile_model(graph, "CPU", settings).create_infer_request()

    def _float_arithmetic(self) -> str:
        """What it computes in, or, of an int8 model, the rest: the faster where the CPU can."""
        if self._arithmetic != "int8":
            return self._arithmetic
        return "bf16" if "BF16" in _capabilities(self._openvino) else "f32"


_Result = TypeVar("_Result")


def _aside(call: Callable[[], _Result]) -> _Result:
    """Call in a thread of its own, which ends before the result is used.

    OpenVINO's CPU plugin gives the thread that loads it another stack for signals, and takes that
    away with the graph. Had another thread freed the graph, the next signal, Ctrl-C say, would find
    no stack in the first and end the process.
    """
    with ThreadPoolExecutor(1, "OpenVINO") as thread:
        return thread.submit(call).result()


def find_openvino() -> Any:
    """Import OpenVINO.

    Raises
    ------
    EngineError
        If it can't be imported.
    """
    try:
        import openvino
    except (ImportError, OSError) as error:
        raise EngineError(f"OpenVINO can't be imported: {first_line(error)}.", INSTALL) from error
    return openvino


def _check(openvino: Any, arithmetic: Arithmetic) -> None:
    if arithmetic == "bf16" and "BF16" not in _capabilities(openvino):
        raise EngineError(
            "This computer's CPU does not compute in bfloat16.",
            "Use float32: --backend openvino-f32",
        )


def _capabilities(openvino: Any) -> list[str]:
    try:
        capabilities: list[str] = _aside(
            lambda: openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        )
    except Exception as error:  # as above
        problem = f"OpenVINO can't compute on this CPU: {first_line(error)}."
        raise EngineError(problem, INSTALL) from error
    return capabilities
