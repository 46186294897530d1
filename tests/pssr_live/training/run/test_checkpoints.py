"""What a training keeps while it runs, on a disk that refuses for a while."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from pssr_live.errors import UserError
from pssr_live.training.loop.epoch_validation import EpochScore
from pssr_live.training.run import CHECKPOINT, Checkpoints, LogEntry
from pssr_live.training.run.run_folder import STATE
from pssr_live.training.run.run_state import parse_state


class Run:
    """A run whose folder can be taken away."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[str] = []
        self.network = nn.Conv2d(1, 1, 3)
        self.checkpoints = Checkpoints(folder, self.told.append)

    def epoch(self, loss: float) -> bool:
        """Go through an epoch; the network is known by it afterwards."""
        with torch.no_grad():
            self.network.bias.fill_(loss)
        entry = LogEntry(step=1, loss=loss, seconds=1.0, score=EpochScore(loss, None))
        self.checkpoints.close_epoch(self.network, entry)
        return self.checkpoints.save({"weight": torch.ones(3)}, {"stage": len(self.told)})

    def saved(self) -> float:
        return float(load_file(self.folder / CHECKPOINT)["bias"])


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path / "run")


def test_a_save_that_fails_is_told_and_made_good_after_the_next_epoch(run: Run) -> None:
    # Its folder is not there, which no disk can write to.
    assert not run.epoch(0.5)
    (told,) = run.told
    assert str(run.folder / CHECKPOINT) in told
    assert "the training goes on, and tries again after the next epoch" in told
    run.folder.mkdir()
    # The first epoch stays the best.
    assert run.epoch(0.9)
    assert np.isclose(run.saved(), 0.5)
    _, facts = parse_state((run.folder / STATE).read_bytes())
    assert (len(facts["log"]), facts["best"]) == (2, 0)
    assert len(run.told) == 1


def test_at_the_end_the_disk_is_waited_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run.epoch(0.5)
    # Somebody makes room while it waits.
    monkeypatch.setattr(time, "sleep", lambda _: run.folder.mkdir())
    run.checkpoints.wait_for_disk(lambda: False)
    assert np.isclose(run.saved(), 0.5)
    assert (run.folder / STATE).exists()
    assert "Free some space" in run.told[-1]


def test_waiting_for_the_disk_can_be_given_up(run: Run) -> None:
    run.epoch(0.5)
    with pytest.raises(UserError, match="is not kept"):
        run.checkpoints.wait_for_disk(lambda: True)
