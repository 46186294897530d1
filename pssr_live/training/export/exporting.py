"""``pssr-live export``: an engine bundle of a training run or of another bundle."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from rich.markup import escape

from engines import (
    BACKENDS,
    LARGEST_LOSS,
    Bundle,
    OtherPrecision,
    PlanPrecision,
    Precision,
    add_variant,
    build_plan,
    check_first_opening,
    check_place,
    copy_bundle,
    find_onnx,
    find_tensorrt,
    list_plans,
    load_bundle,
    onnx_restorer,
    open_engine,
    to_half,
    to_int8,
    verify_plans,
)
from pssr_live.engine_tables import print_losses, print_warnings
from pssr_live.errors import UserError
from pssr_live.terminal import Terminal
from pssr_live.training.recipe import RECIPE_FILE

if TYPE_CHECKING:
    from pssr_live.training.data import ReportProgress

# What redoes the proof of an export, for each backend and precision that there is.
PROVED_BY: Mapping[str, Mapping[Precision, str]] = MappingProxyType(
    {
        "onnx": {"fp32": "onnxruntime", "fp16": "onnxruntime-fp16", "int8": "onnxruntime-int8"},
        "openvino": {"fp32": "openvino-f32", "int8": "openvino-int8"},
        "tensorrt": {"fp32": "tensorrt", "fp16": "tensorrt"},
    }
)
WHY_NOT = {
    ("openvino", "fp16"): "OpenVINO takes the float32 model, and computes in bf16 by itself where "
    "the CPU can",
    ("tensorrt", "int8"): "TensorRT's plans are made in fp32 or fp16",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """What an export shall be.

    Attributes
    ----------
    backend : str
        ``onnx``, ``openvino`` or ``tensorrt``.
    precision : str, optional
        ``fp32``, ``fp16`` or ``int8``; without, fp16 for TensorRT and fp32 for the others.
    frame_size : tuple of (int, int)
        Height and width in LR pixels, for a TensorRT plan.
    compute_capabilities : sequence of str
        Of the GPUs that shall run the plan; none for the one that is here.
    calibration, validation : sequence of Path
        HR time-lapses to round by, beside scenes that are made, and to measure the loss on.
    from_v1 : bool
        Whether the source is a file that PSSR v1 wrote.
    v1_statistics : tuple of (float, float), optional
        Mean and standard deviation of the images in its training, where the file does not say.
    """

    backend: str = "onnx"
    precision: str | None = None
    frame_size: tuple[int, int] = (440, 440)
    compute_capabilities: Sequence[str] = ()
    calibration: Sequence[Path] = ()
    validation: Sequence[Path] = ()
    from_v1: bool = False
    v1_statistics: tuple[float, float] | None = None

    def checked_precision(self) -> Precision:
        """Return the precision, if all of the order can be had.

        Raises
        ------
        UserError, EngineError
            If it can't, or a library is missing.
        """
        if self.backend not in PROVED_BY:
            raise UserError(
                f"There is no backend {self.backend!r} to export for.",
                f"Choose one of {', '.join(PROVED_BY)}.",
            )
        able = PROVED_BY[self.backend]
        chosen = self.precision or ("fp16" if self.backend == "tensorrt" else "fp32")
        if chosen not in able:
            reason = WHY_NOT.get((self.backend, chosen), f"There is no precision {chosen!r}")
            raise UserError(f"{reason}.", f"With --backend {self.backend} use {', '.join(able)}.")
        if self.compute_capabilities and self.backend != "tensorrt":
            raise UserError(
                "A compute capability is a GPU's, and goes with TensorRT.",
                "Add --backend tensorrt, or leave --compute-capability out.",
            )
        if (self.calibration or self.validation) and (
            chosen == "fp32" or self.backend == "tensorrt"
        ):
            raise UserError(
                "Recordings for calibration and validation are used for models in fp16 or int8 "
                "only.",
                "Add --precision int8, or leave --calibration and --validation out.",
            )
        if self.backend == "tensorrt":
            find_tensorrt(self.compute_capabilities)
        if chosen != "fp32":
            find_onnx()
        return cast("Precision", chosen)


def export_engine(source: str, output: Path, order: ExportOptions, *, force: bool) -> None:
    """Export, compare with the trained network on the proof, and say what it came to.

    Parameters
    ----------
    source : str
        Folder of a training run, name of a bundled engine, a bundle's folder, or a file of PSSR v1.
    output : Path
        Folder of the bundle to make.
    order : ExportOptions
    force : bool
        Whether a bundle that stands there already may go.

    Raises
    ------
    UserError, EngineError
        If it can't be done; nothing is then left at `output` that was not there before.
    """
    precision = order.checked_precision()
    check_place(output, replace=force)
    console = Terminal()
    with console.status("reading") as status, tempfile.TemporaryDirectory() as folder:
        drafts = Path(folder)

        def report(done: int, total: int, text: str) -> None:
            status.update(escape(f"{text}: {done} of {total}"))

        bundle = _open(source, drafts / "run", order)
        if order.backend == "tensorrt":
            bundle = copy_bundle(bundle, drafts / "planned")
            status.update("building with TensorRT")
            told = _planned(bundle, order, cast("PlanPrecision", precision))
        else:
            if precision != "fp32":
                bundle = _rounded(
                    bundle, precision, order, folder=drafts / "rounded", report=report
                )
            status.update("redoing the proof")
            told = _proof(bundle, PROVED_BY[order.backend][precision])
        bundle = copy_bundle(bundle, output, replace=force)
    title = f"{bundle.path}: {bundle.manifest.name} {bundle.manifest.version}"
    console.print(f"{title}\n{told}", highlight=False, markup=False, soft_wrap=True)
    print_warnings(bundle.manifest, console)
    variant = bundle.manifest.variant(precision)
    if variant is not None and order.backend != "tensorrt":
        print_losses(precision, variant, console)
        if (variant.largest_loss or 0) > LARGEST_LOSS:
            console.print(
                f"More than {LARGEST_LOSS:g} dB, so auto leaves it out; it is used only by name."
            )


def _open(source: str, folder: Path, order: ExportOptions) -> Bundle:
    """Load a bundle, or make one of a training run or of a file of PSSR v1."""
    if order.from_v1:
        try:
            from engines.architectures import V1Statistics
            from pssr_live.training.export.pssr_v1 import import_v1
        except ImportError as error:
            raise _not_installed(error) from error
        stated = order.v1_statistics
        return import_v1(Path(source), folder, statistics=V1Statistics(*stated) if stated else None)
    if not (Path(source) / RECIPE_FILE).is_file():
        bundle = load_bundle(source)
        check_first_opening(bundle)
        return bundle
    try:
        from pssr_live.training.export.bundling import bundle_run
    except ImportError as error:
        raise _not_installed(error) from error
    return bundle_run(Path(source), folder)


def _rounded(
    bundle: Bundle,
    precision: OtherPrecision,
    order: ExportOptions,
    *,
    folder: Path,
    report: ReportProgress,
) -> Bundle:
    """Add the model in a coarser precision, with what it loses."""
    try:
        from pssr_live.training.export.precision import gather_precision_data, measure_losses
    except ImportError as error:
        raise _not_installed(error) from error
    seen = bundle.manifest.seen
    float32 = bundle.model.read_bytes()
    training_data = gather_precision_data(
        bundle.manifest.crappifiers, order.calibration, order.validation, report=report
    )
    coarse = (
        to_half(float32) if precision == "fp16" else to_int8(float32, training_data.windows(seen))
    )
    whole, rounded = onnx_restorer(float32), onnx_restorer(coarse)
    losses = measure_losses(
        training_data.to_measure_on,
        lambda window: whole(window[seen]),
        lambda window: rounded(window[seen]),
        report=report,
    )
    return add_variant(bundle, precision, coarse, losses=losses, folder=folder)


def _proof(bundle: Bundle, backend: str) -> str:
    """Have the proof redone by what the export is for."""
    height, width = bundle.proof.window.shape[1:]
    selection = open_engine(
        str(bundle.path), backend=backend, height=height, width=width, dtype="uint16"
    )
    selection.engine.close()
    (trial,) = selection.report.trials
    return (
        f"{trial.backend} reproduces the proof: {trial.proof_error:.2g} network units off, "
        f"{trial.tolerance:g} allowed"
    )


def _planned(bundle: Bundle, order: ExportOptions, precision: PlanPrecision) -> str:
    """Build a TensorRT plan, and prove it where there is a GPU for it."""
    height, width = order.frame_size
    plan = build_plan(
        bundle, order.compute_capabilities, height=height, width=width, precision=precision
    )
    if BACKENDS["tensorrt"].why_not() is None:
        verify_plans(bundle)
    return str(next(found for found in list_plans(bundle) if found.path == plan.path))


def _not_installed(error: ImportError) -> UserError:
    return UserError(
        f"This export needs a package that is not installed: {error.name}.",
        'Install what training and export need: python -m pip install "pssr-live[train]"',
    )
