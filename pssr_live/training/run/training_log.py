"""The log of a training: a line an epoch, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engines import write_whole
from pssr_live.training.data import EpochScore, Scores

COLUMNS = ("step", "loss", "seconds", "validation_loss", *Scores._fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One epoch.

    Attributes
    ----------
    step : int
        Steps done at its end.
    loss : float
        Mean over the epoch.
    seconds : float
        Trained so far, over all runs of the command.
    score : EpochScore
    """

    step: int
    loss: float
    seconds: float
    score: EpochScore

    def to_json(self) -> list[Any]:
        """Write it as JSON can hold it."""
        return [self.step, self.loss, self.seconds, *self.score]

    @classmethod
    def from_json(cls, values: list[Any]) -> LogEntry:
        """Read what `to_json` wrote."""
        step, loss, seconds, validation_loss, scores = values
        score = EpochScore(validation_loss, Scores(*scores) if scores else None)
        return cls(step=step, loss=loss, seconds=seconds, score=score)


def write_log(path: Path, entries: Sequence[LogEntry]) -> None:
    """Write all epochs so far as CSV, replacing the file at once."""
    lines = io.StringIO()
    table = csv.writer(lines, lineterminator="\n")
    table.writerow(COLUMNS)
    for entry in entries:
        loss, scores = entry.score
        row = [entry.step, f"{entry.loss:.5g}", f"{entry.seconds:.1f}"]
        row.append("" if loss is None else f"{loss:.5g}")
        table.writerow([*row, *(f"{score:.4f}" for score in scores or ())])
    write_whole(path, lines.getvalue())
