"""Training a network by a recipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from engines.architectures.build import build_network, plain_network
from pssr_live.training.batches import Batches
from pssr_live.training.course import Course
from pssr_live.training.dataset import PairMaker
from pssr_live.training.keeper import Keeper
from pssr_live.training.learner import Learner
from pssr_live.training.pool import Report, build_pool, load_series
from pssr_live.training.recipe import Recipe
from pssr_live.training.run_folder import Summary, close_run, load_network, open_run
from pssr_live.training.validation import Scores, exams, restorer

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
    source = PairMaker(pool, recipe.crappifiers, np.random.default_rng(recipe.seed + 1))
    training_run = _Training(recipe, source, Keeper(output))
    if goes_on:
        training_run.take_up()
    tests = exams(selection, WINDOWS_TO_SELECT_BY, recipe.seed)
    try:
        while not training_run.course.over:
            loss = training_run.epoch(say)
            figures = [
                test.figure(restorer(plain_network(training_run.learner.average))) for test in tests
            ]
            training_run.close_epoch(loss, Scores.over(figures) if figures else None)
    except KeyboardInterrupt:
        if not training_run.keeper.holds_a_network:
            raise
    restore = restorer(plain_network(load_network(output)[0]))
    finals = exams(validation, WINDOWS_TO_STATE, recipe.seed)
    summary = Summary(
        command=command,
        input_range=source.input_range(),
        validation=[final.figure(restore) for final in finals],
    )
    close_run(output, summary)
    return summary


class _Training:
    """The parts of a training together: where it stands, what learns, from what, what is kept."""

    def __init__(self, recipe: Recipe, source: PairMaker, keeper: Keeper) -> None:
        self.course = Course(recipe.schedule)
        self.learner = Learner(build_network(**recipe.network.model_dump()))
        self.batches = Batches(source)
        self.keeper = keeper
        self.standing = ""

    def epoch(self, report: Report) -> float:
        """Train for one epoch; return its mean loss."""
        losses: list[float] = []
        number, stage = self.course.number, self.course.stage
        while len(losses) < stage.steps and not self.course.over and self.course.number == number:
            windows, truths = self.batches.next(stage.batch, stage.tile)
            rate, momentum = self.course.rate()
            losses.append(self.learner.step(windows, truths, rate * stage.learning_rate, momentum))
            self.course.steps += 1
            loss = np.mean(losses[-LOSSES_TO_SHOW:])
            report(round(1000 * self.course.part), 1000, f"loss {loss:.3f}{self.standing}")
        return float(np.mean(losses))

    def close_epoch(self, loss: float, scores: Scores | None) -> None:
        """Keep what is worth keeping, and all that it takes to go on from here."""
        if scores:
            self.standing = (
                f", PSNR {scores.engine:.2f} dB (bilinear {scores.bilinear:.2f},"
                f" rolling mean {scores.rolling_mean:.2f})"
            )
        course = self.course
        self.keeper.close_epoch(self.learner.average, course.steps, course.seconds, loss, scores)
        tensors, learner = self.learner.state()
        batch_tensors, batches = self.batches.state()
        facts = {"course": course.state(), "learner": learner, "batches": batches}
        self.keeper.save(tensors | batch_tensors, facts)

    def take_up(self) -> None:
        """Go on where `close_epoch` was last called."""
        tensors, facts = self.keeper.take_up()
        self.course.set_state(facts["course"])
        self.learner.set_state(tensors, facts["learner"])
        self.batches.set_state(tensors, facts["batches"])
