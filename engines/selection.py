"""Which backend runs an engine here: the fastest that does what the trained network did."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from engines.backends import baselines, onnx_runtime, openvino_cpu, tensorrt_plan
from engines.bundle import Bundle, bundled_names, load_bundle
from engines.engine import Engine, Pixels
from engines.errors import EngineError, OpeningGivenUpError
from engines.intensity import IntensityScale
from engines.manifest import Precision
from engines.tiling import tiled

AUTO = "auto"
TIMED_RUNS = 3
TIMED_SECONDS = 0.15
# What auto may give away for speed, in dB of PSNR.
LARGEST_LOSS = 0.1


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
    """

    title: str
    why_not: Callable[[], str | None]
    load: Callable[[Bundle], Engine]
    precision: Precision = "fp32"
    load_uncertain: Callable[[Bundle], Engine] | None = None


def _openvino(arithmetic: openvino_cpu.Arithmetic, precision: Precision = "fp32") -> Backend:
    return Backend(
        openvino_cpu.TITLES[arithmetic],
        partial(openvino_cpu.why_not, arithmetic),
        partial(openvino_cpu.load, arithmetic=arithmetic),
        precision,
        partial(openvino_cpu.load, arithmetic=arithmetic, uncertain=True)
        if precision == "fp32"
        else None,
    )


def _onnx_runtime(precision: Precision) -> Backend:
    return Backend(
        onnx_runtime.TITLES[precision],
        onnx_runtime.why_not,
        partial(onnx_runtime.load, precision=precision),
        precision,
        partial(onnx_runtime.load, uncertain=True) if precision == "fp32" else None,
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

# Those that can also say how far off they may be.
UNCERTAIN = tuple(name for name, backend in BACKENDS.items() if backend.load_uncertain)


@dataclass(frozen=True, slots=True)
class BackendTrial:
    """How one backend did.

    Attributes
    ----------
    backend : str
        In words, for example ``OpenVINO bf16``.
    why_not : str
        Why it can't serve, or is too coarse for auto, with the fix; empty if it can be taken.
    proof_error : float or None
        Largest difference from the proof in network units; None if it did not get so far.
    tolerance : float or None
        Largest difference that is allowed.
    median_ms : float or None
        Time for one frame of the size in hand.
    loss : float or None
        PSNR that the precision of its model loses at most, in dB, as the bundle says.
    chosen : bool
    """

    backend: str
    why_not: str = ""
    proof_error: float | None = None
    tolerance: float | None = None
    median_ms: float | None = None
    loss: float | None = None
    chosen: bool = False

    @property
    def usable(self) -> bool:
        """Whether it can be taken."""
        return not self.why_not


@dataclass(frozen=True, slots=True)
class Report:
    """Which backend was chosen, why, and how each of them did."""

    reason: str
    trials: tuple[BackendTrial, ...]


class Selection(NamedTuple):
    """An engine, warmed up for the format asked for, and why it is this one."""

    engine: Engine
    report: Report


class EngineListing(NamedTuple):
    """An engine that is installed, and for each backend why it can't run it, or None."""

    name: str
    version: str
    description: str
    backends: Mapping[str, str | None]


def check_backend(backend: str) -> None:
    """Raise `EngineError` if a backend is neither ``auto`` nor a key of `BACKENDS`."""
    if backend not in (AUTO, *BACKENDS):
        raise EngineError(
            f"There is no backend {backend}.", f"Choose one of {', '.join((AUTO, *BACKENDS))}."
        )


def open_engine(
    engine: str | Bundle,
    *,
    backend: str = AUTO,
    height: int,
    width: int,
    dtype: DTypeLike,
    uncertain: bool = False,
    on_trial: Callable[[str], object] = lambda _: None,
    given_up: Callable[[], bool] = lambda: False,
) -> Selection:
    """Load an engine and warm it up.

    Parameters
    ----------
    engine : str or Bundle
        A baseline, a bundled engine, or the folder of a bundle; or a bundle that was loaded.
    backend : str
        A key of `BACKENDS`, or ``auto`` for the fastest on this frame size of those that
        reproduce the bundle's proof and lose next to nothing by their precision.
    height, width : int
        Size of an LR frame in pixels.
    dtype : dtype-like
        ``uint8`` or ``uint16``.
    uncertain : bool
        Whether it shall also predict how far off it may be, see `Engine.half_width`.
    on_trial : callable
        Told in words which backend is tried now, for whoever waits.
    given_up : callable
        Asked before each trial whether nobody waits any more.

    Returns
    -------
    Selection

    Raises
    ------
    OpeningGivenUpError
        If it was given up.
    EngineError
        If there is no such engine or backend, or none that can serve.
    """
    check_backend(backend)
    bundle = _found(engine)
    if uncertain:
        check_uncertain(bundle, backend)
    if isinstance(bundle, str):
        return _open_baseline(bundle, height, width, dtype)
    able = UNCERTAIN if uncertain else tuple(BACKENDS)
    names = able if backend == AUTO else (backend,)
    best: Engine | None = None
    trials: list[BackendTrial] = []
    fastest = -1
    for number, name in enumerate(names, start=1):
        if given_up():
            if best is not None:
                best.close()
            raise OpeningGivenUpError(bundle.manifest.name)
        on_trial(f"trying {BACKENDS[name].title}, {number} of {len(names)}")
        tried, trial = _try(BACKENDS[name], bundle, height, width, dtype, uncertain)
        if backend == AUTO and tried is not None:
            trial = replace(trial, why_not=_too_coarse(name, trial.loss))
        trials.append(trial)
        if tried is None or trial.median_ms is None:
            continue
        if not trial.usable:
            tried.close()
            continue
        shortest = trials[fastest].median_ms if best is not None else None
        if shortest is not None and trial.median_ms >= shortest:
            tried.close()
            continue
        if best is not None:
            best.close()
        best, fastest = tried, len(trials) - 1
    if best is None:
        raise _none_can_serve(bundle, trials)
    trials[fastest] = replace(trials[fastest], chosen=True)
    return Selection(best, Report(_reason(trials, trials[fastest]), tuple(trials)))


def check_uncertain(engine: str | Bundle, backend: str) -> None:
    """Refuse what can't say how far off it may be, before anything is opened.

    Parameters
    ----------
    engine, backend
        See `open_engine`.

    Raises
    ------
    EngineError
        If the engine or the backend can't, or there is no such engine.
    """
    check_backend(backend)
    bundle = _found(engine)
    if isinstance(bundle, str):
        raise EngineError(
            f"{bundle} is a plain enlargement, which predicts no uncertainty.",
            "Take an engine that does; pssr-live engines show NAME tells.",
        )
    bundle.model_with_uncertainty()
    if backend not in (AUTO, *UNCERTAIN):
        raise EngineError(
            f"{BACKENDS[backend].title} does not run models that predict their uncertainty.",
            f"Take one that does: --backend {AUTO}, or {', '.join(UNCERTAIN)}",
        )


def proof_error(engine: Engine, bundle: Bundle) -> float:
    """Run an engine on its bundle's proof.

    Parameters
    ----------
    engine : Engine
        Is warmed up for the proof's frame size.
    bundle : Bundle

    Returns
    -------
    float
        Largest difference from the proof in network units, beyond the half count of rounding;
        not more than the manifest's tolerance for an engine that may be used.

    Raises
    ------
    EngineError
        If the engine can't run it, or its result is not finite.
    """
    proof = bundle.proof
    _, height, width = proof.window.shape
    engine.warm_up(height, width, proof.window.dtype)
    restored = engine.restore(proof.window, proof.intensity).astype(np.float64)
    expected = np.clip(proof.restored, 0, np.iinfo(np.uint16).max)
    beyond_rounding = max(float(np.abs(restored - expected).max()) - 0.5, 0.0)
    return beyond_rounding / proof.intensity.gain


def list_engines() -> list[EngineListing]:
    """Look at what is installed, without compiling anything.

    Returns
    -------
    list of EngineListing
        The bundled engines, then the baselines. One that is broken says so in its description.
    """
    reasons = {backend.title: backend.why_not() for backend in BACKENDS.values()}
    rows = []
    for name in bundled_names():
        try:
            manifest = load_bundle(name).manifest
        except EngineError as error:
            broken = dict.fromkeys(reasons, str(error))
            rows.append(EngineListing(name, "", error.problem, broken))
        else:
            able = dict(reasons)
            for backend in BACKENDS.values():
                if backend.precision not in manifest.models:
                    able[backend.title] = f"no model in {backend.precision}"
            rows.append(EngineListing(name, manifest.version, manifest.description, able))
    for name, description in baselines.DESCRIPTIONS.items():
        rows.append(EngineListing(name, "", description, {baselines.Baseline.backend: None}))
    return rows


def _found(engine: str | Bundle) -> str | Bundle:
    """Load a bundle, unless it is loaded already or is a baseline, whose name is enough."""
    if isinstance(engine, Bundle) or engine in baselines.DESCRIPTIONS:
        return engine
    return load_bundle(engine)


def _open_baseline(name: str, height: int, width: int, dtype: DTypeLike) -> Selection:
    engine = baselines.Baseline(name)
    engine.warm_up(height, width, dtype)
    trial = BackendTrial(
        engine.backend, median_ms=_median_ms(engine, height, width, dtype), chosen=True
    )
    reason = f"{trial.backend}: {trial.median_ms:.0f} ms a frame; a baseline has no other backend"
    return Selection(engine, Report(reason, (trial,)))


def _try(
    backend: Backend, bundle: Bundle, height: int, width: int, dtype: DTypeLike, uncertain: bool
) -> tuple[Engine | None, BackendTrial]:
    """Load, prove and time one backend; the engine is None, and closed, if it can't serve."""
    variant = bundle.manifest.variant(backend.precision)
    trial = BackendTrial(backend.title, loss=variant.largest_loss if variant else None)
    engine: Engine | None = None
    try:
        load = backend.load_uncertain if uncertain and backend.load_uncertain else backend.load
        engine = tiled(load(bundle), bundle.manifest.tile_side)
        error = proof_error(engine, bundle)
        allowed = bundle.manifest.tolerance_in(backend.precision)
        trial = replace(trial, proof_error=error, tolerance=allowed)
        if error > allowed:
            raise EngineError(
                f"It does not reproduce the proof: {error:.2g} network units off, "
                f"{allowed:.2g} allowed.",
                "Take another backend: --backend auto",
            )
        engine.warm_up(height, width, dtype)
        median = _median_ms(engine, height, width, dtype)
    except EngineError as fault:
        if engine is not None:
            engine.close()
        return None, replace(trial, why_not=str(fault))
    return engine, replace(trial, median_ms=median)


def _too_coarse(name: str, loss: float | None) -> str:
    """Say why auto leaves a backend out although it works; empty if it does not."""
    precision = BACKENDS[name].precision
    if precision == "fp32" or (loss is not None and loss <= LARGEST_LOSS):
        return ""
    costs = (
        "how much it loses was not measured" if loss is None else f"it loses up to {loss:.2f} dB"
    )
    return (
        f"Left out by auto: in {precision} {costs}, {LARGEST_LOSS:g} dB allowed. "
        f"Take it all the same: --backend {name}"
    )


def _median_ms(engine: Engine, height: int, width: int, dtype: DTypeLike) -> float:
    """Time a few frames; one, where a single frame takes longer than all of them should."""
    rng = np.random.default_rng(0)
    window: Pixels = rng.integers(0, 256, (5, height, width)).astype(dtype)
    scale = IntensityScale(0.0, 255.0)
    out: Pixels = np.zeros((height * engine.scale_factor, width * engine.scale_factor), dtype=dtype)
    times: list[float] = []
    while len(times) < TIMED_RUNS and sum(times) < TIMED_SECONDS:
        start = time.perf_counter()
        engine.restore(window, scale, out)
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1e3


def _reason(trials: list[BackendTrial], chosen: BackendTrial) -> str:
    able = [trial for trial in trials if trial.usable]
    time_taken = f"{chosen.backend}: {chosen.median_ms:.0f} ms a frame"
    if chosen.loss is not None:
        time_taken += f" for {max(chosen.loss, 0):.2f} dB of PSNR at most"
    if len(trials) == 1:
        return f"{time_taken}, as asked for; it reproduces the proof"
    if len(able) == 1:
        return f"{time_taken}, the only one that can be used here and reproduces the proof"
    return f"{time_taken}, the fastest of {len(able)} that reproduce the proof"


def _none_can_serve(bundle: Bundle, trials: list[BackendTrial]) -> EngineError:
    reasons = " ".join(f"{trial.backend}: {trial.why_not}" for trial in trials)
    return EngineError(
        f"{bundle.manifest.name} can't be used here. {reasons}",
        "See what is installed: pssr-live engines",
    )
