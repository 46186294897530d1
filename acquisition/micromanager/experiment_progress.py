"""How far an experiment of Micro-Manager has been fetched: known to both processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from acquisition.channel import StreamKey


@dataclass(slots=True, kw_only=True)
class ExperimentProgress:
    """What was fetched of an experiment, stream by stream.

    Attributes
    ----------
    name : str
        Of the experiment, see `ExperimentSummary`.
    planned : int
        Images that it is to have.
    fetched : int
        Images that were fetched.
    began_ms : float or None
        Elapsed time of the first image; None where it has none.
    reached : dict of str to list
        Time point and number of the last frame of a stream, by its name.
    """

    name: str
    planned: int
    fetched: int = 0
    began_ms: float | None = None
    reached: dict[str, list[int]] = field(default_factory=dict)

    def last_time(self, stream: StreamKey) -> int:
        """Time point of a stream's last frame; -1 where there is none."""
        return self.reached.get(_name(stream), (-1, -1))[0]

    def next_index(self, stream: StreamKey) -> int:
        """Number of a stream's next frame."""
        return self.reached.get(_name(stream), (-1, -1))[1] + 1

    def note(self, stream: StreamKey, time: int, index: int) -> None:
        """Note a frame, or one that is left out: what follows it has higher numbers."""
        self.reached[_name(stream)] = [time, index]

    @property
    def words(self) -> str:
        """How many images of how many were fetched."""
        return f"{self.fetched} of its {self.planned} images"

    @classmethod
    def read(cls, content: dict[str, Any] | None) -> Self | None:
        """Read what was handed over as JSON; None where there is none."""
        return cls(**content) if content else None


def _name(stream: StreamKey) -> str:
    return ",".join(map(str, stream))
