"""Ctrl-C, or a closed terminal, as a request: the work ends where nothing is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pssr_live.end_requests import EndRequest, end_requests

if TYPE_CHECKING:
    from pssr_live.training.data import ReportProgress

SECONDS_OF_ONE_REQUEST = 1.0


def ending(report: ReportProgress, stop: Callable[[], bool]) -> ReportProgress:
    """End work that has nothing to save yet where it reports: raise `KeyboardInterrupt`.

    Parameters
    ----------
    report : callable
        Called with (done, total, text) while the work goes on.
    stop : callable
        Asked after that whether to stop.
    """

    def progress(done: int, total: int, text: str) -> None:
        report(done, total, text)
        if stop():
            raise KeyboardInterrupt

    return progress


@contextmanager
def stop_request() -> Iterator[Callable[[], bool]]:
    """Note a request to end, see `end_requests`, instead of breaking off at once.

    A second Ctrl-C breaks off, unless it comes at once: torchrun passes on to its processes what
    they got themselves. For the main thread.

    Yields
    ------
    callable
        Says whether there was such a request.
    """
    asked: list[float] = []
    ended = threading.Event()

    def end(request: EndRequest, name: str) -> None:
        now = time.monotonic()
        again = request is EndRequest.BY_KEY and name != "SIGTERM"
        if asked and again and now - asked[0] > SECONDS_OF_ONE_REQUEST:
            raise KeyboardInterrupt
        asked.append(now)

    def end_within(_: str, seconds: float) -> None:
        asked.append(time.monotonic())
        ended.wait(seconds)

    with end_requests(end, end_within):
        try:
            yield lambda: bool(asked)
        finally:
            ended.set()
