"""What a benchmark found: plain figures, for tables and for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import numpy as np

FORMAT = 1


class FrameSize(NamedTuple):
    """Height and width of an LR frame in pixels."""

    height: int
    width: int

    def __str__(self) -> str:
        return f"{self.height} x {self.width}"


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took, time and again.

    Attributes
    ----------
    median_ms, p99_ms : float
        Median and 99th percentile in milliseconds.
    count : int
        How often it was timed.
    """

    median_ms: float
    p99_ms: float
    count: int

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        """Sum up times in seconds, at least one."""
        median, late = np.percentile(seconds, [50, 99])
        return cls(1e3 * float(median), 1e3 * float(late), len(seconds))


@dataclass(frozen=True, slots=True)
class PathFigures:
    """The whole live path, as fast as it takes frames.

    Attributes
    ----------
    saved : str
        What it saved.
    frames_per_second : float
        Restored frames, median over the rounds.
    of_engine : float
        That over the engine alone in the same round, median over the rounds.
    """

    saved: str
    frames_per_second: float
    of_engine: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyFigures:
    """Where the time goes from a window's last frame to its restored frame, at a steady pace.

    Attributes
    ----------
    saved : str
        What was saved meanwhile.
    rate : float
        Frames a second that came.
    stages : dict of str to Spread
        By `pssr_live.session.statistics.Statistics.latency_table`.
    seen : Spread
        Until somebody who waits for the newest frame has it.
    of_engine_median, of_engine_p99 : float
        That over the engine alone just before and just after: median of a turn, median over the
        turns; and 99th percentile of a round, median over the rounds.
    """

    saved: str
    rate: float
    stages: dict[str, Spread]
    seen: Spread
    of_engine_median: float
    of_engine_p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GuiFigures:
    """What the window costs, drawn where nobody sees it.

    Attributes
    ----------
    drawn_per_second : float
        Frames that it took to draw.
    processor_ms : float
        Of its thread, for each of them, with all else that the window does.
    frames_per_second : float
        Restored meanwhile, raw frames saved.
    of_path : float
        That over the same path without a window, in the same round, median over the rounds.
    """

    drawn_per_second: float
    processor_ms: float
    frames_per_second: float
    of_path: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFigures:
    """One bundle on one backend, for one frame size.

    Attributes
    ----------
    engine, version, backend, precision : str
    frame_size : FrameSize
    why_not : str
        Why it can't be used, with the fix; then there is nothing else.
    alone : Spread or None
        The engine on one window after the other, with nothing beside it.
    frames_per_second : float
        Of the engine alone, median over the rounds.
    paths, latencies : list
        Without saving and with.
    window : GuiFigures or None
        None where Qt can't be used.
    """

    engine: str
    version: str
    backend: str
    precision: str
    frame_size: FrameSize
    why_not: str = ""
    alone: Spread | None = None
    frames_per_second: float = 0.0
    paths: list[PathFigures] = field(default_factory=list)
    latencies: list[LatencyFigures] = field(default_factory=list)
    window: GuiFigures | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFigures:
    """One part of the path beside the plainest way to do the same.

    Attributes
    ----------
    part, beside : str
        What, and what it is compared with.
    frame_size : FrameSize
        Of LR frames.
    frames_per_second, beside_per_second : float
        Of each, medians over the rounds.
    ratio : float
        The one over the other in the same round, median over the rounds.
    """

    part: str
    beside: str
    frame_size: FrameSize
    frames_per_second: float
    beside_per_second: float
    ratio: float


@dataclass(slots=True, kw_only=True)
class Benchmark:
    """All that was found.

    Attributes
    ----------
    computer : dict of str to str
        See `pssr_live.bench.computer`.
    settings : dict
        Rounds, seconds, seed.
    engines : list of EngineFigures
    parts : list of PartFigures
    not_measured : list of str
        What, and why.
    stopped : bool
        Whether it was stopped before its end.
    """

    computer: dict[str, str]
    settings: dict[str, Any]
    engines: list[EngineFigures] = field(default_factory=list)
    parts: list[PartFigures] = field(default_factory=list)
    not_measured: list[str] = field(default_factory=list)
    stopped: bool = False

    def to_json(self) -> dict[str, Any]:
        """Everything as it goes into a JSON file."""
        return {"format": FORMAT, **asdict(self)}
