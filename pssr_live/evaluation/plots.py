"""Curves and dots as PNG, drawn for a light page and for a dark one."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from engines import SCALE_FACTOR
from pssr_live.evaluation.figures import FIGURES
from pssr_live.evaluation.trials import Evaluation, RecordingResult
from pssr_live.metrics import AGAINST_TRUTH, NYQUIST, TWO_SCANS, RingCorrelation

TRUTH = "HR truth"
# Okabe and Ito's colours, which colour-blind eyes tell apart; the first is the first method's.
COLOURS = ("#e0570b", "#2b8fd6", "#16a37b", "#c46ba4", "#d99a00", "#7c6fd9", "#8a8f98")
_DPI = 200
_DOTS = ("psnr_fit", "ssim_fit", "rsp", "consistency")


class Plot(NamedTuple):
    """One drawing, as PNG for either kind of page, and its width for reading, in CSS pixels."""

    title: str
    light: bytes
    dark: bytes
    width: int


def colours(methods: Sequence[str]) -> dict[str, str]:
    """Give each method a colour for the whole report."""
    return {method: COLOURS[n % len(COLOURS)] for n, method in enumerate(methods)}


def profile_plot(trial: RecordingResult, palette: Mapping[str, str]) -> Plot:
    """Draw what lies under the line in the shown frame."""
    frame, size = trial.setting.frame, trial.pixel_size_um or 1.0
    place = size * np.arange(trial.setting.line.steps)
    curves = {found.method: found.course.kymograph[frame] for found in trial.measurements}
    low, span = trial.black, trial.span

    def draw(axes: Sequence[Axes], ink: str) -> None:
        truth = (trial.setting.course.kymograph[frame] - low) / span
        axes[0].plot(place, truth, color=ink, linewidth=2.2, label=TRUTH)
        for method, values in curves.items():
            axes[0].plot(place, (values - low) / span, color=palette[method], label=method)
        axes[0].set_xlabel("µm along the line" if trial.pixel_size_um else "pixels along the line")
        axes[0].set_ylabel("brightness, parts of the truth's span")

    return _plot(draw, 1, "Line profile")


def neighbours_plot(trial: RecordingResult, palette: Mapping[str, str]) -> Plot:
    """Draw the correlation of neighbouring frames over time."""
    step = trial.interval_s or 1.0
    truth = trial.setting.course.neighbours
    time = step * (0.5 + np.arange(len(truth)))
    marker = "o" if len(truth) < 12 else ""

    def draw(axes: Sequence[Axes], ink: str) -> None:
        axes[0].plot(time, truth, color=ink, linewidth=2.2, marker=marker, label=TRUTH)
        for found in trial.measurements:
            axes[0].plot(
                time,
                found.course.neighbours,
                color=palette[found.method],
                marker=marker,
                label=found.method,
            )
        axes[0].set_xlabel("time (s)" if trial.interval_s else "frame")
        axes[0].set_ylabel("ρ of neighbouring frames")

    return _plot(draw, 1, "Temporal consistency: near the truth is good")


def bleaching_plot(trial: RecordingResult, palette: Mapping[str, str]) -> Plot:
    """Draw how fast the movie fades."""
    step = trial.interval_s or 1.0
    truth = trial.setting.course.bleaching
    time = step * np.arange(len(truth))

    def draw(axes: Sequence[Axes], ink: str) -> None:
        axes[0].plot(time, truth, color=ink, linewidth=2.2, label=TRUTH)
        for found in trial.measurements:
            axes[0].plot(
                time, found.course.bleaching, color=palette[found.method], label=found.method
            )
        axes[0].set_ylim(0, 1.05)
        axes[0].set_xlabel("time (s)" if trial.interval_s else "frame")
        axes[0].set_ylabel("signal, parts of its maximum")

    return _plot(draw, 1, "Bleaching")


def frc_plot(trial: RecordingResult, palette: Mapping[str, str]) -> Plot:
    """Draw the ring correlations: with the truth, and between two scans."""
    size = trial.pixel_size_um
    curves = {
        "with the truth": ({f.method: f.frc_truth for f in trial.measurements}, AGAINST_TRUTH)
    }
    scans = {f.method: f.frc_scans for f in trial.measurements if f.frc_scans is not None}
    if scans:
        curves["of two scans, each restored"] = (scans, TWO_SCANS)

    def draw(axes: Sequence[Axes], ink: str) -> None:
        for place, (title, (of_method, threshold)) in zip(axes, curves.items(), strict=True):
            for method, frc in of_method.items():
                place.plot(
                    frc.frequency / (size or 1.0),
                    frc.correlation,
                    color=palette[method],
                    label=f"{method}: {_detail(frc, threshold, size)}",
                )
            place.axhline(threshold, color=ink, linewidth=0.8, linestyle=":")
            finest = NYQUIST / SCALE_FACTOR / (size or 1.0)
            place.axvline(finest, color=ink, linewidth=0.8, linestyle="--")
            note = " beyond: finer than\n the LR pixels carry"
            place.text(finest, 1.04, note, color=ink, fontsize=9, va="top")
            place.set_ylim(-0.1, 1.05)
            place.set_xlim(0, NYQUIST / (size or 1.0))
            place.set_xlabel("cycles/µm" if size else "cycles/pixel")
            place.set_title(title, fontsize=10)
            place.legend(
                title=f"finest detail at the threshold of {_named(threshold)}",
                title_fontsize=9,
                loc="upper center",
                bbox_to_anchor=(0.5, -0.2),
                ncols=2,
            )
        axes[0].set_ylabel("ring correlation")

    return _plot(draw, len(curves), "Fourier ring correlation", height=3.8)


def dots_plot(evaluation: Evaluation, condition: str, palette: Mapping[str, str]) -> Plot:
    """Draw every movie's figures as dots joined from method to method, and their means."""
    methods = [*evaluation.methods[1:], evaluation.methods[0]]
    tables = {
        name: [evaluation.by_movie(condition, method, name) for method in methods] for name in _DOTS
    }
    known = {name: np.array(table) for name, table in tables.items() if all(table)}

    def draw(axes: Sequence[Axes], ink: str) -> None:
        for place, (name, table) in zip(axes, known.items(), strict=True):
            across = np.arange(len(methods))
            place.plot(across, table, color=ink, alpha=0.35, linewidth=0.8)
            for x, (method, values) in enumerate(zip(methods, table, strict=True)):
                place.plot([x] * len(values), values, "o", color=palette[method], markersize=5)
                place.plot([x - 0.25, x + 0.25], [values.mean()] * 2, color=palette[method])
            figure = FIGURES[name]
            arrow = {"higher": "↑", "lower": "↓"}.get(figure.better, "")
            place.set_title(f"{figure.title} {figure.unit} {arrow}".replace("  ", " "), fontsize=10)
            place.set_xticks(across, methods, rotation=35, ha="right")
            place.set_xlim(-0.5, len(methods) - 0.5)

    return _plot(draw, len(known), "", panel=2.6, height=2.9)


def _detail(frc: RingCorrelation, threshold: float, size: float | None) -> str:
    found = frc.resolution(threshold, size)
    if found is None:
        return "none"
    return f"{found:.2f} µm" if size else f"{found:.1f} px"


def _named(threshold: float) -> str:
    return "1/7" if threshold == TWO_SCANS else f"{threshold:g}"


def _plot(
    draw: Callable[[Sequence[Axes], str], None],
    panels: int,
    title: str,
    *,
    panel: float = 4.8,
    height: float = 3.3,
) -> Plot:
    width = panel * panels if panels > 1 else panel
    size = (width, height)
    light, dark = (_page(draw, panels, title, size=size, ink=ink) for ink in ("#1c1f24", "#e9ebef"))
    return Plot(title or "Figures of each movie", light, dark, round(100 * width))


def _page(
    draw: Callable[[Sequence[Axes], str], None],
    panels: int,
    title: str,
    *,
    size: tuple[float, float],
    ink: str,
) -> bytes:
    style: dict[Any, object] = {
        "font.size": 9.5,
        "text.color": ink,
        "axes.labelcolor": ink,
        "axes.edgecolor": ink,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": ink,
        "ytick.color": ink,
        "lines.linewidth": 1.4,
        "legend.frameon": False,
        "legend.fontsize": 9,
        "axes.titlecolor": ink,
    }
    with rc_context(style):
        figure = Figure(figsize=size, layout="constrained")
        if title:
            figure.suptitle(title, x=0.01, ha="left", fontsize=10.5, fontweight="bold")
        axes = figure.subplots(1, panels, squeeze=False)[0]
        draw(list(axes), ink)
        handles, labels = axes[0].get_legend_handles_labels()
        if handles and axes[0].get_legend() is None:
            figure.legend(handles, labels, loc="outside lower center", ncols=3)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=_DPI, transparent=True)
    return buffer.getvalue()
