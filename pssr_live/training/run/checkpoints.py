"""What a training keeps while it runs: the best network, and the state to go on from."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import save
from torch import Tensor, nn

from engines import why_refused, write_whole
from pssr_live.errors import UserError
from pssr_live.training.run.run_folder import CHECKPOINT, STATE
from pssr_live.training.run.run_state import parse_state, save_state
from pssr_live.training.run.training_log import LogEntry

PAUSE_S = 10.0


class Checkpoints:
    """Writes into a run's folder.

    Attributes
    ----------
    entries : list of LogEntry
        All epochs so far.
    best : int or None
        Which of them is the best, from 0.

    Parameters
    ----------
    folder : Path
        The run's.
    tell : callable
        Told what can't be written now; no disk ends a training.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        self.folder = folder
        self._tell = tell
        # The best network, for as long as the disk has not taken it.
        self._unsaved: bytes | None = None
        # What `save` was called with last, likewise.
        self._missed: tuple[dict[str, Tensor], Mapping[str, Any]] | None = None
        self.entries: list[LogEntry] = []
        self.best: int | None = None

    @property
    def holds_a_network(self) -> bool:
        """Whether any epoch is through."""
        return self._unsaved is not None or (self.folder / CHECKPOINT).is_file()

    def close_epoch(self, network: nn.Module, entry: LogEntry) -> None:
        """Note an epoch, and keep the network if its merit is the highest so far."""
        highest = -np.inf if self.best is None else self.entries[self.best].score.merit
        self.entries.append(entry)
        if entry.score.merit > highest:
            self.best = len(self.entries) - 1
            self._unsaved = save(network.state_dict())

    def save(self, tensors: dict[str, Tensor], facts: Mapping[str, Any]) -> bool:
        """Write down the best network, and all that the rest of the training depends on.

        Returns
        -------
        bool
            False if the disk refuses, which is told: what was saved before stays, and the next
            call writes what is missing.
        """
        self._missed = (tensors, facts)
        try:
            self._write(tensors, facts)
        except OSError as error:
            self._tell(
                f"{error.filename} can't be written now ({why_refused(error, self.folder)}); the "
                "training goes on, and tries again after the next epoch."
            )
            return False
        return True

    def wait_for_disk(self, stop: Callable[[], bool]) -> None:
        """At the end, try to write what the disk refused until it is written, or given up.

        Parameters
        ----------
        stop : callable
            Says whether to give up.

        Raises
        ------
        UserError
            If it was given up.
        """
        told = False
        while self._missed is not None:
            try:
                self._write(*self._missed)
            except OSError as error:
                place, reason = error.filename, why_refused(error, self.folder)
                if stop():
                    raise UserError(
                        f"{place} can't be written ({reason}): what came since the last save is "
                        "not kept.",
                        "Free some space, then give the same command: it goes on from that save.",
                    ) from error
                if not told:
                    self._tell(
                        f"The training is over, but {place} can't be written ({reason}). Free some "
                        f"space: it is tried again every {PAUSE_S:g} seconds; Ctrl-C gives up."
                    )
                    told = True
                time.sleep(PAUSE_S)

    def _write(self, tensors: dict[str, Tensor], facts: Mapping[str, Any]) -> None:
        entries = [entry.to_json() for entry in self.entries]
        # The state speaks of the best network, so that has to be there first.
        if self._unsaved is not None:
            write_whole(self.folder / CHECKPOINT, self._unsaved)
            self._unsaved = None
        save_state(self.folder / STATE, tensors, {**facts, "log": entries, "best": self.best})
        self._missed = None

    def resume(self, state: bytes) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Go on from what `save` wrote last."""
        tensors, facts = parse_state(state)
        self.entries = [LogEntry.from_json(values) for values in facts["log"]]
        self.best = facts["best"]
        return tensors, facts
