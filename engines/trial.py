"""One backend on trial: does it reproduce the proof, and how long does a frame take."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engines.backends.table import Backend
from engines.bundle import Bundle
from engines.complaints import MAKE_ROOM, first_line, lacks_memory
from engines.engine import LARGEST_QUICK_FRAME, Engine, Pixels
from engines.errors import EngineError
from engines.fitting import InputFormat
from engines.intensity import IntensityScale
from engines.tiling import tiled

TIMED_RUNS = 3
TIMED_SECONDS = 0.15
_PART_SIDE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
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
        Time for one frame of the size in hand; of a large one, told from a part of it.
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


def tried_on(frame: InputFormat) -> InputFormat:
    """What an engine is timed on: the frame itself, or a part of a large one."""
    if frame.height * frame.width <= LARGEST_QUICK_FRAME:
        return frame
    return InputFormat(min(frame.height, _PART_SIDE), min(frame.width, _PART_SIDE), frame.dtype)


def load(backend: Backend, bundle: Bundle, *, uncertain: bool) -> Engine:
    """Load a bundle on a backend; with tiles where the manifest asks for them."""
    loader = backend.load_uncertain if uncertain and backend.load_uncertain else backend.load
    return tiled(loader(bundle), bundle.manifest.tile_side)


def model_for(backend: Backend, bundle: Bundle, *, uncertain: bool) -> Path:
    """Find the ONNX file of a bundle that a backend runs."""
    return bundle.model_with_uncertainty() if uncertain else bundle.model_in(backend.precision)


def try_backend(
    backend: Backend, bundle: Bundle, frame: InputFormat, *, uncertain: bool
) -> tuple[Engine | None, BackendTrial]:
    """Load, prove and time one backend; whatever it throws becomes the reason against it.

    Parameters
    ----------
    backend : Backend
    bundle : Bundle
    frame : InputFormat
        To be restored; see `tried_on`.
    uncertain : bool
        Whether it shall also predict how far off it may be.

    Returns
    -------
    Engine or None
        Warmed up for what it was tried on; None, and closed, if it can't serve.
    BackendTrial
    """
    variant = bundle.manifest.variant(backend.precision)
    trial = BackendTrial(backend=backend.title, loss=variant.largest_loss if variant else None)
    engine: Engine | None = None
    try:
        engine = load(backend, bundle, uncertain=uncertain)
        error = proof_error(engine, bundle)
        allowed = bundle.manifest.tolerance_in(backend.precision)
        trial = replace(trial, proof_error=error, tolerance=allowed)
        if error > allowed:
            raise EngineError(
                f"It does not reproduce the proof: {error:.2g} network units off, "
                f"{allowed:.2g} allowed.",
                "Use another backend: --backend auto",
            )
        part = tried_on(frame)
        engine.warm_up(*part)
        share = frame.height * frame.width / (part.height * part.width)
        return engine, replace(trial, median_ms=share * median_ms(engine, part))
    except Exception as fault:
        if engine is not None:
            engine.close()
        return None, replace(trial, why_not=str(in_our_words(fault)))


def in_our_words(fault: Exception) -> EngineError:
    """What an engine threw, as problem and fix."""
    if isinstance(fault, EngineError):
        return fault
    if lacks_memory(fault):
        return EngineError("There is not enough memory.", MAKE_ROOM)
    return EngineError(f"It failed: {first_line(fault)}.", "Use another backend: --backend auto")


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


def median_ms(engine: Engine, frame: InputFormat) -> float:
    """Time a few frames; one, where a single frame takes longer than all of them should."""
    height, width, dtype = frame
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
