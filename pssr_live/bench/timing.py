"""Timing two or more things in turn, so that what else the computer does falls on all alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure.

    Attributes
    ----------
    rounds : int
        How often everything has its turn.
    seconds : float
        Of each turn.
    """

    rounds: int = 3
    seconds: float = 2.0


def repeat(call: Callable[[], object], seconds: float) -> list[float]:
    """Call something for so long, at least once; returns how long each call took."""
    taken: list[float] = []
    began = now = time.perf_counter()
    while not taken or now - began < seconds:
        call()
        before, now = now, time.perf_counter()
        taken.append(now - before)
    return taken


def rates_in_turn(
    calls: Mapping[str, Callable[[], object]], effort: Effort
) -> dict[str, list[float]]:
    """Call each of several things for a turn, again and again.

    Parameters
    ----------
    calls : mapping of str to callable
        Each is called once before, to warm up.
    effort : Effort

    Returns
    -------
    dict of str to list of float
        Calls a second in each round.
    """
    for call in calls.values():
        call()
    rates: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(effort.rounds):
        for name, call in calls.items():
            taken = repeat(call, effort.seconds)
            rates[name].append(len(taken) / sum(taken))
    return rates


def median(values: Sequence[float]) -> float:
    """Median of some values."""
    return float(np.median(values))


def median_ratio(values: Sequence[float], beside: Sequence[float]) -> float:
    """Median over the rounds of one thing over another."""
    return median([one / other for one, other in zip(values, beside, strict=True)])
