"""What a training shows of itself on disk: the log, its curve, and samples of what it restores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from engines import why_refused
from pssr_live.training.data import Restore
from pssr_live.training.run.pictures import Sample, draw_curve, draw_samples
from pssr_live.training.run.run_folder import CURVE, LOG, SAMPLES
from pssr_live.training.run.training_log import LogEntry, write_log


class ProgressFiles:
    """Writes for people to look at. A training needs none of it to go on.

    Attributes
    ----------
    behind : bool
        Whether the disk did not take all of the last epoch.

    Parameters
    ----------
    folder : Path
        The run's.
    samples : sequence of Sample
        What is restored and shown after every epoch.
    log : callable
        Told where the pictures are, and what can't be written.
    """

    def __init__(self, folder: Path, samples: Sequence[Sample], log: Callable[[str], None]) -> None:
        self._folder = folder
        self._samples = samples
        self._log = log
        self.behind = False
        log(f"Pictures of it: {folder / CURVE} and {folder / SAMPLES}")

    def write(self, entries: Sequence[LogEntry], restore: Restore) -> None:
        """Write log and curve anew, and the last epoch's samples.

        What another program holds open, as a spreadsheet may the log on Windows, is left as it is
        until the next epoch.
        """
        epoch, step = len(entries), entries[-1].step
        samples = self._folder / SAMPLES
        title = f"Epoch {epoch}, step {step}"
        self.behind = True
        try:
            write_log(self._folder / LOG, entries)
            draw_curve(entries, self._folder / CURVE)
            samples.mkdir(exist_ok=True)
            draw_samples(self._samples, restore, title, path=samples / f"epoch-{epoch:03d}.png")
        except OSError as error:
            place, reason = error.filename or self._folder, why_refused(error, self._folder)
            self._log(f"{place} can't be written now ({reason}); the training goes on.")
        else:
            self.behind = False
