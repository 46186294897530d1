"""A training in the terminal: a bar with the time left, and a line an epoch that stays."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn


class Display:
    """Shows what a training tells.

    Where nobody looks (a file, a pipe), only the lines that stay are written.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("reading", total=None, left="")
        self._total = 0
        self._begun = (0.0, 0)

    def report(self, done: int, total: int, text: str) -> None:
        """Move the bar."""
        now = time.monotonic()
        if total != self._total:
            # Other work, at another pace.
            self._total, self._begun = total, (now, done)
        self._progress.update(
            self._task,
            completed=done,
            total=total,
            description=text,
            left=self._time_left(now, done, total),
        )

    def log(self, line: str) -> None:
        """Write a line that stays."""
        self._progress.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _time_left(self, now: float, done: int, total: int) -> str:
        """Tell from the pace of this work so far, in which what comes between steps is included."""
        begun, first = self._begun
        if done <= first:
            return ""
        return f"{duration((now - begun) * (total - done) / (done - first))} left"


@contextmanager
def display(console: Console) -> Iterator[Display]:
    """Show a training for as long as it runs."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=12),
        TextColumn("{task.fields[left]}", markup=False),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield Display(progress)


def duration(seconds: float) -> str:
    """Write a time as people say it: `40 s`, `12 min`, `3 h 05 min`."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
