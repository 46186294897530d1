"""What a training keeps while it runs: the best network, the log, and the state to go on from."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import save_file
from torch import Tensor, nn

from pssr_live.training.judge import Verdict
from pssr_live.training.run_folder import CHECKPOINT, LOG, STATE, cut_log
from pssr_live.training.run_state import load_state, save_state


class Keeper:
    """Writes into a run's folder.

    Attributes
    ----------
    best : float
        Merit of the best epoch so far, the higher the better.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.best = -np.inf

    @property
    def holds_a_network(self) -> bool:
        """Whether any epoch is through."""
        return (self.folder / CHECKPOINT).is_file()

    def close_epoch(
        self, network: nn.Module, steps: int, seconds: float, loss: float, verdict: Verdict
    ) -> None:
        """Log an epoch, and keep the network if its merit is the highest so far."""
        row: list[object] = [steps, f"{loss:.5g}", round(seconds, 1)]
        row.append("" if verdict.loss is None else f"{verdict.loss:.5g}")
        row += [f"{score:.4f}" for score in verdict.scores or ()]
        with (self.folder / LOG).open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow(row)
        if verdict.merit > self.best:
            self.best = verdict.merit
            save_file(network.state_dict(), self.folder / CHECKPOINT)

    def save(self, tensors: dict[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Write down all that the rest of the training depends on."""
        save_state(self.folder / STATE, tensors, {**facts, "best": self.best})

    def take_up(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Read what `save` wrote last, and leave the log as it was then."""
        tensors, facts = load_state(self.folder / STATE)
        self.best = facts["best"]
        cut_log(self.folder, facts["course"]["steps"])
        return tensors, facts
