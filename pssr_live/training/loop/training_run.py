"""A training as it goes on: step by step, epoch by epoch, stopped and taken up again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pssr_live.training.data import Batches, ReportProgress
from pssr_live.training.loop.device import memory_named
from pssr_live.training.loop.epoch_validation import EpochValidation
from pssr_live.training.loop.learner import Learner
from pssr_live.training.loop.schedule_progress import ScheduleProgress, Stage
from pssr_live.training.process_group import ProcessGroup
from pssr_live.training.run import Checkpoints, LogEntry, ProgressFiles

LOSSES_TO_SHOW = 50
SECONDS_BETWEEN_SAVES = 600


class TrainingRun:
    """The parts of a training together: where it stands, what learns, from what, what is kept.

    Attributes
    ----------
    stopped : bool
        Whether it was asked to stop, and did.
    """

    def __init__(
        self,
        course: ScheduleProgress,
        learner: Learner,
        batches: Batches,
        *,
        checkpoints: Checkpoints,
        origins: Sequence[str],
        stop: Callable[[], bool],
    ) -> None:
        self.course = course
        self.learner = learner
        self.batches = batches
        self.checkpoints = checkpoints
        self.origins = origins
        self.group: ProcessGroup = learner.group
        self.stopped = False
        self._stop = stop
        self._stage: int | None = None
        self._epochs = 0
        self._losses: list[float] = []
        self._saved_at = 0.0
        self.course.start()

    def go(
        self,
        validation: EpochValidation | None,
        progress_files: ProgressFiles | None,
        report: ReportProgress,
        *,
        log: Callable[[str], None],
    ) -> None:
        """Train to the end of the schedule, or until asked to stop.

        All processes of a group must call it; the main one alone validates and writes files.
        """
        while not self.stopped and not (self.course.over and self._epochs):
            stage = self.course.stages[self.course.number]
            with memory_named(self.learner.device, stage.batch, stage.tile):
                if self._train_epoch(report):
                    self._close_epoch(validation, progress_files)
                    if self.group.is_main:
                        log(self._standing())
        if self.stopped:
            self._save()

    def resume(self, state: bytes) -> None:
        """Go on where it was last saved."""
        tensors, facts = self.checkpoints.resume(state)
        self.course.set_state(facts["course"])
        self._saved_at = self.course.seconds
        self._stage, self.origins = facts["stage"], facts["origins"]
        self._losses, self._epochs = facts["losses"], len(self.checkpoints.entries)
        self.learner.begin(self.course.stages[facts["stage"]])
        self.learner.set_state(tensors, facts["learner"])
        self.batches.set_state(facts["batches"])

    def close(
        self, validation: EpochValidation | None, progress_files: ProgressFiles | None
    ) -> None:
        """Wait until the disk has taken what it refused, and show that too; for the main process.

        Raises
        ------
        UserError
            If it was asked to stop meanwhile.
        """
        self.checkpoints.wait_for_disk(self._stop)
        if validation and progress_files and progress_files.behind and not self.stopped:
            progress_files.write(self.checkpoints.entries, validation.restorer(self.learner))

    def _train_epoch(self, report: ReportProgress) -> bool:
        """Train to the end of the epoch, or until asked to stop; say whether it is whole."""
        course, number = self.course, self.course.number
        stage = course.stages[number]
        if number != self._stage:
            self.learner.begin(stage)
            self._stage = number
        while not self.stopped:
            self._step(stage)
            report(round(1000 * course.part), 1000, self._progress(stage))
            if len(self._losses) >= stage.steps or not course.goes_on_in(number):
                return True
            if course.seconds - self._saved_at > SECONDS_BETWEEN_SAVES:
                self._save()
        return False

    def _close_epoch(
        self, validation: EpochValidation | None, progress_files: ProgressFiles | None
    ) -> None:
        """Measure what came of the epoch, keep what is worth keeping, and show it."""
        if validation and progress_files:
            score = validation.validate(self.learner)
            loss, steps = float(np.mean(self._losses)), self.course.steps
            entry = LogEntry(step=steps, loss=loss, seconds=self.course.clock, score=score)
            self.checkpoints.close_epoch(self.learner.average, entry)
            progress_files.write(self.checkpoints.entries, validation.restorer(self.learner))
        self._epochs += 1
        self._losses = []
        (self.course.seconds,) = self.group.mean(self.course.clock)
        self._save()

    def _save(self) -> None:
        """Keep all that it takes to go on from here."""
        self._saved_at = self.course.seconds
        batches = self.batches.state()
        if not self.group.is_main:
            return
        tensors, learner = self.learner.state()
        facts = {
            "course": self.course.state(),
            "stage": self._stage,
            "losses": self._losses,
            "learner": learner,
            "batches": batches,
            "origins": self.origins,
        }
        self.checkpoints.save(tensors, facts)

    def _step(self, stage: Stage) -> None:
        batch = self.batches.next(stage.batch, stage.tile)
        rate, momentum = self.course.rate(self.course.number)
        loss = self.learner.step(batch, rate, momentum, weight=self.group.weight(stage.batch))
        # What one process alone knows, all must: they have to stop after the same step.
        loss, asked, self.course.seconds = self.group.mean(loss, self._stop(), self.course.clock)
        self.stopped = asked > 0
        self._losses.append(loss)
        self.course.steps += 1

    def _standing(self) -> str:
        """The last epoch in words."""
        entries, best = self.checkpoints.entries, self.checkpoints.best
        last = entries[-1]
        words = f"epoch {len(entries)}{_of(self.course.epochs)}: loss {last.loss:.3g}, "
        words += last.score.words()
        if best is None:
            return words
        return f"{words}; {'best so far' if entries[best] is last else f'best: epoch {best + 1}'}"

    def _progress(self, stage: Stage) -> str:
        entries, best = self.checkpoints.entries, self.checkpoints.best
        words = [
            f"epoch {len(entries) + 1}{_of(self.course.epochs)}",
            f"step {len(self._losses)}/{stage.steps}",
            f"loss {np.mean(self._losses[-LOSSES_TO_SHOW:]):.3g}",
        ]
        if best is not None:
            words.append(f"best {entries[best].score.short()}")
        return ", ".join(words)


def _of(total: int | None) -> str:
    return f"/{total}" if total else ""
