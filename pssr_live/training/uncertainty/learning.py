"""Teaching a trained engine to say how far off it may be, and measuring how far that holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engines import Bundle, PredictedUncertainty, export_uncertainty, quoted
from engines.architectures import Lite, Uncertain, build_network
from pssr_live.errors import UserError
from pssr_live.training.data import (
    FRAMES,
    Batch,
    Batches,
    ReportProgress,
    ValidationSet,
    check_before,
    find_training_data,
)
from pssr_live.training.loop import (
    Pretrained,
    begin_with,
    ending,
    find_device,
    find_pretrained,
    memory_named,
)
from pssr_live.training.recipe import Recipe
from pssr_live.training.uncertainty.conformal import (
    LEVEL,
    ConformalCalibration,
    Scored,
    calibrate,
    score,
)

# In the pool, unless told otherwise.
FILMS = 1000
# Batches to learn from.
STEPS = 1200
HIGHEST_RATE = 3e-3
# In network units, about parts of the peak: a likelihood without a floor is learnt from the few
# pixels that happen to be right.
SMALLEST_SCALE = 1e-3


def learn_uncertainty(
    engine: str,
    recipe: Recipe,
    data: Path,
    *,
    output: Path,
    report: ReportProgress,
    command: str,
    stop: Callable[[], bool],
) -> Bundle:
    """Write an engine's bundle anew with a model that predicts its uncertainty.

    A head on the engine's frozen network learns on the recipe's pairs; it is calibrated on the
    recipe's validation series.

    Parameters
    ----------
    engine : str
        A bundled engine's name, or a bundle's folder.
    recipe : Recipe
        With the engine's network.
    data : Path
        Folder that the recipe's paths begin at.
    output : Path
        New folder for the bundle.
    report : callable
        Called with (done, total, text) while the work goes on.
    command : str
        For the manifest: how this was started.
    stop : callable
        Asked after every step whether to stop.

    Raises
    ------
    UserError, EngineError
        If engine, recipe, data or output folder won't do, before any work; later only if nothing
        was learnt.
    KeyboardInterrupt
        If it was stopped; nothing is written then.
    """
    if output.exists():
        raise UserError(f"{output} exists already.", "Name another folder with --output.")
    pretrained = find_pretrained(engine)
    if pretrained.bundle is None:
        raise UserError(
            f"{engine} is a training run, not an engine.",
            f"Export it first: pssr-live export {quoted(engine)} --output FOLDER",
        )
    network = _with_head(pretrained, recipe)
    check_before(recipe, network, output)
    _check_names(recipe)
    training_data = find_training_data(recipe, data)
    validation_sets = training_data.finals()
    _check_calibration(validation_sets)
    report = ending(report, stop)
    batches = Batches(training_data.sources(report).training)
    _learn(network, batches, recipe, report=report)
    scored = []
    for number, validation_set in enumerate(validation_sets):
        report(number, len(validation_sets), "calibrating")
        scored.append(_scored(network, validation_set))
    calibration = calibrate(scored)
    if not np.isfinite(calibration.factor):
        raise UserError(
            "It learnt to expect no error where there is one, so no interval is wide enough.",
            f"Learn on more films, --films {2 * recipe.schedule.tiles}, or by another --seed.",
        )
    network.factor.fill_(calibration.factor)
    stated = PredictedUncertainty(
        level=LEVEL,
        method=_in_words(calibration, validation_sets),
        coverage=calibration.coverage,
        command=command,
        seed=recipe.seed,
    )
    return export_uncertainty(network, pretrained.bundle, stated, folder=output)


def negative_log_likelihood(scale: Tensor, residual: Tensor) -> Tensor:
    """Of residuals by Laplace distributions of these scales, on average.

    Kendall and Gal, "What uncertainties do we need in Bayesian deep learning for computer vision?",
    NeurIPS 2017, with the scale itself predicted, not its logarithm.

    Parameters
    ----------
    scale : Tensor, shape (N, 1, H, W)
        Of LR pixels.
    residual : Tensor, shape (N, 1, sH, sW)
        Truth - restored, or its magnitude.
    """
    spread = spread_over(scale, residual).clamp(min=SMALLEST_SCALE)
    return (torch.log(2 * spread) + residual.abs() / spread).mean()


def spread_over(scale: Tensor, restored: Tensor) -> Tensor:
    """Give every restored pixel (N, 1, sH, sW) the scale of its LR pixel (N, 1, H, W)."""
    return functional.interpolate(scale, size=restored.shape[-2:], mode="nearest")


def _with_head(pretrained: Pretrained, recipe: Recipe) -> Uncertain:
    torch.manual_seed(recipe.seed)
    trunk = build_network(**recipe.network.model_dump())
    if not isinstance(trunk, Lite):
        raise UserError(
            f"Only the network lite can predict its uncertainty; {pretrained.name} is another.",
            "Use an engine with the network lite: pssr-live engines show NAME tells.",
        )
    begin_with(trunk, pretrained)
    return Uncertain(trunk)


def _check_names(recipe: Recipe) -> None:
    """Refuse recordings of one name: what is left out, and counted, is told by its name."""
    paths: dict[str, str] = {}
    for series in recipe.series:
        if series.role != "validation":
            continue
        first = paths.setdefault(series.title, series.path)
        if first != series.path:
            raise UserError(
                f"{first} and {series.path} are both called {series.title}, and would be taken "
                "for one recording.",
                "Give each --validation file a name of its own.",
            )


def _check_calibration(validation_sets: Sequence[ValidationSet]) -> None:
    if len({validation_set.series for validation_set in validation_sets}) < 2:
        raise UserError(
            "Two recordings that the engine was not trained on are needed: one to calibrate "
            "on, and one to check the calibration with.",
            "Name two at least: --validation HR1.tif --validation HR2.tif",
        )


def _learn(network: Uncertain, batches: Batches, recipe: Recipe, *, report: ReportProgress) -> None:
    """Let the head learn; the network that it stands on is left alone."""
    device = find_device(recipe.schedule.device)
    size, tile = recipe.schedule.batch, recipe.schedule.hr_tile
    network.to(device).train()
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    optimiser = torch.optim.Adam(weights)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, HIGHEST_RATE, total_steps=STEPS)
    with memory_named(device, size, tile):
        for step in range(STEPS):
            report(step, STEPS, "learning how far off it is")
            windows, truths = _on(device, batches.next(size, tile))
            restored, scale = network(windows)
            loss = negative_log_likelihood(scale, truths - restored)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            rates.step()
    network.cpu().eval()


def _on(device: torch.device, batch: Batch) -> tuple[Tensor, Tensor]:
    return batch.windows.to(device), batch.truths.to(device)


def _scored(network: Uncertain, validation_set: ValidationSet) -> Scored:
    """Restore a validation set's windows, and see how far off that is in predicted scales."""
    frames = network.trunk.head.in_channels
    first = (FRAMES - frames) // 2
    restored, scales = [], []
    for window in validation_set.windows[:, first : first + frames]:
        with torch.inference_mode():
            image, scale = network(torch.from_numpy(np.ascontiguousarray(window))[None])
            restored.append(image[0, 0].numpy())
            scales.append(spread_over(scale, image)[0, 0].numpy())
    return score(
        validation_set.series,
        validation_set.setting,
        validation_set.truths,
        restored=np.stack(restored),
        scale=np.stack(scales),
    )


def _in_words(calibration: ConformalCalibration, validation_sets: Sequence[ValidationSet]) -> str:
    series = ", ".join(dict.fromkeys(validation_set.series for validation_set in validation_sets))
    return (
        "Laplace scale by a head on the frozen network, widened by split conformal prediction on "
        f"{series}, {calibration.words()}. Coverage: of each recording by a calibration on the "
        "others; of HR pixels, with no affine fit, the truth's own noise counted as an error."
    )
