"""A Micro-Manager with a whole microscope, and experiments run in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from acquisition import EndOfFrames, Frame, FrameSource, SourceError
from acquisition.micromanager.mda.source import ExperimentSource
from tests.acquisition.micromanager.conftest import LONG, OpenSource
from tests.acquisition.micromanager.harness import RunningMicroManager


@pytest.fixture
def micro_manager() -> Iterator[RunningMicroManager]:
    """A Micro-Manager with its server on a free port."""
    running = RunningMicroManager()
    running.tell("microscope")
    yield running
    running.kill()


RunPlan = Callable[[str], ExperimentSource]


@pytest.fixture
def run_plan(make_source: OpenSource, tmp_path: Path) -> RunPlan:
    """Make the source of an experiment whose plan is given as YAML."""

    def make(text: str) -> ExperimentSource:
        plan = tmp_path / "plan.yaml"
        plan.write_text(text, encoding="utf-8")
        source = make_source(f"experiment={plan}")
        assert isinstance(source, ExperimentSource)
        return source

    return make


def read_to_the_end(source: FrameSource) -> list[Frame]:
    """Read all frames of an experiment."""
    frames: list[Frame] = []
    while True:
        try:
            frame = source.read(LONG)
        except EndOfFrames:
            return frames
        assert frame is not None
        frames.append(frame)


def refused(source: FrameSource) -> SourceError:
    """Open a source and read it to its refusal."""
    try:
        source.open()
        read_to_the_end(source)
    except SourceError as error:
        return error
    pytest.fail("it was not refused")


__all__ = ["RunPlan", "read_to_the_end", "refused"]
