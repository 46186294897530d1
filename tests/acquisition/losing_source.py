"""A source of which frames are lost on the way, for tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from acquisition import NOTHING_MISSING, Frame, FrameFormat, FrameSource


class LosingSource:
    """Delivers another source's frames but for those that are lost, see `FrameSource`.

    Parameters
    ----------
    source : FrameSource
    lost : callable
        Whether a frame is lost: frames of a channel from some number on, of a channel that stops.
    """

    def __init__(self, source: FrameSource, lost: Callable[[Frame], bool]) -> None:
        self._source = source
        self._lost = lost
        self.url = source.url
        self.frame_count: int | None = None
        self.first_index: int | None = None
        self.missing_after = NOTHING_MISSING

    @property
    def settings(self) -> Mapping[str, str]:
        return self._source.settings

    @property
    def urgent(self) -> bool:
        return self._source.urgent

    @property
    def status(self) -> str:
        return self._source.status

    @property
    def connected(self) -> bool:
        return self._source.connected

    @property
    def next_frame_s(self) -> float | None:
        return self._source.next_frame_s

    def open(self) -> FrameFormat:
        return self._source.open()

    def read(self, timeout: float) -> Frame | None:
        frame = self._source.read(timeout)
        return None if frame is None or self._lost(frame) else frame

    def close(self) -> None:
        self._source.close()
