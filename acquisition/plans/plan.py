"""The plan of an experiment: time points with deadlines, and what is imaged at each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from acquisition.channel import Channel, StreamKey
from acquisition.errors import SourceError
from acquisition.frame import ONE_STREAM
from acquisition.plans.durations import in_words

# From here on a time point is late, and its user is told.
LATE_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One frame of a time point, and how the microscope is set for it.

    Attributes
    ----------
    stream : StreamKey
    group, preset : str
        Micro-Manager's configuration group and preset of the channel; no preset to leave it. No
        group for the one that Micro-Manager has its channels in.
    exposure_ms : float or None
        None for the camera's own.
    x_um, y_um, z_um : float or None
        Where the stages stand; None to leave one.
    z_from_start : bool
        Whether `z_um` is counted from where the focus stands at the start.
    every : int
        Taken at time points 0, every, 2 every, …
    keep_shutter_open : bool
        Whether the shutter stays open until the next exposure.
    """

    stream: StreamKey = ONE_STREAM
    group: str = ""
    preset: str = ""
    exposure_ms: float | None = None
    x_um: float | None = None
    y_um: float | None = None
    z_um: float | None = None
    z_from_start: bool = False
    every: int = 1
    keep_shutter_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Time points of one interval.

    Attributes
    ----------
    first_s : float
        When the first is due, in seconds from the start.
    interval_s : float
        From each to the next; 0 for one after the other as fast as it goes.
    time_points : int or None
        How many; None for no end.
    """

    first_s: float = 0.0
    interval_s: float = 0.0
    time_points: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentPlan:
    """All that is done in an experiment; every time is counted from the start, so none drifts.

    Attributes
    ----------
    exposures : tuple of Exposure
        Of each time point, in their order.
    phases : tuple of Phase
        One after the other; only the last may have no end.
    channels : tuple of Channel
    slices : int
    z_step_um : float or None
    positions : tuple of str
        Names.
    """

    exposures: tuple[Exposure, ...]
    phases: tuple[Phase, ...]
    channels: tuple[Channel, ...] = (Channel(),)
    slices: int = 1
    z_step_um: float | None = None
    positions: tuple[str, ...] = ("",)

    @property
    def interval_s(self) -> float | None:
        """From time point to time point, at the beginning; None where it is as fast as it goes."""
        return self.phases[0].interval_s or None

    @property
    def timed(self) -> bool:
        """Whether time points have deadlines."""
        return self.phases[0].interval_s > 0

    @property
    def time_points(self) -> int | None:
        """How many there are; None without an end."""
        counts = [phase.time_points for phase in self.phases]
        return None if None in counts else sum(count or 0 for count in counts)

    @property
    def frame_count(self) -> int | None:
        """How many frames will come, if none is missed; None without an end."""
        count = self.time_points
        if count is None:
            return None
        return sum(-(-count // exposure.every) for exposure in self.exposures)

    def due_s(self, time_point: int) -> float | None:
        """When a time point is due, in seconds from the start; None after the last."""
        left = time_point
        for phase in self.phases:
            if phase.time_points is None or left < phase.time_points:
                return phase.first_s + left * phase.interval_s
            left -= phase.time_points
        return None

    def missed_s(self, time_point: int) -> float:
        """From when on a time point is missed, in seconds from the start.

        Half an interval after its deadline: one that begins later would be pressed together with
        the next one, which cells and their bleaching would notice.
        """
        due, after = self.due_s(time_point), self.due_s(time_point + 1)
        assert due is not None  # noqa: S101 - asked of those that there are
        if not self.timed:
            return float("inf")
        interval = after - due if after is not None else self.phases[-1].interval_s
        return due + interval / 2

    def at(self, time_point: int) -> tuple[Exposure, ...]:
        """Return the exposures of one time point."""
        return tuple(one for one in self.exposures if time_point % one.every == 0)

    def check_times(self, exposure_ms: float) -> None:
        """Refuse exposures that don't fit into the interval.

        Parameters
        ----------
        exposure_ms : float
            The camera's own.

        Raises
        ------
        SourceError
            With the shortest interval that they fit into.
        """
        times_ms = [
            one.exposure_ms if one.exposure_ms is not None else exposure_ms
            for one in self.exposures
        ]
        intervals = [phase.interval_s for phase in self.phases if phase.interval_s]
        if not intervals:
            return
        interval_s, needed_s = min(intervals), sum(times_ms) / 1000
        if needed_s <= interval_s:
            return
        fix = (
            f"Give an interval of {in_words(needed_s)} at least, and some more for the moves in "
            f"between, or shorter exposures: --interval {needed_s:g}s"
        )
        longest_ms = max(times_ms)
        if longest_ms > 1000 * interval_s:
            raise SourceError(
                f"An exposure of {longest_ms:g} ms is longer than the interval of "
                f"{in_words(interval_s)}.",
                fix,
            )
        raise SourceError(
            f"The {len(times_ms)} exposures of a time point take {in_words(needed_s)}, longer than "
            f"the interval of {in_words(interval_s)}.",
            fix,
        )

    def as_json(self) -> dict[str, Any]:
        """Write it down for another process."""
        return asdict(self)

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Self:
        """Read what `as_json` has written."""
        return cls(
            exposures=tuple(
                Exposure(**{**one, "stream": StreamKey(*one["stream"])})
                for one in content["exposures"]
            ),
            phases=tuple(Phase(**one) for one in content["phases"]),
            channels=tuple(read_channel(one) for one in content["channels"]),
            slices=content["slices"],
            z_step_um=content["z_step_um"],
            positions=tuple(content["positions"]),
        )


def read_channel(content: Mapping[str, Any]) -> Channel:
    """Read a channel that was written down as JSON."""
    colour = content["colour"]
    return Channel(
        name=content["name"],
        colour=tuple(colour) if colour is not None else None,
        wavelength_nm=content["wavelength_nm"],
    )
