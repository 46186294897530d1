"""Training a network by a recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import nn

from engines import EngineError, TrainingSeries, ValidationFigure
from engines.architectures import build_network, settle_norms
from pssr_live.errors import UserError
from pssr_live.training.data import (
    Batches,
    PairSource,
    ReportProgress,
    ValidationSet,
    check_before,
    find_training_data,
)
from pssr_live.training.loop.device import find_device, half_precision
from pssr_live.training.loop.encoder_weights import begin_encoder
from pssr_live.training.loop.epoch_validation import EpochValidation
from pssr_live.training.loop.learner import Learner
from pssr_live.training.loop.losses import Loss
from pssr_live.training.loop.pretrained import begin_with, find_pretrained, teacher
from pssr_live.training.loop.schedule_progress import ScheduleProgress, stages
from pssr_live.training.loop.stopping import ending
from pssr_live.training.loop.torch_restorer import restorer_of
from pssr_live.training.loop.training_run import TrainingRun
from pssr_live.training.process_group import ProcessGroup
from pssr_live.training.recipe import Recipe
from pssr_live.training.run import (
    Checkpoints,
    ProgressFiles,
    RunSummary,
    choose_samples,
    close_run,
    find_state,
    load_network,
    open_run,
    series_of,
)

PAIRS_TO_SETTLE_BY = 4


def train(
    recipe: Recipe,
    data: Path,
    output: Path,
    *,
    report: ReportProgress | None = None,
    command: str = "pssr-live train",
    log: Callable[[str], None] | None = None,
    stop: Callable[[], bool] | None = None,
    group: ProcessGroup | None = None,
) -> RunSummary:
    """Train, and keep the best epoch in the folder `output`.

    Stopped, it measures what was best so far. Called again with the same recipe and folder, it goes
    on where it was last saved, on one CPU and by steps bit for bit as if it had never stopped. It
    is saved after every epoch, every ten minutes, and when it is stopped.

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
    log : callable, optional
        Called with a line for people, after every epoch above all.
    stop : callable, optional
        Asked after every step whether to stop.
    group : ProcessGroup, optional
        Processes that share every batch. The first alone writes, judges and tells.

    Returns
    -------
    RunSummary
        With the best network's figures on the recipe's validation series.

    Raises
    ------
    UserError, EngineError
        If data, output folder, memory, teacher or weights to begin with won't do, before any work;
        later only if memory runs out.
    KeyboardInterrupt
        If it was stopped, and there is nothing to measure yet, or others would have to wait.
    """
    progress, log, stop = (
        report or (lambda *_: None),
        log or (lambda _: None),
        stop or (lambda: False),
    )
    group = group or ProcessGroup()
    _agree(group, recipe)
    state = group.from_main(find_state(output, recipe) if group.is_main else b"")
    device = group.place(find_device(recipe.schedule.device))
    torch.manual_seed(recipe.seed)
    network = build_network(**recipe.network.model_dump())
    check_before(recipe, network, output, processes=group.neighbours)
    origins, taught_by = [], None
    if recipe.init and not state:
        first = find_pretrained(recipe.init, data)
        begin_with(network, first)
        origins.append(f"Begun with the weights of {first.title}.")
    if recipe.encoder_weights and not state:
        title = begin_encoder(network, data / recipe.encoder_weights)
        origins.append(f"The encoder began as {title}.")
    if recipe.teacher:
        master = find_pretrained(recipe.teacher, data)
        taught_by = teacher(master, recipe, device)
        origins.append(f"Taught by {master.title}.")
    training_data = find_training_data(recipe, data)
    if group.is_main:
        open_run(output, recipe, new=not state)
    sources = training_data.sources(ending(progress, stop))
    if recipe.init and not state:
        _settle(network, sources.held_out, recipe.schedule.hr_tile)
    half = half_precision(recipe.schedule.precision, device)
    loss = Loss(recipe.loss, recipe.distillation, gap_weight=recipe.gap_weight)
    learner = Learner(
        network,
        loss,
        recipe.schedule.averaging,
        device=device,
        half=half,
        weight_decay=recipe.schedule.weight_decay,
        group=group,
    )
    batches = Batches(sources.training, taught_by, twice=recipe.schedule.second_look, group=group)
    validation, progress_files = None, None
    if group.is_main:
        validation = EpochValidation(recipe, training_data.selection(), sources.held_out)
        progress_files = ProgressFiles(
            output, choose_samples(validation.validation_sets, validation.held_out), log
        )
    run = TrainingRun(
        ScheduleProgress(recipe.schedule),
        learner,
        batches,
        checkpoints=Checkpoints(output, log),
        origins=origins,
        stop=stop,
    )
    if state:
        run.resume(state)
    try:
        run.go(validation, progress_files, progress, log=log)
    except KeyboardInterrupt:
        if group.size > 1 or not run.checkpoints.holds_a_network:
            raise
    if group.is_main:
        run.close(validation, progress_files)
    if run.stopped:
        again = f":\n  {command}" if group.size == 1 else "."
        log(f"Stopped. All is kept in {output}; the same command goes on{again}")
        if group.size > 1 or not run.checkpoints.holds_a_network:
            raise KeyboardInterrupt
    if group.is_main and not run.checkpoints.holds_a_network:
        raise UserError(
            "The training diverged: its loss is not a number.",
            "Train into a new folder, with a smaller learning_rate in the recipe.",
        )
    if not group.is_main:
        return RunSummary.model_validate_json(group.from_main(b""))
    summary = RunSummary(
        command=command,
        input_range=sources.training.input_range(),
        validation=_measured(
            output, recipe, training_data.finals(), device=device, report=progress
        ),
        origins=tuple(run.origins),
        training=_learnt_from(recipe, data, training_data.prints),
    )
    close_run(output, summary)
    group.from_main(summary.model_dump_json().encode())
    return summary


def _learnt_from(
    recipe: Recipe, data: Path, prints: Mapping[str, Sequence[str]]
) -> tuple[TrainingSeries, ...]:
    """Name what the network has seen: its own series, and those of the networks before it."""
    series = series_of(recipe, prints)
    for place in filter(None, (recipe.init, recipe.teacher)):
        try:
            series += find_pretrained(place, data).training
        except (UserError, EngineError):
            # A training that goes on needs the weights no more that it began with.
            series.append(TrainingSeries(name=place, licence="not known", source="not known"))
    return tuple({one.model_dump_json(): one for one in series}.values())


def _agree(group: ProcessGroup, recipe: Recipe) -> None:
    """See that all processes train the same, and that each has a part in it."""
    own = recipe.model_dump_json().encode()
    if group.from_main(own) != own:
        raise UserError(
            "The processes were given different recipes.",
            "Start all of them with the same command; paths outside a recipe must be the same too.",
        )
    for stage in stages(recipe.schedule):
        group.share(stage.batch)


def _settle(network: nn.Module, source: PairSource, tile: int) -> None:
    """Let batch norms find what they will get."""
    pairs = source.pairs(range(PAIRS_TO_SETTLE_BY), tile)
    settle_norms(network, torch.from_numpy(pairs.windows))


def _measured(
    output: Path,
    recipe: Recipe,
    finals: list[ValidationSet],
    *,
    device: torch.device,
    report: ReportProgress,
) -> list[ValidationFigure]:
    """Measure the best network on the validation series."""
    restore = restorer_of(load_network(output)[0].to(device), recipe.network)
    figures = []
    for number, final in enumerate(finals):
        report(number, len(finals), "measuring the best network")
        figures.append(final.figure(restore))
    return figures
