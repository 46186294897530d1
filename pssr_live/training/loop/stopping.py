"""Ctrl-C as a request: the work ends where nothing is lost."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from pssr_live.training.data import Report

# Windows sends the third when Ctrl-Break is pressed.
SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK")
SECONDS_OF_ONE_REQUEST = 1.0


def ending(report: Report, stop: Callable[[], bool]) -> Report:
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
    """Note Ctrl-C, or a request to terminate, instead of breaking off at once.

    A second Ctrl-C breaks off, unless it comes at once: torchrun passes on to its processes what
    they got themselves. For the main thread.

    Yields
    ------
    callable
        Says whether there was such a request.
    """
    asked: list[float] = []

    def ask(number: int, _: FrameType | None) -> None:
        now = time.monotonic()
        if asked and number != signal.SIGTERM and now - asked[0] > SECONDS_OF_ONE_REQUEST:
            raise KeyboardInterrupt
        asked.append(now)

    signals = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    before = {number: signal.signal(number, ask) for number in signals}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
