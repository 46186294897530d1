"""What a training keeps while it runs: the best network, the log, and the state to go on from."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import save_file
from torch import Tensor, nn

from pssr_live.training.run_folder import CHECKPOINT, LOG, STATE, cut_log
from pssr_live.training.run_state import load_state, save_state
from pssr_live.training.validation import Scores


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
        self, network: nn.Module, steps: int, seconds: float, loss: float, scores: Scores | None
    ) -> None:
        """Log an epoch, and keep the network if it is the best so far.

        The best is that of the highest PSNR, or of the lowest loss where there is nothing to
        measure PSNR on.
        """
        row: list[object] = [steps, f"{loss:.5f}", round(seconds, 1)]
        if scores:
            row += [f"{score:.4f}" for score in scores]
        with (self.folder / LOG).open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow(row)
        merit = scores.engine if scores else -loss
        if merit > self.best:
            self.best = merit
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
