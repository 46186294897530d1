"""``pssr-live evaluate``: try methods, print the table, write report and figures."""

from __future__ import annotations

import string
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from acquisition import printable
from acquisition.images import StreamChoice
from engines import quoted, replacing, why_refused
from pssr_live._version import __version__
from pssr_live.crappify import CRAPPIFIERS, find_crappifier
from pssr_live.errors import UserError
from pssr_live.evaluation.figures import FIGURES, SHORT
from pssr_live.evaluation.libraries import need
from pssr_live.evaluation.methods import Method, check_names, find_methods, find_training
from pssr_live.evaluation.recordings import (
    SCANNED,
    EvaluationSource,
    find_sources,
    missing_frames,
    titles_of,
)
from pssr_live.evaluation.results import write_results
from pssr_live.evaluation.trials import Evaluation, Steps, evaluate
from pssr_live.evaluation.wording import (
    HOW_TESTED,
    SAVED,
    answer,
    kept_promises,
    mean_and_error,
    misplaced,
    p_value,
    trained_on,
    training_unknown,
    verdict,
)
from pssr_live.terminal import ProgressBar, Terminal

RESULTS_FILE = "metrics.json"
REPORT_FILE = "report.html"
_PLAIN = set(f"{string.ascii_letters}{string.digits}_-./:,=+@%~")
_NEEDED = ("matplotlib", "scipy")
_USUAL_SIZE = 2 * 2**20
# After the decimal point, in a table for 80 columns.
_DIGITS = 3


def run_evaluate(
    truths: Sequence[Path],
    lrs: Sequence[Path],
    crappifiers: Sequence[str],
    *,
    engines: Sequence[str],
    baselines: Sequence[str],
    movies: Sequence[str],
    output: Path,
    backend: str,
    seed: int,
    choice: StreamChoice,
    uncertain: bool,
    force: bool,
    allow_predicted: bool = False,
) -> None:
    """Evaluate and write ``report.html`` and ``metrics.json``; Ctrl-C keeps what is measured.

    Raises
    ------
    UserError, EngineError
        With the fix; before the work starts, as far as it can be known by then.
    """
    need_libraries()
    if (output / RESULTS_FILE).exists() and not force:
        raise UserError(f"There is an evaluation in {output}.", "Write over it with --force.")
    if output.exists() and not output.is_dir():
        raise UserError(f"{output} is a file.", "Name a folder for the report with --output.")
    console, named = Terminal(), [*engines, *baselines]
    with console.status("Looking at the movies") as status:
        check_names(named, backend, uncertain=uncertain)
        sources = find_sources(truths, lrs, movies, choice=choice, allow_predicted=allow_predicted)
        notes = [note for source in sources if (note := missing_frames(source))]
        conditions = [SCANNED] if lrs else list(crappifiers or CRAPPIFIERS)
        if not lrs:
            for name in conditions:
                find_crappifier(name)
        status.update("Opening the engines")
        methods = find_methods(named, backend, uncertain=uncertain)
    titles = titles_of(sources, conditions)
    evaluation = Evaluation(
        methods=[method.name for method in methods],
        conditions=titles,
        training=find_training(named, methods),
    )
    for note in notes:
        console.print(printable(note), style="yellow", markup=False, highlight=False)
    with _writing(output):
        output.mkdir(parents=True, exist_ok=True)
        _check_room(output)
    whole = _run(evaluation, sources, conditions, methods=methods, seed=seed, console=console)
    if not evaluation.trials:
        raise UserError("Stopped before anything was measured.", "Start the same command again.")
    with console.status("Comparing the methods"):
        table, answers = results_table(evaluation), _answers(evaluation)
    # First of all, since no disk can refuse it.
    console.print(table)
    for words in (*answers, SAVED):
        console.print(words, highlight=False, markup=False)
    console.print(f"[dim]{HOW_TESTED}[/]", highlight=False)
    if unknown := training_unknown(evaluation):
        console.print(f"[dim]{escape(unknown)}[/]", highlight=False, soft_wrap=True)
    for warning in [*trained_on(evaluation), *misplaced(evaluation)]:
        console.print(warning, style="yellow", highlight=False, markup=False)
    if not whole:
        console.print(_stopped(evaluation), style="yellow", highlight=False, markup=False)
    provenance = _provenance(methods, seed) | ({} if whole else {"note": _stopped(evaluation)})
    with (
        _writing(output),
        console.status("Drawing the report"),
        # Neither takes its place before both are whole.
        replacing(output / RESULTS_FILE) as results,
        replacing(output / REPORT_FILE) as page,
    ):
        from pssr_live.evaluation.report import write_report

        write_results(results, evaluation, provenance)
        write_report(page, evaluation, provenance)
    report = printable(f"Report: {output / REPORT_FILE}")
    console.print(report, highlight=False, markup=False, soft_wrap=True)


def _answers(evaluation: Evaluation) -> list[str]:
    """Say in sentences what was found: over all conditions, then in each."""
    tried = [condition for condition in evaluation.conditions if evaluation.movies(condition)]
    said = [answer(evaluation)] if len(tried) > 1 else []
    for condition in tried:
        said += [verdict(evaluation, condition), *kept_promises(evaluation, condition)]
    return said


@contextmanager
def _writing(output: Path) -> Iterator[None]:
    """Say in words that the report can't be written."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"The report can't be written to {output}: {why_refused(error, output)}. What was "
            "there before is as it was.",
            "Free some space, or name another folder with --output, then give the same command.",
        ) from error


def _check_room(output: Path) -> None:
    """Find out before the work whether a report of the usual size has room.

    Raises
    ------
    OSError
        If it has none.
    """
    with tempfile.TemporaryFile(dir=output) as file:
        file.write(bytes(_USUAL_SIZE))


def results_table(evaluation: Evaluation) -> Table:
    """Mean ± s.e.m. of the leading figures, by condition and method."""
    title = "Restored against the truth (mean ± s.e.m. over movies; p of PSNR by t-test)"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=0)
    table.add_column("", overflow="fold")
    for heading in SHORT.values():
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("p", justify="right", no_wrap=True)
    for condition in evaluation.conditions:
        n = len(evaluation.movies(condition))
        if n == 0:
            continue
        table.add_section()
        table.add_row(f"[bold]{escape(condition)}, n = {n}[/]")
        for method in evaluation.methods:
            cells = []
            for name in SHORT:
                found = evaluation.summary(condition, method, name)
                cells.append(
                    mean_and_error(found, min(FIGURES[name].digits, _DIGITS)) if found else "-"
                )
            test = evaluation.test(condition, method, "psnr_fit")
            first = method == evaluation.methods[0]
            p = "" if first or test is None else p_value(test.t_test).removeprefix("p = ")
            table.add_row(escape(method), *cells, p)
    return table


def _run(
    evaluation: Evaluation,
    sources: Sequence[EvaluationSource],
    conditions: Sequence[str],
    *,
    methods: Sequence[Method],
    seed: int,
    console: Console,
) -> bool:
    """Try everything; False if it was stopped on the way."""
    with _progress_bar(console, len(sources) * len(methods) * len(conditions)) as steps:
        try:
            for trial in evaluate(sources, conditions, methods, seed=seed, steps=steps):
                evaluation.trials.append(trial)
        except KeyboardInterrupt:
            return False
    return True


class _Bar(Steps):
    """Shows each method on each recording as one unit of the bar."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task
        self._part = 0.0

    def begin(self, text: str, frames: int) -> None:
        self._progress.update(self._task, description=text)
        self._part = 1.0 / frames

    def advance(self) -> None:
        self._progress.advance(self._task, self._part)


@contextmanager
def _progress_bar(console: Console, units: int) -> Iterator[Steps]:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    with ProgressBar(*columns, console=console) as progress:
        yield _Bar(progress, progress.add_task("reading", total=units))


def _provenance(methods: Sequence[Method], seed: int) -> dict[str, str]:
    facts = {
        "command": " ".join(["pssr-live", *map(_quoted_where_needed, sys.argv[1:])]),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "software": f"pssr-live {__version__}",
        "seed": str(seed),
    }
    return facts | {method.name: method.about for method in methods}


def _quoted_where_needed(word: str) -> str:
    return word if word and not set(word) - _PLAIN else quoted(word)


def _stopped(evaluation: Evaluation) -> str:
    done = len(evaluation.trials)
    return f"Stopped early: figures are of the first {done} recordings and conditions alone."


def need_libraries() -> None:
    """Refuse to begin without what an evaluation is computed with.

    Raises
    ------
    UserError
    """
    need(*_NEEDED)
