"""Nothing that others named or wrote is obeyed by a terminal, wherever it is printed."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Progress, TextColumn
from rich.table import Table

from pssr_live.terminal import ProgressBar, Terminal, _LinesMeanwhile
from tests.places import ROOT
from tests.pssr_live.sessions import wait_until

# A title for the terminal, a cleared screen, another direction of writing, C1's own CSI.
HOSTILE = "cell\x1b]0;owned\x07\x1b[2J\u202egnp.exe\x9b31m\udc80.tif"
CELL = "cell\N{REPLACEMENT CHARACTER}"


def in_table(terminal: Console) -> None:
    table = Table(title=HOSTILE)
    table.add_column(HOSTILE)
    table.add_row(HOSTILE)
    terminal.print(table)


def in_progress(terminal: Console) -> None:
    with Progress(console=terminal) as progress:
        progress.add_task(HOSTILE, total=1)


def in_status(terminal: Console) -> None:
    with terminal.status(HOSTILE):
        pass


@pytest.mark.parametrize(
    "show",
    [lambda terminal: terminal.print(HOSTILE, soft_wrap=True), in_table, in_progress, in_status],
    ids=["line", "table", "progress", "status"],
)
def test_control_characters_reach_no_terminal(show: Callable[[Console], None]) -> None:
    written = io.StringIO()
    show(Terminal(file=written, force_terminal=True, width=200))
    shown = written.getvalue()
    assert CELL in shown
    # Rich's own: colours, movements, lines cleared, the cursor hidden.
    rest = re.sub(r"\x1b\[(\?25[lh]|[0-9;]*[mAK])", "", shown)
    assert not re.search("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e\ud800-\udfff]", rest)


def test_lines_and_colours_stay() -> None:
    written = io.StringIO()
    Terminal(file=written, force_terminal=True, color_system="standard").print("[red]a[/]\nb\tc")
    assert written.getvalue() == "\x1b[31ma\x1b[0m\nb       c\n"


def test_every_command_prints_to_such_a_terminal() -> None:
    makers = {
        path.name
        for path in Path(ROOT / "pssr_live").rglob("*.py")
        if re.search(r"\bConsole\(", path.read_text(encoding="utf-8"))
    }
    assert makers == set()


def test_what_is_under_way_is_said_in_a_pipe_too() -> None:
    written = io.StringIO()
    terminal = Terminal(file=written, width=20)
    with terminal.status("opening [b]a-long-name-of-an-engine[/]") as status:
        wait_until(lambda: "opening a-long-name-of-an-engine ...\n" in written.getvalue())
        status.update("timing it")
        wait_until(lambda: "timing it ...\n" in written.getvalue())
    columns = TextColumn("{task.description}", markup=False)
    with ProgressBar(columns, console=terminal) as bars:
        # As a file may be called.
        task = bars.add_task("cell[/red]", total=3, unit="files")
        wait_until(lambda: "cell[/red] ...\n" in written.getvalue())
        bars.update(task, completed=2)
        wait_until(lambda: "cell[/red]: 2 of 3 files ...\n" in written.getvalue())
    said = written.getvalue()
    assert not [thread for thread in threading.enumerate() if thread.name == "progress lines"]
    assert "\x1b" not in said


def test_of_one_task_lines_come_ever_more_seldom_though_its_count_and_speed_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written, speeds, waits = io.StringIO(), count(20), iter([*[False] * 100, True])
    terminal = Terminal(file=written, width=80)
    lines = _LinesMeanwhile(terminal, lambda: f"live: {next(speeds)} 31.4 frames/s, 40 ms behind")
    monkeypatch.setattr(lines._over, "wait", lambda _: next(waits))
    lines._run()
    assert written.getvalue().count("\n") == 6
