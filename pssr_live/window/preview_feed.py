"""What a session has to show, taken whenever the window asks."""

from __future__ import annotations

import time

from gui import Preview, Viewer
from pssr_live.session import LiveSession, NewestRaw
from pssr_live.window.previews import is_of, preview_of, raw_preview_of


class PreviewFeed:
    """Hands a session's newest frames to the window, and notes when they were drawn.

    Attributes
    ----------
    session : LiveSession or None
        The one that is looked at.
    viewer : Viewer or None
        Who looks; nothing is taken before somebody does.
    """

    def __init__(self) -> None:
        self.session: LiveSession | None = None
        self.viewer: Viewer | None = None
        self._newest_raw: NewestRaw | None = None
        self._drawing_since: float | None = None

    def newest(self, after: int) -> list[Preview]:
        """Take the newest restored frames, see `gui.MainWindow`."""
        session = self.session
        if session is None or self.viewer is None:
            return []
        session.newest.mean_wanted = self.viewer.wants_mean
        # Of another format is what was scanned before it was set anew.
        frames = [
            frame for frame in session.newest.take_each(after) if is_of(frame, session.format)
        ]
        positions = session.format.positions if session.format is not None else ("",)
        if frames:
            self._drawing_since = frames[-1].offered
        return [preview_of(frame, session.source, positions) for frame in frames]

    def newest_raw(self) -> list[Preview]:
        """Take the newest frames as they were scanned, see `gui.MainWindow`."""
        session = self.session
        if session is None or session.format is None or self.viewer is None:
            return []
        if self._newest_raw is None or self._newest_raw.session is not session:
            self._newest_raw = NewestRaw(session)
        positions, here = session.format.positions, session.format.at_position
        return [
            raw_preview_of(one, positions)
            for one in self._newest_raw.take(self.viewer.wants_raw)
            if one.frame.stream.position < len(positions)
            and one.format == here(one.frame.stream.position)
        ]

    def drawn(self) -> None:
        """Take note that what was taken last is on the screen."""
        if self.session is not None and self._drawing_since is not None:
            self.session.statistics.frame_displayed(time.perf_counter() - self._drawing_since)
