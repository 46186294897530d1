"""The events of movies as one picture: where, when, and how they agree with the truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from engines import replacing
from pssr_live.evaluation.events import TRUTH, MovieEvents, regressions
from pssr_live.evaluation.plots import COLOURS

_BREAK, _MERGE = "#e0570b", "#2b8fd6"


def draw_events(path: Path, found: Sequence[MovieEvents]) -> None:
    """Draw the first movie's frame with most differences, fissions over time, and regressions.

    Parameters
    ----------
    path : Path
        A PNG file.
    found : sequence of MovieEvents
        As `find_events` gives them, movie by movie.
    """
    methods = list(dict.fromkeys(one.method for one in found))
    first = [one for one in found if one.movie == found[0].movie]
    figure = Figure(figsize=(3.6 * max(3, len(methods)), 8), layout="constrained")
    halves: Any = figure.subfigures(2, 1, height_ratios=(1.2, 1))
    above, below = halves
    wrong = [
        sum(len(part) for one in first for part in one.frames[number].against_truth)
        for number in range(len(first[0].frames))
    ]
    shown = int(np.argmax(wrong))
    for axes, one in zip(above.subplots(1, len(methods), squeeze=False)[0], first, strict=True):
        _draw_network(axes, one, shown)
    above.suptitle(
        f"{found[0].movie}, frame {shown + 1}, where most differs from {TRUTH}: skeletons\n"
    )
    over_time, scatter = below.subplots(1, 2)
    for number, one in enumerate(first):
        counts = np.cumsum([len(frame.since_last.breaks) for frame in one.frames])
        colour = "black" if one.method == TRUTH else COLOURS[(number - 1) % len(COLOURS)]
        over_time.step(range(len(counts)), counts, where="post", color=colour, label=one.method)
    over_time.set(xlabel="frame", ylabel="fissions so far", title=found[0].movie)
    for axis in (over_time.xaxis, over_time.yaxis, scatter.xaxis, scatter.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    over_time.legend()
    _draw_regressions(scatter, found, methods[1:])
    with replacing(path) as draft:
        figure.savefig(draft, format="png", dpi=110)


def _draw_network(axes: Axes, one: MovieEvents, frame: int) -> None:
    network, wrong = one.networks[frame], one.frames[frame].against_truth
    picture = np.ones((*network.parts.shape, 3))
    picture[network.parts > 0] = 0.85
    picture[network.skeleton] = 0.0
    axes.imshow(picture, interpolation="nearest")
    for places, colour, words in (
        (wrong.breaks, _BREAK, "breaks"),
        (wrong.merges, _MERGE, "merges"),
    ):
        if places:
            rows, columns = zip(*places, strict=True)
            axes.scatter(columns, rows, s=90, facecolors="none", edgecolors=colour, label=words)
    title = one.method
    if one.method != TRUTH:
        title += f"\n{one.breaks:.1f} false breaks, {one.merges:.1f} false merges a frame"
        if wrong.breaks or wrong.merges:
            # Below the image, of which it would cover a part.
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=2, fontsize=8)
    axes.set_title(title, fontsize=9)
    axes.set(xticks=[], yticks=[])


def _draw_regressions(axes: Axes, found: Sequence[MovieEvents], methods: Sequence[str]) -> None:
    truths = {one.movie: one.fissions for one in found if one.method == TRUTH}
    lines = regressions(found)
    most = max([*truths.values(), 1])
    for number, method in enumerate(methods):
        colour = COLOURS[number % len(COLOURS)]
        pairs = [(truths[one.movie], one.fissions) for one in found if one.method == method]
        line = lines[method]
        words = method if line is None else f"{method}: {line}"
        axes.scatter(*zip(*pairs, strict=True), color=colour, label=words)
        if line is not None:
            ends = np.array([0, most])
            axes.plot(ends, line.intercept + line.slope * ends, color=colour)
    axes.plot([0, most], [0, most], color="grey", linestyle=":", label=f"as in {TRUTH}")
    axes.set(xlabel=f"fissions in {TRUTH}", ylabel="fissions found", title="a dot is a movie")
    axes.legend(fontsize=7)
