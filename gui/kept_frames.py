"""Frames of one stream that can be looked at again, wherever they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from gui.preview import Preview


class KeptFrames(Protocol):
    """Previews in order; `gui.history.History` keeps them in memory, a recording on the disk.

    The same place gives the same object for as long as it is looked at.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, place: int) -> Preview: ...

    def __iter__(self) -> Iterator[Preview]: ...

    def find(self, sequence: int) -> int | None:
        """Find the place of the frame with this `Preview.sequence`; None if it isn't kept."""

    def at_time(self, time_point: int) -> Preview | None:
        """Return the last that is not of a later time point; None if there is none."""
