"""Where a training stands in its schedule, and how fast it learns there."""

from __future__ import annotations

import time
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from pssr_live.training.recipe import Rise, Schedule

HIGH_MOMENTUM, LOW_MOMENTUM = 0.95, 0.85
FIRST_RATE = 0.04
# PSSR v1's groups of layers: two of the encoder, and the rest of the network.
ENCODER_PART = 0.1
RISE = 0.3


class Stage(NamedTuple):
    """A stretch of training under one cycle of rates.

    Attributes
    ----------
    epochs, steps : int
        Epochs, and batches in each.
    batch : int
        Pairs in a batch.
    tile : int
        Side of the HR tiles in pixels.
    lowest_rate, highest_rate : float
        At the top of the cycle, of the first and of the last layer; linear in between.
    last_layer_only : bool
        Whether all other layers, or groups, stand still.
    group_rates : tuple of float, optional
        Highest rates of v1's three groups instead.
    """

    epochs: int
    steps: int
    batch: int
    tile: int
    lowest_rate: float
    highest_rate: float
    last_layer_only: bool = False
    group_rates: tuple[float, float, float] | None = None


class ScheduleProgress:
    """The way through a schedule: by steps, or by the clock where it says so.

    Attributes
    ----------
    stages : tuple of Stage
    steps : int
        Done so far.
    seconds : float
        How long they took, as the processes that train together agreed.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.stages = stages(schedule)
        self.steps = 0
        self.seconds = 0.0
        self._minutes, self._rise = schedule.minutes, schedule.rise
        self._ends = list(accumulate(stage.epochs * stage.steps for stage in self.stages))
        self.start()

    def start(self, seconds: float = 0.0) -> None:
        """Start the clock, as of so many seconds ago."""
        self._started = time.monotonic() - seconds

    @property
    def clock(self) -> float:
        """How long the training has taken by now, in seconds, on this process's clock."""
        return time.monotonic() - self._started

    @property
    def epochs(self) -> int | None:
        """How many epochs there will be, if that is known."""
        return None if self._minutes else sum(stage.epochs for stage in self.stages)

    @property
    def part(self) -> float:
        """How much of the training is done, 0 to 1."""
        return min(1.0, self._position / self._ends[-1])

    @property
    def over(self) -> bool:
        """Whether the schedule is through."""
        return self.part >= 1.0

    @property
    def number(self) -> int:
        """Which stage it is, from 0; when all is over, the last."""
        position = self._position
        return min(sum(end <= position for end in self._ends), len(self._ends) - 1)

    def goes_on_in(self, number: int) -> bool:
        """Whether there is more to do in a stage."""
        return not self.over and self.number == number

    def rate(self, number: int) -> tuple[float, float]:
        """Learning rate, as part of the highest of stage `number`, and momentum at this moment."""
        start = self._ends[number - 1] if number else 0
        part = (self._position - start) / (self._ends[number] - start)
        return one_cycle(min(1.0, part), self._rise)

    def state(self) -> dict[str, float]:
        """Write down where the training is, for `set_state`."""
        return {"steps": self.steps, "seconds": self.seconds}

    def set_state(self, state: dict[str, float]) -> None:
        """Go on from there."""
        self.steps, self.seconds = int(state["steps"]), state["seconds"]
        self.start(self.seconds)

    @property
    def _position(self) -> float:
        """Steps done; by the clock, those that the schedule would have done by now."""
        if self._minutes:
            return self._ends[-1] * self.seconds / (60 * self._minutes)
        return self.steps


def stages(schedule: Schedule) -> tuple[Stage, ...]:
    """Lay a schedule out: one stage, or up to two for each of its rounds."""
    laid_out = []
    for part in schedule.rounds:
        size = (part.steps, part.batch, part.hr_tile)
        rate = part.last_layer_rate
        if part.last_layer_epochs:
            laid_out.append(Stage(part.last_layer_epochs, *size, rate, rate, last_layer_only=True))
        laid_out.append(Stage(part.epochs, *size, *part.learning_rates))
    if not laid_out:
        size, rate = (schedule.steps, schedule.batch, schedule.hr_tile), schedule.learning_rate
        laid_out.append(Stage(schedule.epochs, *size, rate, rate))
    if schedule.rates == "v1":
        laid_out = [stage._replace(group_rates=_group_rates(stage)) for stage in laid_out]
    return tuple(laid_out)


def _group_rates(stage: Stage) -> tuple[float, float, float]:
    """Highest rates of v1's three groups, as fastai's `lr_range` gives them."""
    lowest, highest = stage.lowest_rate, stage.highest_rate
    if lowest == highest:
        return ENCODER_PART * highest, ENCODER_PART * highest, highest
    return lowest, (lowest * highest) ** 0.5, highest


def one_cycle(part: float, rising: Rise = "linear") -> tuple[float, float]:
    """Learning rate, as part of the highest, and momentum at a part (0..1) of a stage.

    The rate rises for the first 30 % while the momentum falls, linearly (Smith 2018) or along a
    cosine (fastai 1), then goes to zero along a cosine while the momentum rises again.
    """
    if part < RISE:
        rise = part / RISE
        if rising == "cosine":
            rise = float(0.5 * (1 - np.cos(np.pi * rise)))
        momentum = HIGH_MOMENTUM + (LOW_MOMENTUM - HIGH_MOMENTUM) * rise
        return FIRST_RATE + (1 - FIRST_RATE) * rise, momentum
    fall = 0.5 * (1 + np.cos(np.pi * (part - RISE) / (1 - RISE)))
    return float(fall), float(HIGH_MOMENTUM + (LOW_MOMENTUM - HIGH_MOMENTUM) * fall)
