"""Training a `lite` network by a recipe."""

from __future__ import annotations

import copy
import csv
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from engines.architectures.lite import Lite
from engines.bundle import InputRange
from pssr_live.training.crappify import SCALE_FACTOR
from pssr_live.training.dataset import CENTRE, PairMaker
from pssr_live.training.pool import FRAMES, Pool, Report, build_pool, load_series
from pssr_live.training.recipe import Recipe
from pssr_live.training.run_folder import (
    CHECKPOINT,
    LOG,
    STATE,
    Summary,
    close_run,
    cut_log,
    load_network,
    open_run,
)
from pssr_live.training.run_state import (
    load_state,
    network_tensors,
    optimiser_tensors,
    save_state,
    set_network,
    set_optimiser,
)
from pssr_live.training.validation import Scores, exams

AVERAGING = 0.999
MOMENTUM = (0.95, 0.85)
# Below this the error of the baselines is no measure of how hard a sample is.
SMALLEST_ERROR = 1e-4
WINDOWS_TO_SELECT_BY = 4
WINDOWS_TO_STATE = 8
LOSSES_TO_SHOW = 50


def train(
    recipe: Recipe,
    data: Path,
    output: Path,
    report: Report | None = None,
    command: str = "pssr-live train",
) -> Summary:
    """Train, and keep the best epoch in the folder `output`.

    Ctrl-C ends training early; what was best so far is kept. Called again with the same recipe and
    folder, it goes on after the last whole epoch, on one CPU and by steps bit for bit as if it had
    never stopped.

    Parameters
    ----------
    recipe : Recipe
    data : Path
        Folder that the recipe's paths begin at.
    output : Path
        New folder for the checkpoint, the log, the recipe and the summary.
    report : callable, optional
        Called with (done, total, text) while the work goes on.
    command : str
        For the summary: how this run was started.

    Returns
    -------
    Summary
        With the best network's figures on the recipe's validation series.

    Raises
    ------
    UserError
        If the data or the output folder won't do, before any work.
    """
    say = report or (lambda *_: None)
    training = load_series(recipe, "training", data)
    selection = [series for _, series in load_series(recipe, "selection", data)]
    validation = [series for _, series in load_series(recipe, "validation", data)]
    goes_on = open_run(output, recipe)
    torch.manual_seed(recipe.seed)
    pool = build_pool(recipe, training, recipe.seed, say)
    maker = PairMaker(pool, recipe.crappifiers, np.random.default_rng(recipe.seed + 1))
    run = _Run(maker, recipe, output)
    if goes_on:
        run.go_on()
    tests = exams(selection, WINDOWS_TO_SELECT_BY, recipe.seed)
    try:
        while not run.over:
            loss = run.epoch(say)
            figures = [test.figure(run.restore) for test in tests]
            run.close_epoch(loss, Scores.over(figures) if figures else None)
    except KeyboardInterrupt:
        if not (output / CHECKPOINT).is_file():
            raise
    restore = restorer(load_network(output)[0])
    finals = exams(validation, WINDOWS_TO_STATE, recipe.seed)
    summary = Summary(
        command=command,
        input_range=_input_range(pool, maker),
        validation=[final.figure(restore) for final in finals],
    )
    close_run(output, summary)
    return summary


def restorer(network: Lite) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Turn a network into a function from a window (5, H, W) to a restored frame (4H, 4W)."""

    def restore(window: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            restored: NDArray[np.float32] = network(torch.from_numpy(window)[None])[0, 0].numpy()
        return restored

    return restore


def relative_loss(restored: Tensor, truths: Tensor, windows: Tensor) -> Tensor:
    """Mean squared error of each sample in parts of what is easily had, averaged.

    That is bilinear enlargement of the centre frame or of the mean of the frames, whichever is
    better. A dim sample's errors are a hundred times a bright one's; so measured each counts alike,
    as it does in dB.
    """
    easy = torch.cat([windows[:, CENTRE : CENTRE + 1], windows.mean(dim=1, keepdim=True)], dim=1)
    enlarged = functional.interpolate(easy, size=truths.shape[-2:], mode="bilinear")
    errors = (enlarged - truths).square().mean(dim=(2, 3))
    yardstick = errors.amin(dim=1).clamp(min=SMALLEST_ERROR)
    return ((restored - truths).square().mean(dim=(1, 2, 3)) / yardstick).mean()


def one_cycle(part: float) -> tuple[float, float]:
    """Learning rate, as part of the highest, and momentum at a part (0..1) of the training.

    The rate rises linearly for the first 30 % while the momentum falls, then goes to zero along a
    cosine while the momentum rises again.
    """
    high, low = MOMENTUM
    if part < 0.3:
        rise = part / 0.3
        return 0.04 + 0.96 * rise, high + (low - high) * rise
    fall = 0.5 * (1 + np.cos(np.pi * (part - 0.3) / 0.7))
    return float(fall), float(high + (low - high) * fall)


class _Run:
    """The moving parts of a training: network, its running average, optimiser, log."""

    def __init__(self, maker: PairMaker, recipe: Recipe, output: Path) -> None:
        network = Lite(FRAMES, recipe.network.channels, recipe.network.layers)
        self.average = copy.deepcopy(network).eval()
        # Twice as fast on a CPU.
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.restore = restorer(self.average)
        self.maker = maker
        self.schedule = recipe.schedule
        self.output = output
        self.steps = 0
        self.best = -np.inf
        self.standing = ""
        self.started = time.monotonic()
        rate = self.schedule.learning_rate
        self.optimiser = torch.optim.Adam(network.parameters(), lr=rate, betas=(MOMENTUM[0], 0.99))

    @property
    def part(self) -> float:
        """How much of the training is done, 0 to 1."""
        if self.schedule.minutes:
            return min(1.0, (time.monotonic() - self.started) / (60 * self.schedule.minutes))
        return self.steps / (self.schedule.epochs * self.schedule.steps)

    @property
    def over(self) -> bool:
        """Whether the schedule is through."""
        return self.part >= 1.0

    def epoch(self, report: Report) -> float:
        """Train for one epoch; return its mean loss."""
        losses: list[float] = []
        while len(losses) < self.schedule.steps and not self.over:
            rate, momentum = one_cycle(self.part)
            for group in self.optimiser.param_groups:
                group["lr"] = rate * self.schedule.learning_rate
                group["betas"] = (momentum, group["betas"][1])
            losses.append(self._step())
            self._follow()
            loss = np.mean(losses[-LOSSES_TO_SHOW:])
            report(round(1000 * self.part), 1000, f"loss {loss:.3f}{self.standing}")
        return float(np.mean(losses))

    def close_epoch(self, loss: float, scores: Scores | None) -> None:
        """Log the epoch, and keep the network if it is the best so far.

        The best is that of the highest PSNR, or of the lowest loss where there is nothing to
        measure PSNR on.
        """
        seconds = round(time.monotonic() - self.started, 1)
        row: list[object] = [self.steps, f"{loss:.5f}", seconds]
        if scores:
            row += [f"{score:.4f}" for score in scores]
            self.standing = (
                f", PSNR {scores.engine:.2f} dB (bilinear {scores.bilinear:.2f},"
                f" rolling mean {scores.rolling_mean:.2f})"
            )
        with (self.output / LOG).open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow(row)
        merit = scores.engine if scores else -loss
        if merit > self.best:
            self.best = merit
            save_file(self.average.state_dict(), self.output / CHECKPOINT)
        self.save()

    def save(self) -> None:
        """Write down all that the rest of the training depends on."""
        windows, truths = self.batch
        tensors = {"batch.windows": windows, "batch.truths": truths}
        tensors |= network_tensors("network", self.network)
        tensors |= network_tensors("average", self.average)
        tensors |= optimiser_tensors(self.optimiser)
        facts = {
            "steps": self.steps,
            "best": self.best,
            "seconds": time.monotonic() - self.started,
            "random": self.maker.rng.bit_generator.state,
            "photons": _ends(self.maker.photons),
            "snrs": self.maker.snrs,
        }
        save_state(self.output / STATE, tensors, facts)

    def go_on(self) -> None:
        """Take up the training where `save` was last called."""
        tensors, facts = load_state(self.output / STATE)
        self.batch = tensors["batch.windows"], tensors["batch.truths"]
        set_network("network", self.network, tensors)
        set_network("average", self.average, tensors)
        set_optimiser(self.optimiser, tensors)
        self.steps, self.best = facts["steps"], facts["best"]
        self.started = time.monotonic() - facts["seconds"]
        self.maker.rng.bit_generator.state = facts["random"]
        self.maker.photons[:], self.maker.snrs[:] = facts["photons"], facts["snrs"]
        cut_log(self.output, self.steps)

    def _step(self) -> float:
        windows, truths = self._next_batch()
        self.optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=_bf16_is_fast()):
            restored = self.network(windows.contiguous(memory_format=torch.channels_last))
        loss = relative_loss(restored.float(), truths, windows)
        torch.autograd.backward(loss)
        self.optimiser.step()
        self.steps += 1
        return float(loss.detach())

    def _next_batch(self) -> tuple[Tensor, Tensor]:
        """Draw a batch, or show the last one again, turned and played backwards.

        Crappifying takes as long as learning from it; the second look costs nothing.
        """
        if self.steps % 2 == 0:
            pairs = self.maker.batch(self.schedule.batch)
            self.batch = torch.from_numpy(pairs.windows), torch.from_numpy(pairs.truths)
            return self.batch
        windows, truths = self.batch
        return windows.flip(1).rot90(1, (2, 3)), truths.rot90(1, (2, 3))

    def _follow(self) -> None:
        """Move the running average of the weights, quickly at first."""
        keep = min(AVERAGING, self.steps / (self.steps + 10))
        with torch.no_grad():
            for slow, fast in zip(
                self.average.parameters(), self.network.parameters(), strict=True
            ):
                slow.lerp_(fast, 1 - keep)


def _bf16_is_fast() -> bool:
    """Whether the processor computes in bf16 itself: then twice as fast, else much slower."""
    # Older torch does not say.
    capabilities: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16"))


def _input_range(pool: Pool, maker: PairMaker) -> InputRange:
    """Measure what the training windows were like."""
    return InputRange(
        pixel_size_um=_span([SCALE_FACTOR * size for size in pool.pixel_sizes_um]),
        photons_at_peak=_span(maker.photons),
        snr=_span(maker.snrs),
    )


def _ends(values: Sequence[float]) -> list[float]:
    """Lowest and highest: all that `_span` will ask for."""
    return [min(values), max(values)] if values else []


def _span(values: Sequence[float]) -> tuple[float, float] | None:
    return (round(min(values), 4), round(max(values), 4)) if values else None
