"""What a training keeps while it runs: the best network, and the state to go on from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import save_file
from torch import Tensor, nn

from pssr_live.training.run.run_folder import CHECKPOINT, STATE
from pssr_live.training.run.run_state import parse_state, save_state
from pssr_live.training.run.training_log import LogEntry
from pssr_live.whole_files import replacing


class Checkpoints:
    """Writes into a run's folder.

    Attributes
    ----------
    entries : list of LogEntry
        All epochs so far.
    best : int or None
        Which of them is the best, from 0.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: list[LogEntry] = []
        self.best: int | None = None

    @property
    def holds_a_network(self) -> bool:
        """Whether any epoch is through."""
        return (self.folder / CHECKPOINT).is_file()

    def close_epoch(self, network: nn.Module, entry: LogEntry) -> None:
        """Note an epoch, and keep the network if its merit is the highest so far."""
        highest = -np.inf if self.best is None else self.entries[self.best].score.merit
        self.entries.append(entry)
        if entry.score.merit > highest:
            self.best = len(self.entries) - 1
            with replacing(self.folder / CHECKPOINT) as temporary:
                save_file(network.state_dict(), temporary)

    def save(self, tensors: dict[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Write down all that the rest of the training depends on."""
        entries = [entry.to_json() for entry in self.entries]
        save_state(self.folder / STATE, tensors, {**facts, "log": entries, "best": self.best})

    def resume(self, state: bytes) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Go on from what `save` wrote last."""
        tensors, facts = parse_state(state)
        self.entries = [LogEntry.from_json(values) for values in facts["log"]]
        self.best = facts["best"]
        return tensors, facts
