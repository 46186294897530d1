"""Restoring many files, one after the other or on a cluster, with one report at the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TaskID

from acquisition import awake, readable
from pssr_live.errors import UserError, describe
from pssr_live.offline.jobs import RestoreJob
from pssr_live.offline.time_lapse import PROGRESS_COLUMNS, Outcome, file_engines, printer
from pssr_live.terminal import ProgressBar

_RESTORING = "restoring"


class RestoreReport:
    """Shows how the files of a long list get on, and what became of them.

    Parameters
    ----------
    jobs : sequence of RestoreJob
        All there are.
    progress : Progress
        Where the bars are drawn.
    """

    def __init__(self, jobs: Sequence[RestoreJob], progress: Progress) -> None:
        self._progress = progress
        self._print = printer(progress.console)
        self._all = progress.add_task(_RESTORING, total=len(jobs), unit="files")
        # Guards the bars: a cluster's news come on a thread of their own, and some too late.
        self._lock = threading.Lock()
        self._under_way: dict[Path, TaskID] = {}
        self._ended: set[Path] = set()
        self.failures: dict[Path, str] = {}

    def opening(self, words: str) -> None:
        """Show that an engine is being opened; without words, that none is any more."""
        self._progress.update(self._all, description=words or _RESTORING)

    def frames(self, job: RestoreJob, done: int, total: int) -> None:
        """Show that so many frames of a file are restored."""
        with self._lock:
            if job.source in self._ended:
                return
            if job.source not in self._under_way:
                self._under_way[job.source] = self._progress.add_task(
                    job.source.name, total=total, unit="frames"
                )
            self._progress.update(self._under_way[job.source], completed=done, total=total)

    def done(self, job: RestoreJob, outcome: Outcome) -> None:
        """Tell that a file is restored."""
        self._remove(job)
        self._print(result_line(job, outcome))

    def failed(self, job: RestoreJob, words: str) -> None:
        """Tell that a file could not be restored."""
        self._remove(job)
        self.failures[job.source] = words
        self._progress.console.print(f"{job.source}: not restored", style="red", markup=False)

    def raise_failures(self) -> None:
        """Say at the end what could not be restored, and why.

        Raises
        ------
        UserError
            If there was any such file.
        """
        if not self.failures:
            return
        for source, words in self.failures.items():
            self._print(f"{source}: {words}")
        count = len(self.failures)
        raise UserError(
            f"{count} {'input was' if count == 1 else 'inputs were'} not restored.",
            "Fix what is said above, then give the same command again: what is done stays.",
        )

    def _remove(self, job: RestoreJob) -> None:
        with self._lock:
            self._ended.add(job.source)
            task = self._under_way.pop(job.source, None)
            if task is not None:
                self._progress.remove_task(task)
            self._progress.advance(self._all)


@contextmanager
def reported(jobs: Sequence[RestoreJob], console: Console) -> Iterator[RestoreReport]:
    """Show progress while jobs are done, and raise at the end what went wrong."""
    with ProgressBar(*PROGRESS_COLUMNS, console=console) as progress:
        report = RestoreReport(jobs, progress)
        yield report
    report.raise_failures()


def restore_one_by_one(
    jobs: Sequence[RestoreJob],
    console: Console,
    *,
    engine: tuple[str, ...],
    backend: str,
    force: bool,
) -> None:
    """Restore many files in this process; a bad one does not stop the rest.

    Parameters
    ----------
    jobs : sequence of RestoreJob
        See `pssr_live.offline.jobs.find_jobs`.
    console : Console
        For progress and report.
    engine, backend, force
        See `RestoreJob.do`.

    Raises
    ------
    UserError
        At the end, if something could not be restored. What a single file fails with is raised.
    """
    with awake(), file_engines(console) as engines, reported(jobs, console) as report:
        engines.on_opening = report.opening
        for job in jobs:

            def watch(done: int, total: int, job: RestoreJob = job) -> None:
                report.frames(job, done, total)

            try:
                report.done(
                    job, job.do(engines, watch, engine=engine, backend=backend, force=force)
                )
            except Exception as error:
                if len(jobs) == 1:
                    raise
                report.failed(job, describe(error))


def result_line(job: RestoreJob, outcome: Outcome) -> str:
    """Say in a line what became of a file."""
    place = ", ".join(map(readable, outcome.files)) or readable(job.output or job.source)
    streams = f" ({outcome.streams})" if outcome.streams else ""
    rest = streams + "".join(f"; {words}" for words in (outcome.missing, outcome.verdicts) if words)
    frames = "1 frame" if outcome.frames == 1 else f"{outcome.frames} frames"
    if not outcome.made:
        whole = "its frame was" if outcome.frames == 1 else f"all {frames} were"
        return f"{place}: {whole} restored already{rest}"
    if outcome.made < outcome.frames:
        return f"{place}: {frames} restored, {outcome.made} of them now{rest}"
    return f"{place}: {frames} restored{rest}"
