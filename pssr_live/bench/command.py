"""``pssr-live bench``: everything that is installed, one thing after the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, TextColumn, TimeElapsedColumn

from engines import BACKENDS, bundled_names, write_whole
from pssr_live.bench.computer import describe_computer
from pssr_live.bench.engines import measure_engine
from pssr_live.bench.figures import Benchmark, FrameSize
from pssr_live.bench.frames import SEED
from pssr_live.bench.parts import (
    ring_beside_memcpy,
    transport_beside_memcpy,
    writer_beside_plain_file,
)
from pssr_live.bench.tables import print_benchmark
from pssr_live.bench.timing import Effort
from pssr_live.end_requests import EndRequest, end_requests
from pssr_live.errors import UserError
from pssr_live.restoring import EngineChoice
from pssr_live.terminal import ProgressBar, Terminal

# What it does, in words for the progress bar, and how.
Step = tuple[str, Callable[[], object]]


def run_bench(
    sizes: Sequence[FrameSize],
    engines: Sequence[str],
    backends: Sequence[str],
    *,
    effort: Effort,
    folder: Path,
    json_file: Path | None,
) -> None:
    """Measure, and print a table; Ctrl-C, or another request to end, prints what there is by then.

    Parameters
    ----------
    sizes : sequence of FrameSize
        Of LR frames.
    engines : sequence of str
        Names or folders of bundles; all that are bundled where there is none.
    backends : sequence of str
        Keys of `engines.BACKENDS`; all of them where there is none.
    effort : Effort
    folder : Path
        On the disk that recordings would go to.
    json_file : Path or None
        Where to write all figures.

    Raises
    ------
    UserError, EngineError
        If something asked for is not there.
    """
    _check(backends, folder, json_file)
    found = Benchmark(
        computer=describe_computer(),
        settings={"rounds": effort.rounds, "seconds": effort.seconds, "seed": SEED},
    )
    steps = list(
        _steps(
            sizes, engines or bundled_names(), backends, effort=effort, folder=folder, found=found
        )
    )
    console = Terminal()
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    try:
        with (
            _terminated_by_ctrl_c(),
            ProgressBar(*columns, console=console, transient=True) as progress,
        ):
            task = progress.add_task("", total=len(steps))
            for words, measure in steps:
                progress.update(task, description=words)
                measure()
                progress.advance(task)
    except KeyboardInterrupt:
        found.stopped = True
    print_benchmark(found, console)
    if json_file is not None:
        text = json.dumps(found.to_json(), indent=1) + "\n"
        write_whole(json_file, text)
        console.print(f"All figures: {json_file}", highlight=False, markup=False)


@contextmanager
def _terminated_by_ctrl_c() -> Iterator[None]:
    """Take other requests to end for Ctrl-C: else what was recorded would stay on the disk."""

    def end(_: EndRequest, __: str) -> None:
        raise KeyboardInterrupt

    # Within the seconds of a closed console nothing can be cleared up in another thread.
    with end_requests(end, lambda *_: None):
        yield


def _steps(
    sizes: Sequence[FrameSize],
    engines: Sequence[str],
    backends: Sequence[str],
    *,
    effort: Effort,
    folder: Path,
    found: Benchmark,
) -> Iterator[Step]:
    choices = [
        choice
        for engine in engines
        for backend in backends or BACKENDS
        if _has_model(choice := EngineChoice(engine, backend)) or backends
    ]
    for size in sizes:
        for choice in choices:

            def measure(size: FrameSize = size, choice: EngineChoice = choice) -> None:
                found.engines.append(
                    measure_engine(
                        choice, size, effort, folder=folder, on_note=found.not_measured.append
                    )
                )

            yield f"{choice.name}, {BACKENDS[choice.backend].title}, {size}", measure

        def ring(size: FrameSize = size) -> None:
            found.parts.append(ring_beside_memcpy(size, effort))

        def writer(size: FrameSize = size) -> None:
            found.parts.append(writer_beside_plain_file(size, effort, folder))

        def transport(size: FrameSize = size) -> None:
            found.parts.append(transport_beside_memcpy(size, effort))

        yield f"ring, {size}", ring
        yield f"files, {size}", writer
        yield f"bridge, {size}", transport


def _has_model(choice: EngineChoice) -> bool:
    """Whether a bundle has a model in the precision of the backend."""
    bundle = choice.bundle
    return bundle is not None and BACKENDS[choice.backend].precision in bundle.manifest.models


def _check(backends: Sequence[str], folder: Path, json_file: Path | None) -> None:
    """Find out before minutes of work what would fail at their end."""
    for backend in backends:
        if backend not in BACKENDS:
            raise UserError(
                f"There is no backend {backend}.", f"Choose of {', '.join(BACKENDS)}: --backend"
            )
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}.", "Name one that is there with --save.")
    if json_file is not None and not json_file.absolute().parent.is_dir():
        raise UserError(
            f"There is no folder {json_file.absolute().parent}.",
            "Name a file in a folder that is there: --json bench.json",
        )
