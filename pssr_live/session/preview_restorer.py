"""Restores what is only looked at: the newest window, whatever was passed over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from acquisition import Overtaken
from pssr_live.recording import RestoredItem
from pssr_live.session.display import SegmentDisplay
from pssr_live.session.segment_restorer import Restorer
from pssr_live.session.window_cursor import WindowCursor


class PreviewRestorer:
    """Restores the newest window of each stream, again and again, to the end of the ring.

    The verdict on one frame is found, and the frame shown, by a thread of its own while the engine
    is at the next.

    Parameters
    ----------
    cursor : WindowCursor
        Where it begins.
    windows : Restorer
        Restores and judges them.
    display : SegmentDisplay
        Shows them.
    counts : callable
        Whether frames are to be counted as restored or passed over. Those of a recording are once
        they are in its file; those that a disk refused by the recording that takes them over.
    """

    def __init__(
        self,
        cursor: WindowCursor,
        windows: Restorer,
        display: SegmentDisplay,
        *,
        counts: Callable[[], bool],
        counted_before: int = 0,
    ) -> None:
        self._cursor = cursor
        self._windows = windows
        self._display = display
        self._counts = counts
        self._counted_before = counted_before
        self._counting = threading.Lock()

    def run(self) -> None:
        """Restore until the ring has ended, or it is abandoned."""
        with ThreadPoolExecutor(1, "judge") as judge:
            before: Future[bool] | None = None
            while True:
                try:
                    window = self._cursor.wait_for_newest(self._count_skipped)
                    if window is None:
                        self._count_skipped(self._cursor.leave_rest())
                        break
                    item = self._windows.restore(window)
                    self._cursor.ring.check(window.first)
                except Overtaken:
                    self._count_skipped(1)
                else:
                    self._count_unshown(before)
                    before = judge.submit(self._judge_and_show, item)
                self._cursor.move_on()
            self._count_unshown(before)

    def _judge_and_show(self, item: RestoredItem) -> bool:
        """Show a frame with its verdict; returns False if its window was overwritten meanwhile."""
        item = self._windows.judge(item)
        try:
            self._cursor.ring.check(item.window.first)
        except Overtaken:
            return False
        if self._to_be_counted(1):
            self._display.show_and_count(item)
        else:
            self._display.show_and_time(item)
        return True

    def _count_unshown(self, shown: Future[bool] | None) -> None:
        if shown is not None and not shown.result():
            self._count_skipped(1)

    def _count_skipped(self, count: int) -> None:
        if uncounted := self._to_be_counted(count):
            self._display.statistics.frames_skipped(uncounted)

    def _to_be_counted(self, count: int) -> int:
        """Of so many frames, those that are counted here."""
        with self._counting:
            counted = min(count, self._counted_before)
            self._counted_before -= counted
        return count - counted if self._counts() else 0
