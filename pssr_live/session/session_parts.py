"""What all segments of a session share, given by the session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from acquisition import FrameFormat
from pssr_live.restoring import SharedEngine
from pssr_live.session.newest import Newest
from pssr_live.session.statistics import Statistics


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionParts:
    """What all segments of a session share.

    Attributes
    ----------
    lacks_engine : callable
        Told a format, says of each channel whether it shall have no engine.
    open_engines : callable
        Opens the engine of each channel for frames of one format, or returns it if it is open; None
        for a channel that shall have none.
    newest : Newest
        Where the viewer looks.
    statistics : Statistics
        Counts.
    source_is_urgent : callable
        Whether the source needs the processor at once, see `FrameSource`.
    on_fault : callable
        Told, from any thread, of an error that a thread of a segment stopped for.
    on_no_engine : callable
        Told why nothing can be restored.
    save_restored : bool
        Whether recordings hold restored frames too.
    provisional : bool or None
        Whether the newest frame is shown before its window is complete; None to do so where frames
        come slowly.
    """

    lacks_engine: Callable[[FrameFormat], Sequence[bool]]
    open_engines: Callable[[FrameFormat], Sequence[SharedEngine | None]]
    newest: Newest
    statistics: Statistics
    source_is_urgent: Callable[[], bool]
    on_fault: Callable[[Exception], None]
    on_no_engine: Callable[[Exception], None]
    save_restored: bool = True
    provisional: bool | None = None
