"""Micro-Manager's own experiments: whatever we do beside one, it runs to its end."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.acquisition.micromanager.conftest import LONG, OpenSource, read_frames
from tests.acquisition.micromanager.experiment import ACQ_ENG_J, DEFAULT
from tests.acquisition.micromanager.harness import RunningMicroManager

POINTS = 20
ENGINES = pytest.mark.parametrize("engine", [DEFAULT, ACQ_ENG_J])


def begin(micro_manager: RunningMicroManager, interval_s: float = 0.05, **more: Any) -> None:
    """Start an experiment in Micro-Manager."""
    micro_manager.tell("experiment", {"points": POINTS, "interval_s": interval_s, **more})


def account_of(micro_manager: RunningMicroManager) -> dict[str, Any]:
    """Wait for an experiment's end, and say what came of it."""
    give_up = time.monotonic() + LONG
    while (account := micro_manager.tell("account"))["running"]:
        assert time.monotonic() < give_up, account
        time.sleep(0.01)
    return dict(account)


COMPLETE = {"running": False, "images": POINTS, "error": ""}


@ENGINES
@pytest.mark.parametrize("interval_s", [0.02, 0])
def test_the_tests_experiment_fails_where_a_sequence_runs(
    micro_manager: RunningMicroManager, engine: str, interval_s: float
) -> None:
    """As Micro-Manager's own does, and with the words of its engine."""
    begin(micro_manager, interval_s, engine=engine)
    assert account_of(micro_manager) == COMPLETE
    micro_manager.core("startContinuousSequenceAcquisition", 0)
    begin(micro_manager, interval_s, engine=engine)
    account = account_of(micro_manager)
    assert account["images"] == 0
    words = "Device failure: Camera" if engine == DEFAULT else "while sequence acquisition is"
    assert words in account["error"]
    assert not micro_manager.core("isSequenceRunning")


@ENGINES
def test_the_tests_experiment_is_killed_by_a_sequence_between_two_snaps(
    micro_manager: RunningMicroManager, engine: str
) -> None:
    begin(micro_manager, 0.2, engine=engine)
    while not micro_manager.tell("account")["images"]:
        pass
    micro_manager.core("startContinuousSequenceAcquisition", 0)
    account = account_of(micro_manager)
    assert 0 < account["images"] < POINTS
    assert "Acquisition failed" in account["error"]


def test_an_experiment_is_left_alone_by_who_would_acquire(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    begin(micro_manager)
    source = make_source("mode=acquire")
    source.open()
    assert account_of(micro_manager) == COMPLETE
    assert read_frames(source, 5)
