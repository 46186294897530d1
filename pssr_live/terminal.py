"""Where commands print: text that does nothing but be read, whoever wrote it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import Progress, Task
from rich.segment import Segment
from rich.status import Status
from rich.style import Style
from rich.text import Text

from engines import fit_to_print

# Where no bar can be drawn, in a pipe or a log, lines tell what is under way: the first soon, the
# others ever more seldom.
_FIRST_LINE_AFTER_S = 0.5
_LONGEST_PAUSE_S = 60.0
# How far a task has come, which makes it no other.
_COUNTED = re.compile(r": \d+( .*)?$")


class Terminal(Console):
    """A console that replaces control characters in all that it is given to print.

    Names of files, channels and engines, and words of servers and libraries, reach it from
    everywhere; a terminal would obey them. Rich's own colours and movements stay.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render an object, see `rich.console.Console.render`."""
        for segment in super().render(renderable, options):
            if segment.control is None:
                yield Segment(fit_to_print(segment.text), segment.style)
            else:
                yield segment

    def status(  # noqa: D102 - as `rich.console.Console.status`
        self,
        status: RenderableType,
        *,
        spinner: str = "dots",
        spinner_style: str | Style = "status.spinner",
        speed: float = 1.0,
        refresh_per_second: float = 12.5,
    ) -> Status:
        kind = Status if self.is_terminal else _PrintedStatus
        return kind(
            status,
            console=self,
            spinner=spinner,
            spinner_style=spinner_style,
            speed=speed,
            refresh_per_second=refresh_per_second,
        )


class ProgressBar(Progress):
    """Rich's bars; where none can be drawn, lines tell now and then how far it has come."""

    def start(self) -> None:
        """Begin to show it."""
        super().start()
        if not (self.console.is_terminal or self.disable):
            self._lines = _LinesMeanwhile(self.console, self._words)
            self._lines.start()

    def stop(self) -> None:
        """Show no more than what stands there."""
        lines: _LinesMeanwhile | None = getattr(self, "_lines", None)
        if lines is not None:
            lines.stop()
        super().stop()

    def _words(self) -> str:
        return "; ".join(_in_words(task) for task in self.tasks if not task.finished)


class _PrintedStatus(Status):
    """What is under way, as lines."""

    def start(self) -> None:
        self._lines = _LinesMeanwhile(self.console, self._words)
        self._lines.start()

    def stop(self) -> None:
        self._lines.stop()

    def _words(self) -> str:
        return Text.from_markup(self.status).plain if isinstance(self.status, str) else ""


class _LinesMeanwhile:
    """Prints what is under way until it is over."""

    def __init__(self, console: Console, words: Callable[[], str]) -> None:
        self._console = console
        self._words = words
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress lines", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        pause, waited, last = _FIRST_LINE_AFTER_S, 0.0, ""
        while not self._over.wait(_FIRST_LINE_AFTER_S):
            waited += _FIRST_LINE_AFTER_S
            words = self._words()
            # Another task is told at once, the same one ever more seldom.
            task = _COUNTED.sub("", words)
            if words and (task != last or waited >= pause):
                self._console.print(f"{words} ...", highlight=False, markup=False, soft_wrap=True)
                last, waited = task, 0.0
                pause = min(2 * pause, _LONGEST_PAUSE_S)


def _in_words(task: Task) -> str:
    # A name of a file, whatever brackets are in it: bars take no markup either.
    description = task.description
    if not task.completed:
        return description
    of = f" of {task.total:.0f}" if task.total is not None else ""
    rest = " ".join(str(value) for value in task.fields.values() if value)
    return f"{description}: {task.completed:.0f}{of} {rest}".rstrip()
