"""Training a network by a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from engines.architectures.build import build_network
from engines.architectures.unfold import settle_norms
from pssr_live.training.batches import Batches
from pssr_live.training.checks import check_before, check_pixel_sizes
from pssr_live.training.course import Course
from pssr_live.training.dataset import PairSource, pair_sources
from pssr_live.training.device import find_device, half_precision, memory_named
from pssr_live.training.judge import Judge
from pssr_live.training.keeper import Keeper
from pssr_live.training.learner import Learner
from pssr_live.training.losses import Loss
from pssr_live.training.pool import Report, load_series
from pssr_live.training.recipe import Recipe
from pssr_live.training.restoring import restorer_of
from pssr_live.training.run_folder import Summary, check_run, close_run, load_network, open_run
from pssr_live.training.trained import begin_with, find_trained, teacher
from pssr_live.training.validation import exams

WINDOWS_TO_STATE = 8
LOSSES_TO_SHOW = 50
PAIRS_TO_SETTLE_BY = 4


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
    UserError, EngineError
        If data, output folder, memory, teacher or weights to begin with won't do, before any work;
        later only if memory runs out.
    """
    say = report or (lambda *_: None)
    goes_on = check_run(output, recipe)
    device = find_device(recipe.schedule.device)
    torch.manual_seed(recipe.seed)
    network = build_network(**recipe.network.model_dump())
    check_before(recipe, network, output)
    origins, taught_by = [], None
    if recipe.init and not goes_on:
        first = find_trained(recipe.init, data)
        begin_with(network, first)
        origins.append(f"Begun with the weights of {first.title}.")
    if recipe.teacher:
        master = find_trained(recipe.teacher, data)
        taught_by = teacher(master, recipe, device)
        origins.append(f"Taught by {master.title}.")
    training, selection, validation = (
        load_series(recipe, role, data) for role in ("training", "selection", "validation")
    )
    check_pixel_sizes(recipe, [*training, *selection, *validation])
    if not goes_on:
        open_run(output, recipe)
    sources = pair_sources(recipe, training, say)
    if recipe.init and not goes_on:
        _settle(network, sources.held_out, recipe.schedule.hr_tile)
    half = half_precision(recipe.schedule.precision, device)
    loss = Loss(recipe.loss, recipe.distillation)
    learner = Learner(network, loss, recipe.schedule.averaging, device, half)
    batches = Batches(sources.training, taught_by, twice=recipe.schedule.second_look)
    run = _Training(Course(recipe.schedule), learner, batches, Keeper(output), origins)
    judge = Judge(recipe, [images for _, images in selection], sources.held_out)
    if goes_on:
        run.take_up()
    else:
        run.course.start()
    try:
        while not (run.course.over and run.keeper.holds_a_network):
            run.epoch(judge, say)
    except KeyboardInterrupt:
        if not run.keeper.holds_a_network:
            raise
    restore = restorer_of(load_network(output)[0].to(device), recipe.network)
    names = recipe.used_crappifiers
    finals = exams([images for _, images in validation], names, WINDOWS_TO_STATE, recipe.seed)
    summary = Summary(
        command=command,
        input_range=sources.training.input_range(),
        validation=[final.figure(restore) for final in finals],
        origins=tuple(run.origins),
    )
    close_run(output, summary)
    return summary


def _settle(network: nn.Module, source: PairSource, tile: int) -> None:
    """Let batch norms find what they will get; the source goes on as if nothing had been drawn."""
    state = source.state()
    windows = source.batch(PAIRS_TO_SETTLE_BY, tile).windows
    source.set_state(state)
    settle_norms(network, torch.from_numpy(windows))


class _Training:
    """The parts of a training together: where it stands, what learns, from what, what is kept."""

    def __init__(
        self,
        course: Course,
        learner: Learner,
        batches: Batches,
        keeper: Keeper,
        origins: Sequence[str],
    ) -> None:
        self.course = course
        self.learner = learner
        self.batches = batches
        self.keeper = keeper
        self.origins = origins
        self.standing = ""
        self._stage: int | None = None

    def epoch(self, judge: Judge, report: Report) -> None:
        """Train for one epoch, judge what came of it, and keep what it takes to go on."""
        course, number = self.course, self.course.number
        stage = course.stages[number]
        if number != self._stage:
            self.learner.begin(stage)
            self._stage = number
        losses: list[float] = []
        with memory_named(self.learner.device, stage.batch, stage.tile):
            while not losses or (len(losses) < stage.steps and course.goes_on_in(number)):
                batch = self.batches.next(stage.batch, stage.tile)
                losses.append(self.learner.step(batch, *course.rate(number)))
                course.steps += 1
                loss = np.mean(losses[-LOSSES_TO_SHOW:])
                report(round(1000 * course.part), 1000, f"loss {loss:.3g}{self.standing}")
            verdict = judge.judge(self.learner)
        self.standing = f", {verdict}"
        self.keeper.close_epoch(
            self.learner.average, course.steps, course.seconds, float(np.mean(losses)), verdict
        )
        self._save()

    def take_up(self) -> None:
        """Go on where an epoch was last closed."""
        tensors, facts = self.keeper.take_up()
        self.course.set_state(facts["course"])
        self._stage, self.origins = facts["stage"], facts["origins"]
        self.learner.begin(self.course.stages[facts["stage"]])
        self.learner.set_state(tensors, facts["learner"])
        self.batches.set_state(tensors, facts["batches"])

    def _save(self) -> None:
        learner_tensors, learner = self.learner.state()
        batch_tensors, batches = self.batches.state()
        facts = {
            "course": self.course.state(),
            "stage": self._stage,
            "learner": learner,
            "batches": batches,
            "origins": self.origins,
        }
        self.keeper.save(learner_tensors | batch_tensors, facts)
