"""A benchmark as tables for people."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pssr_live.bench.figures import Benchmark, EngineFigures, FrameSize, PartFigures, Spread

_STAGES = ("queue", "engine", "trust", "write")


def print_benchmark(found: Benchmark, console: Console) -> None:
    """Print what was found; a ratio stands beside every figure that has something to compare."""
    console.print(_computer(found))
    measured = [figures for figures in found.engines if figures.alone is not None]
    for size in dict.fromkeys(figures.frame_size for figures in measured):
        of_size = [figures for figures in measured if figures.frame_size == size]
        console.print(_engines(of_size, size))
        if any(figures.latencies for figures in of_size):
            console.print(_latencies(of_size, size))
        if any(figures.window for figures in of_size):
            console.print(_windows(of_size, size))
    for size in dict.fromkeys(part.frame_size for part in found.parts):
        console.print(_parts([part for part in found.parts if part.frame_size == size], size))
    for figures in found.engines:
        if figures.why_not:
            words = f"{figures.engine} on {figures.backend}: {figures.why_not}"
            console.print(words, highlight=False, markup=False)
    for words in found.not_measured:
        console.print(f"Not measured. {words}", highlight=False, markup=False)
    if found.stopped:
        console.print("Stopped before its end; this is what was measured.", style="yellow")


def _computer(found: Benchmark) -> Table:
    table = Table(title="This computer", title_justify="left", show_header=False)
    for name, words in found.computer.items():
        table.add_row(name, escape(words))
    settings = ", ".join(f"{name} {value}" for name, value in found.settings.items())
    table.add_row("measured with", settings)
    return table


def _engines(measured: list[EngineFigures], size: FrameSize) -> Table:
    table = Table(
        title=f"{size} frames: the engine alone, and the live path by what it saves, frames/s\n"
        "(in brackets, path / engine alone)",
        title_justify="left",
    )
    table.add_column("engine")
    for column in ("ms", "99 %", "alone", "nothing", "raw", "raw and\nrestored"):
        table.add_column(column, justify="right")
    for figures in measured:
        assert figures.alone is not None  # noqa: S101 - chosen by the caller
        paths = [f"{path.frames_per_second:.1f} ({path.of_engine:.2f})" for path in figures.paths]
        alone = _spread(figures.alone)
        table.add_row(_name(figures), *alone, f"{figures.frames_per_second:.1f}", *paths)
    return table


def _latencies(measured: list[EngineFigures], size: FrameSize) -> Table:
    table = Table(
        title=f"{size} frames: from a window's last frame to its restored one, ms, median and 99 %"
        "\n(in brackets, seen by a viewer / engine alone)",
        title_justify="left",
    )
    for column in ("engine", "saved"):
        table.add_column(column)
    for column in ("frames/s\nthat came", *_STAGES, "seen"):
        table.add_column(column, justify="right")
    for figures in measured:
        for row in figures.latencies:
            stages = ["\n".join(_spread(row.stages[stage])) for stage in _STAGES]
            ratios = (row.of_engine_median, row.of_engine_p99)
            seen = [
                f"{time} ({ratio:.2f})"
                for time, ratio in zip(_spread(row.seen), ratios, strict=True)
            ]
            table.add_row(_name(figures), row.saved, f"{row.rate:.1f}", *stages, "\n".join(seen))
    return table


def _windows(measured: list[EngineFigures], size: FrameSize) -> Table:
    table = Table(title=f"{size} frames: with the window open, raw saved", title_justify="left")
    table.add_column("engine")
    for column in ("drawn/s", "processor ms\na drawn frame", "restored/s", "of without"):
        table.add_column(column, justify="right")
    for figures in measured:
        window = figures.window
        if window is not None:
            table.add_row(
                _name(figures),
                f"{window.drawn_per_second:.1f}",
                f"{window.processor_ms:.1f}",
                f"{window.frames_per_second:.1f}",
                f"{window.of_path:.2f}",
            )
    return table


def _parts(parts: list[PartFigures], size: FrameSize) -> Table:
    table = Table(
        title=f"{size} frames: parts, beside the plainest way to do the same", title_justify="left"
    )
    for column in ("part", "beside"):
        table.add_column(column)
    for column in ("frames/s", "beside", "ratio"):
        table.add_column(column, justify="right")
    for part in parts:
        rates = (part.frames_per_second, part.beside_per_second)
        table.add_row(
            part.part, part.beside, *(f"{rate:,.0f}" for rate in rates), f"{part.ratio:.2f}"
        )
    return table


def _spread(spread: Spread) -> tuple[str, str]:
    return f"{spread.median_ms:.1f}", f"{spread.p99_ms:.1f}"


def _name(figures: EngineFigures) -> str:
    return f"{escape(figures.engine)} {figures.version}\n{figures.backend}"
