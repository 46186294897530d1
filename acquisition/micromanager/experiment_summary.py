"""What an experiment of Micro-Manager is to become, read from its summary metadata."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from acquisition.micromanager.answers import OddAnswerError
from acquisition.plain import plain

# Micro-Manager's own name where there are no channels, and its colour for them.
_NO_CHANNEL = "Default"
_WHITE = (255, 255, 255)
_TIME_OF_START = "%Y-%m-%d %H:%M:%S.%f %z"

# Channels by slices by positions.
MOST_STREAMS = 100_000

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentSummary:
    """An experiment as it was planned.

    Attributes
    ----------
    started : str
        Date and time, as Micro-Manager writes them.
    prefix : str
        The user's name for it.
    channels : tuple of (str, Colour or None)
        Names and colours.
    slices : int
    z_step_um : float or None
    positions : tuple of str
        Names of the stage positions.
    time_points : int
    interval_s : float or None
        From time point to time point; None where they follow as fast as they can.
    """

    started: str
    prefix: str
    channels: tuple[tuple[str, Colour | None], ...]
    slices: int
    z_step_um: float | None
    positions: tuple[str, ...]
    time_points: int
    interval_s: float | None

    @property
    def name(self) -> str:
        """Tells it from any other."""
        return f"{self.prefix} {self.started}"

    @property
    def seconds_since_start(self) -> float:
        """How long ago it began, by this computer's clock; infinite where that can't be read."""
        try:
            began = datetime.strptime(self.started, _TIME_OF_START)
        except ValueError:
            return math.inf
        return (datetime.now(UTC) - began).total_seconds()

    @property
    def images(self) -> int:
        """How many there are to be, if no channel leaves out time points."""
        return self.time_points * len(self.channels) * self.slices * len(self.positions)


def read_summary(metadata: Any, display: Any) -> ExperimentSummary:
    """Read an experiment's summary metadata, and the colours of its window.

    Parameters
    ----------
    metadata : Any
        Micro-Manager's SummaryMetadata.
    display : Any
        DisplaySettings of its window.
    """
    intended = metadata.get_intended_dimensions()

    def length(axis: str) -> int:
        return max(1, int(intended.get_index(axis))) if intended is not None else 1

    names = _texts(metadata.get_channel_name_list())
    count = max(length("channel"), len(names), 1)
    slices, positions = length("z"), length("position")
    if count * slices * positions > MOST_STREAMS:
        raise OddAnswerError("get_intended_dimensions", (count, slices, positions))
    names += [f"channel {number}" for number in range(len(names), count)]
    channels = [(name, _colour(display, number)) for number, name in enumerate(names)]
    if names == [_NO_CHANNEL]:
        channels = [("", None)]
    labels: list[str] = []
    with suppress(Exception):  # of an older Micro-Manager: it has no such list
        labels = _texts(metadata.get_stage_position_list(), lambda one: one.get_label())
    labels = [*labels[:positions], *(f"Pos{n}" for n in range(len(labels), positions))]
    interval_ms = float(metadata.get_wait_interval() or 0.0)
    z_step_um = abs(float(metadata.get_z_step_um() or 0.0)) if slices > 1 else 0.0
    return ExperimentSummary(
        started=str(metadata.get_start_date() or ""),
        prefix=plain(str(metadata.get_prefix() or "")),
        channels=tuple(channels),
        slices=slices,
        z_step_um=z_step_um or None,
        positions=tuple(labels) if positions > 1 else ("",),
        time_points=length("time"),
        interval_s=interval_ms / 1000 or None,
    )


def _texts(listed: Any, text_of: Callable[[Any], object] = str) -> list[str]:
    """Read a Java list."""
    if listed is None:
        return []
    return [plain(str(text_of(listed.get(number)))) for number in range(listed.size())]


def _colour(display: Any, channel: int) -> Colour | None:
    with suppress(Exception):  # of the window: nobody has given the channel a colour yet
        colour = display.get_channel_color(channel)
        parts = (int(colour.get_red()), int(colour.get_green()), int(colour.get_blue()))
        return None if parts == _WHITE else parts
    return None
