"""The experiment that a source's options ask for."""

from __future__ import annotations

from pathlib import Path

from acquisition.micromanager.mda.source import ExperimentSource
from acquisition.micromanager.options import MicroManagerOptions
from acquisition.plans import simple_plan


def experiment_source(options: MicroManagerOptions, url: str) -> ExperimentSource:
    """Make the source of an experiment that is to be run.

    Raises
    ------
    SourceError
        If its plan can't be read, or has something that can't be run.
    """
    if options.experiment:
        from acquisition.plans.useq_plan import read_plan

        return ExperimentSource(options, read_plan(Path(options.experiment).expanduser()), url)
    assert options.interval_s is not None  # noqa: S101 - it runs one
    plan = simple_plan(options.interval_s, options.channels, options.duration_s)
    return ExperimentSource(options, plan, url)
