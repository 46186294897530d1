"""TensorRT on an NVIDIA GPU: runs the plans that were built for it, once they are proven there."""

from __future__ import annotations

from typing import Any

import numpy as np

from engines import nvidia, plans
from engines.backends.cuda_run import BUILD_AGAIN, FALL_BACK, CudaRun
from engines.backends.prepared import BundleEngine, Prepared
from engines.bundle import Bundle
from engines.engine import Pixels
from engines.errors import EngineError
from engines.intensity import IntensityScale
from engines.nvidia import Device, Library
from engines.plans import Plan
from engines.tensorrt_builder import make_log


def why_not() -> str | None:
    """Say in words why this backend can't be used here, with the fix; None if it can."""
    try:
        nvidia.find_card()
    except EngineError as error:
        return str(error)
    return None


def load(bundle: Bundle) -> TensorRtEngine:
    """Find the libraries and the GPU; the plan follows once the frame size is known.

    Raises
    ------
    EngineError
        If one of them is missing, or the bundle has no plans.
    """
    library, cuda, device = nvidia.find_card()
    if not plans.list_plans(bundle):
        raise EngineError(
            f"{bundle.manifest.name} has no plan for {device} yet.",
            f"Build one: pssr-live engines build {bundle.called} --frame-size HEIGHTxWIDTH",
        )
    return TensorRtEngine(library, cuda, device, bundle=bundle)


def verify_plans(bundle: Bundle) -> list[tuple[Plan, float | str]]:
    """Prove each plan of a bundle on the GPU that is here.

    Returns
    -------
    list of (Plan, float or str)
        The largest difference from the proof in network units, or why the plan can't be used.

    Raises
    ------
    EngineError
        If a plan's record is not what it should be.
    """
    listed = plans.list_plans(bundle)
    try:
        library, cuda, device = nvidia.find_card()
    except EngineError as error:
        return [(plan, str(error)) for plan in listed]
    verdicts: list[tuple[Plan, float | str]] = []
    for plan in listed:
        reason = plan.record.key.why_not(bundle, library.title, device)
        if reason is not None:
            verdicts.append((plan, f"{plan.path.name}: {reason}."))
            continue
        engine = TensorRtEngine(library, cuda, device, bundle=bundle)
        try:
            verdicts.append((plan, engine.use(plan)))
        except EngineError as error:
            verdicts.append((plan, str(error)))
        finally:
            engine.close()
    return verdicts


class TensorRtEngine(BundleEngine):
    """A bundle run by TensorRT; see `engines.engine.Engine`."""

    def __init__(self, library: Library, cuda: Any, device: Device, *, bundle: Bundle) -> None:
        super().__init__(bundle, "TensorRT")
        self._library = library
        self._cuda = cuda
        self._device = device
        self._plan: Plan | None = None
        self._runtime: Any = None
        self._compiled: Any = None
        self._context: Any = None
        self._run: CudaRun | None = None

    def _make_ready(self, prepared: Prepared) -> None:
        """Load and prove a plan, bind the buffers and run once."""
        height, width = prepared.height, prepared.width
        found = plans.find_plans(
            self._bundle, self._library.title, self._device, height=height, width=width
        )
        faults = []
        for plan in found:
            try:
                if self._plan is None or self._plan.path != plan.path:
                    self.use(plan)
                self._bind(height, width)
            except EngineError as error:
                self.close()
                faults.append(error.problem)
            else:
                return
        raise EngineError(" ".join(faults), BUILD_AGAIN)

    def _restore(self, window: Pixels, intensity: IntensityScale, out: Pixels) -> None:
        if self._run is None:
            raise RuntimeError("a plan is used before frames are restored")
        intensity.to_network(window[self._bundle.manifest.seen], self._run.window.host[0])
        self._run()
        try:
            intensity.to_counts(self._run.restored.host[0, 0], out)
        except ValueError as error:
            raise EngineError(
                f"{self.name} on {self.backend} gave pixels that are not numbers.", FALL_BACK
            ) from error

    def close(self) -> None:
        """Free the GPU. May be called more than once."""
        super().close()
        if self._run is not None:
            self._run.close()
        self._run = self._context = self._compiled = self._runtime = self._plan = None

    def use(self, plan: Plan) -> float:
        """Load a plan and prove it.

        Returns
        -------
        float
            The largest difference from the proof in network units.

        Raises
        ------
        EngineError
            If it is not the plan that was built, or can't be loaded, or does not reproduce the
            proof.
        """
        self.close()
        compiled = plans.read_plan(plan)
        log = make_log(self._library.module)
        self._runtime = self._library.module.Runtime(log)
        self._compiled = self._runtime.deserialize_cuda_engine(compiled)
        if self._compiled is not None:
            self._context = _context(self._library.module, self._compiled)
        if self._context is None:
            reason = log.errors[0].strip().rstrip(".") if log.errors else "it gives no reason"
            raise EngineError(
                f"{self._library.title} can't load {plan.path.name}: {reason}.", BUILD_AGAIN
            )
        error = self._prove(plan)
        plans.record_proof(plan, self._device, error)
        self._plan = plan
        self.backend = f"TensorRT {plan.record.key.precision}"
        return error

    def _prove(self, plan: Plan) -> float:
        manifest, proof = self._bundle.manifest, self._bundle.proof
        run = self._bind(*proof.window.shape[1:])
        proof.intensity.to_network(proof.window[manifest.seen], run.window.host[0])
        run()
        difference = run.restored.host[0, 0] - proof.intensity.to_network(proof.restored)
        error = float(np.abs(difference).max())
        # A NaN is not within any tolerance either.
        if not error <= manifest.tolerance:
            raise EngineError(
                f"{plan.path.name} does not reproduce the proof on {self._device}: {error:.2g} "
                f"network units off, {manifest.tolerance:.2g} allowed.",
                FALL_BACK,
            )
        return error

    def _bind(self, height: int, width: int) -> CudaRun:
        """Make ready for one frame size and run once."""
        if self._run is not None:
            self._run.close()
        scale = self.scale_factor
        self._run = CudaRun(
            self._cuda,
            self._context,
            window=(1, self._bundle.manifest.frames, height, width),
            restored=(1, 1, scale * height, scale * width),
            capture=not captures_itself(self._library.module),
        )
        return self._run


def captures_itself(tensorrt: Any) -> bool:
    """Whether the library makes CUDA graphs by itself, as TensorRT-RTX does."""
    return hasattr(tensorrt, "CudaGraphStrategy")


def _context(tensorrt: Any, engine: Any) -> Any:
    """Make an execution context; TensorRT-RTX compiles for the GPU at once, and captures itself."""
    if not captures_itself(tensorrt):
        return engine.create_execution_context()
    settings = engine.create_runtime_config()
    settings.cuda_graph_strategy = tensorrt.CudaGraphStrategy.WHOLE_GRAPH_CAPTURE
    settings.dynamic_shapes_kernel_specialization_strategy = (
        tensorrt.DynamicShapesKernelSpecializationStrategy.EAGER
    )
    return engine.create_execution_context(settings)
