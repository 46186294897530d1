"""The plan that a command line can say: an interval, channels and a duration."""

from __future__ import annotations

import math
from collections.abc import Sequence

from acquisition.channel import Channel, StreamKey
from acquisition.plans.plan import ExperimentPlan, Exposure, Phase

# A duration that is so nearly a multiple of the interval is one.
_ROUNDING = 1e-9


def simple_plan(
    interval_s: float, channels: Sequence[str] = (), duration_s: float | None = None
) -> ExperimentPlan:
    """Plan one frame of each channel at each time point.

    Parameters
    ----------
    interval_s : float
        From time point to time point, in seconds.
    channels : sequence of str
        Presets of Micro-Manager's channel group; none to leave it as it is.
    duration_s : float, optional
        For how long, in seconds: time points begin before its end. Without it there is no end.
    """
    count = None
    if duration_s is not None:
        count = max(1, math.ceil(duration_s / interval_s - _ROUNDING))
    presets = tuple(channels) or ("",)
    return ExperimentPlan(
        exposures=tuple(
            Exposure(stream=StreamKey(channel=number), preset=preset)
            for number, preset in enumerate(presets)
        ),
        phases=(Phase(interval_s=interval_s, time_points=count),),
        channels=tuple(map(Channel, presets)),
    )
