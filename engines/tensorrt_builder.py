"""TensorRT compiles an ONNX model to a plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from engines.errors import EngineError
from engines.nvidia import Library
from engines.onnx_file import INPUT


class Sizes(NamedTuple):
    """What a plan shall take.

    Attributes
    ----------
    frames : int
        That the network sees of a window.
    frame, proof : tuple of (int, int)
        Height and width in LR pixels; the plan is tuned for the first and takes both.
    """

    frames: int
    frame: tuple[int, int]
    proof: tuple[int, int]

    def shape(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Shape of the network's input."""
        return 1, self.frames, height, width


def compile_plan(
    library: Library, model: bytes, sizes: Sizes, *, compute_capabilities: Sequence[Any]
) -> bytes:
    """Compile a model, each operation in the precision in which the model states it.

    Parameters
    ----------
    library : Library
    model : bytes
        ONNX.
    sizes : Sizes
    compute_capabilities : sequence
        Members of the library's ComputeCapability; none for the GPU that is here.

    Returns
    -------
    bytes

    Raises
    ------
    EngineError
        With TensorRT's own words.
    """
    tensorrt = library.module
    log = make_log(tensorrt)
    builder = tensorrt.Builder(log)
    if builder is None:
        raise _refused(library, log)
    network = builder.create_network(_strongly_typed(tensorrt))
    parser = tensorrt.OnnxParser(network, log)
    if not parser.parse(model):
        raise _refused(library, log)
    config = builder.create_builder_config()
    # TensorFloat-32 would round the weights of a float32 model to ten bits.
    config.clear_flag(tensorrt.BuilderFlag.TF32)
    if compute_capabilities:
        config.num_compute_capabilities = len(compute_capabilities)
        for index, capability in enumerate(compute_capabilities):
            if not config.set_compute_capability(capability, index):
                raise _refused(library, log)
    profile = builder.create_optimization_profile()
    heights, widths = zip(sizes.frame, sizes.proof, strict=True)
    smallest = sizes.shape(min(heights), min(widths))
    largest = sizes.shape(max(heights), max(widths))
    profile.set_shape(INPUT, smallest, sizes.shape(*sizes.frame), largest)
    config.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise _refused(library, log)
    return bytes(plan)


def make_log(tensorrt: Any) -> Any:
    """Make a TensorRT logger that keeps the errors instead of printing."""

    class Log(tensorrt.ILogger):  # type: ignore[misc, name-defined, unused-ignore]
        def __init__(self) -> None:
            tensorrt.ILogger.__init__(self)
            self.errors: list[str] = []

        def log(self, severity: Any, message: str) -> None:
            if severity in (self.INTERNAL_ERROR, self.ERROR):
                self.errors.append(message)

    return Log()


def _strongly_typed(tensorrt: Any) -> int:
    return 1 << int(tensorrt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)


def _refused(library: Library, log: Any) -> EngineError:
    reason = log.errors[0].strip().rstrip(".") if log.errors else "it gives no reason"
    return EngineError(
        f"{library.title} can't compile the model: {reason}.",
        "Export the engine again: pssr-live export",
    )
