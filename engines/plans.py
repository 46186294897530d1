"""TensorRT plans: what TensorRT compiles a bundle's model to, kept in the bundle's `plans` folder.

A plan is good for one model, one version of one library, certain GPUs, one precision and one frame
size. All that is its key, written beside it with its hash. It also takes the size of the bundle's
proof, so that it can be proven on the GPU that will run it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engines import nvidia
from engines.bundle import Bundle
from engines.errors import EngineError
from engines.half import to_half
from engines.manifest import MODEL_FILE, Sha256
from engines.refused_files import why_refused
from engines.tensorrt_builder import Sizes, compile_plan
from engines.whole_files import write_whole

NOT_YET_PROVEN = "not yet proven on a device"

PlanPrecision = Literal["fp32", "fp16"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class PlanKey(_Part):
    """What a plan is good for.

    Attributes
    ----------
    model : str
        SHA-256 of the bundle's model.
    library : str
        Name and version, for example ``tensorrt-rtx 1.7.1.116``.
    targets : tuple of str
        Compute capabilities of the GPUs that may run it, for example ``8.6``; for classic
        TensorRT, whose plans are for one GPU model, the GPU's name.
    precision : str
    height, width : int
        Of an LR frame, or of a tile, in pixels.
    """

    model: Sha256
    library: str
    targets: tuple[str, ...] = Field(min_length=1)
    precision: PlanPrecision
    height: int = Field(ge=1)
    width: int = Field(ge=1)

    def why_not(self, bundle: Bundle, library: str, device: nvidia.Device) -> str | None:
        """Say in words what keeps a plan from being used here; None if nothing does."""
        if self.model != bundle.manifest.files[MODEL_FILE]:
            return "it was built from another model"
        if self.library != library:
            return f"it was built with {self.library}, here is {library}"
        if not {device.compute_capability, device.name}.intersection(self.targets):
            return f"it was built for {', '.join(self.targets)}, here is {device}"
        return None


class PlanRecord(_Part):
    """What stands beside a plan.

    Attributes
    ----------
    key : PlanKey
    sha256 : str
        Of the plan.
    proven : dict of str to float
        For each GPU that reproduced the bundle's proof, the largest difference in network units.
    """

    format: Literal[1] = 1
    key: PlanKey
    sha256: Sha256
    proven: dict[str, Annotated[float, Field(ge=0)]] = {}


class Plan(NamedTuple):
    """A plan on disk."""

    path: Path
    record: PlanRecord

    def __str__(self) -> str:
        key = self.record.key
        gpus = ", ".join(f"{gpu} ({error:.2g} off)" for gpu, error in self.record.proven.items())
        proven = f"proven on {gpus}" if gpus else NOT_YET_PROVEN
        targets = ", ".join(key.targets)
        return f"{key.height}x{key.width} {key.precision} for {targets}, {key.library}, {proven}"


def build_plan(
    bundle: Bundle,
    compute_capabilities: Sequence[str],
    *,
    height: int,
    width: int,
    precision: PlanPrecision = "fp16",
) -> Plan:
    """Compile a bundle's model for GPUs, which need not be here with TensorRT-RTX.

    Parameters
    ----------
    bundle : Bundle
    compute_capabilities : sequence of str
        Of all GPUs that shall run the plan, for example ``8.6``; none for the GPU that is here.
    height, width : int
        Of an LR frame in pixels.
    precision : str
        ``fp32`` or ``fp16``.

    Returns
    -------
    Plan
        Not yet proven on a device.

    Raises
    ------
    EngineError
        If TensorRT or the GPU is missing, or it can't compile the model, or the plan can't be
        written.
    """
    manifest = bundle.manifest
    if min(height, width) < manifest.smallest_side:
        raise EngineError(
            f"{manifest.name} needs frames of at least {manifest.smallest_side} x "
            f"{manifest.smallest_side} pixels, not {height} x {width}.",
            "Build for the size of the frames that you scan.",
        )
    if manifest.tile_side is not None:
        height, width = min(height, manifest.tile_side), min(width, manifest.tile_side)
    library, capabilities, targets = _targets(compute_capabilities)
    model = bundle.model.read_bytes()
    if precision == "fp16":
        model = to_half(model)
    proof = bundle.proof.window.shape[1:]
    sizes = Sizes(manifest.frames, (height, width), (proof[0], proof[1]))
    compiled = compile_plan(library, model, sizes, compute_capabilities=capabilities)
    key = PlanKey(
        model=manifest.files[MODEL_FILE],
        library=library.title,
        targets=targets,
        precision=precision,
        height=height,
        width=width,
    )
    return _store(bundle, key, compiled)


def list_plans(bundle: Bundle) -> list[Plan]:
    """Read what stands beside the plans of a bundle, without loading any.

    Raises
    ------
    EngineError
        If a record is not what it should be.
    """
    plans = []
    for path in sorted(bundle.plans.glob("*.json")):
        try:
            record = PlanRecord.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise EngineError(
                f"{path} is not a plan's record, so no plan of {bundle.manifest.name} is used.",
                "Delete the file, then build the plan again: pssr-live engines build",
            ) from error
        plans.append(Plan(path.with_suffix(".plan"), record))
    return plans


def find_plans(
    bundle: Bundle, library: str, device: nvidia.Device, *, height: int, width: int
) -> list[Plan]:
    """Find the plans that may run a bundle here on frames of a size, the fastest first.

    The size may also be the proof's, which every plan takes.

    Raises
    ------
    EngineError
        If there are none; it says what those that are there were built for.
    """
    reasons, found = [], []
    for plan in list_plans(bundle):
        key = plan.record.key
        reason = key.why_not(bundle, library, device)
        if reason is None and (height, width) not in (
            (key.height, key.width),
            bundle.proof.window.shape[1:],
        ):
            reason = f"it was built for frames of {key.height} x {key.width}"
        if reason is None:
            found.append(plan)
        else:
            reasons.append(f"{plan.path.name}: {reason}.")
    if not found:
        name = bundle.manifest.name
        raise EngineError(
            " ".join(
                [f"{name} has no plan for frames of {height} x {width} on {device}.", *reasons]
            ),
            f"Build one: pssr-live engines build {bundle.called} --frame-size {height}x{width}",
        )
    # Of two that take the proof, the one for just this size; float16 before float32.
    return sorted(
        found,
        key=lambda plan: (
            (plan.record.key.height, plan.record.key.width) != (height, width),
            plan.record.key.precision != "fp16",
        ),
    )


def read_plan(plan: Plan) -> bytes:
    """Read a plan and check that it is the one that was built.

    Raises
    ------
    EngineError
        If it is missing or changed.
    """
    try:
        compiled = plan.path.read_bytes()
    except OSError as error:
        raise EngineError(
            f"The plan {plan.path} can't be read: {error.strerror}.",
            "Build it again: pssr-live engines build",
        ) from error
    if hashlib.sha256(compiled).hexdigest() != plan.record.sha256:
        raise EngineError(
            f"{plan.path} is not the plan that was built: its hash is not the one in its record.",
            "Build it again: pssr-live engines build",
        )
    return compiled


def record_proof(plan: Plan, device: nvidia.Device, error: float) -> None:
    """Write down that a GPU reproduced the proof, the first time it did.

    Where the bundle can't be written to, it stays unwritten: a plan is proven at every load anyway.
    """
    if device.name in plan.record.proven:
        return
    proven = {**plan.record.proven, device.name: error}
    record = plan.record.model_copy(update={"proven": proven})
    try:
        write_whole(plan.path.with_suffix(".json"), record.model_dump_json(indent=2))
    except OSError:
        return


def _targets(
    asked_for: Sequence[str],
) -> tuple[nvidia.Library, list[object], tuple[str, ...]]:
    """Give the library, its compute capabilities to build for, and what the key calls them."""
    if not asked_for:
        asked_for = [nvidia.find_card()[2].compute_capability]
    library = nvidia.find_tensorrt(asked_for)
    if library.builds_for_others:
        known = library.compute_capabilities()
        chosen = sorted(set(asked_for), key=list(known).index)
        return library, [known[name] for name in chosen], tuple(chosen)
    device = nvidia.find_device(nvidia.find_cuda())
    if set(asked_for) != {device.compute_capability}:
        raise EngineError(
            f"{library.title} builds for the GPU that is here, {device}, and for no other.",
            "Build on the computer that has the card; for GeForce and RTX cards TensorRT-RTX "
            'builds anywhere: python -m pip install "pssr-live[tensorrt]"',
        )
    return library, [], (device.name,)


def _store(bundle: Bundle, key: PlanKey, compiled: bytes) -> Plan:
    digest = hashlib.sha256(key.model_dump_json().encode()).hexdigest()
    name = f"{key.precision}-{key.height}x{key.width}-{digest[:12]}"
    path = bundle.plans / f"{name}.plan"
    record = PlanRecord(key=key, sha256=hashlib.sha256(compiled).hexdigest())
    try:
        path.parent.mkdir(exist_ok=True)
        write_whole(path, compiled)
        write_whole(path.with_suffix(".json"), record.model_dump_json(indent=2))
    except OSError as error:
        raise EngineError(
            f"The plan can't be written to {path.parent}: {why_refused(error, path)}.",
            f"Copy the folder {bundle.path} to where you may write, and build it there.",
        ) from error
    return Plan(path, record)
