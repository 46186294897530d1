"""Each position of a file restored into a file of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from acquisition import Experiment, names_of_positions
from acquisition.images import RESTORED_NAME
from pssr_live.offline.time_lapse import FileOptions, Outcome, Watch
from pssr_live.recording import ending_of


def restore_positions(
    experiment: Experiment,
    output: Path,
    options: FileOptions,
    *,
    stills: bool,
    watch: Watch,
    restore: Callable[..., Outcome],
) -> Outcome:
    """Restore each position into a file of its own; one that has no time-lapse is left out.

    Parameters
    ----------
    experiment : Experiment
        Of several positions, one of them a time-lapse at least, or an image where those will do.
    output : Path
        Named for all; each position's name is added.
    options : FileOptions
        With the channels and the slice.
    stills : bool
        Whether single images will do.
    watch : callable
        Told how it gets on, over all positions.
    restore : callable
        Restores one, given `output`, `options` and `watch`.

    Returns
    -------
    Outcome
        Of all, with the files.
    """
    longest: dict[int, int] = {}
    for key, part in experiment.streams.items():
        longest[key.position] = max(longest.get(key.position, 0), part.frame_count)
    names = names_of_positions(experiment.format.positions)
    outcomes: list[Outcome] = []
    missing = [experiment.missing] if experiment.missing else []
    kind = "an image" if stills else "a time-lapse"
    before = 0
    for position, name in enumerate(names):
        if longest.get(position, 0) < (1 if stills else 2):
            missing.append(f"{name} left out, which is not {kind}")
            continue

        def watch_all(done: int, _: int, before: int = before) -> None:
            watch(before + done, experiment.frame_count)

        own = _with_name(output, name)
        outcome = restore(
            output=own,
            options=replace(options, stream=options.stream._replace(position=position)),
            watch=watch_all,
        )
        before += outcome.frames
        outcomes.append(outcome._replace(files=(own,)))
    return Outcome(
        sum(outcome.frames for outcome in outcomes),
        sum(outcome.made for outcome in outcomes),
        "; ".join(missing),
        outcomes[0].streams,
        tuple(file for outcome in outcomes for file in outcome.files),
        "; ".join(filter(None, (outcome.verdicts for outcome in outcomes))),
    )


def _with_name(output: Path, position: str) -> Path:
    ending = ending_of(output)
    before = output.name[: len(output.name) - len(ending)].removesuffix(RESTORED_NAME)
    return output.with_name(f"{before}-{position}{output.name[len(before) :]}")
