"""What training windows are like: the ranges in an engine's manifest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines import IntensityScale, Span
from pssr_live.trust import WindowMeter

MOST_WINDOWS = 200
# Fewer windows tell all there is of a small pool, or of a small dataset.
WINDOWS_TO_A_FILM = 4
PERCENTILES = (1.0, 99.0)
DIGITS = 4
# What a single frame can't tell.
OF_SEVERAL_FRAMES = ("change", "disorder")


class Scan(NamedTuple):
    """What a training window is made of: frames in counts, and the scale it is seen on."""

    frames: NDArray[Any]
    intensity: IntensityScale


def windows_to_measure(films: int) -> range:
    """Numbers of the windows to measure, of a pool of so many films."""
    return range(min(MOST_WINDOWS, WINDOWS_TO_A_FILM * films))


def figure_spans(scans: Iterable[Scan], frames_seen: int) -> dict[str, Span | None]:
    """Measure windows as a live session does, see `pssr_live.trust.window_figures`.

    Parameters
    ----------
    scans : iterable of Scan
        All of one size, with frames that differ in their noise at least.
    frames_seen : int
        By the network, of each window.

    Returns
    -------
    dict of str to tuple or None
        Percentiles of each figure by its name in the manifest; None where there is none.
    """
    meter: WindowMeter | None = None
    found: dict[str, list[float]] = {}
    for frames, intensity in scans:
        meter = meter or WindowMeter(frames.shape[1:])
        figures, _ = meter.measure(frames, len(frames) // 2, intensity)
        for name, value in asdict(figures).items():
            found.setdefault(name, []).append(value)
    return {
        name: None if frames_seen == 1 and name in OF_SEVERAL_FRAMES else _percentiles(values)
        for name, values in found.items()
    }


def span(values: Sequence[float]) -> Span | None:
    """Lowest and highest."""
    return (round(min(values), DIGITS), round(max(values), DIGITS)) if values else None


def _percentiles(values: Sequence[float]) -> Span | None:
    known = np.array(values)[np.isfinite(values)]
    if not known.size:
        return None
    low, high = np.percentile(known, PERCENTILES)
    return round(float(low), DIGITS), round(float(high), DIGITS)
