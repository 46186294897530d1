"""Requests to end: Ctrl-C, a request to terminate, a terminal or console that is closed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from types import FrameType

# Ctrl-C, a request to terminate, Ctrl-Break on Windows, and the end of the terminal elsewhere.
_SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP")
_TERMINAL_CLOSED = "SIGHUP"
# Windows ends a process five seconds after its console was closed.
_SECONDS_OF_A_CLOSED_CONSOLE = 4.0
_CLOSE, _LOG_OFF, _SHUT_DOWN = 2, 5, 6
_CONSOLE_EVENTS = {
    _CLOSE: "the console was closed",
    _LOG_OFF: "the user logged off",
    _SHUT_DOWN: "the computer was shut down",
}


class EndRequest(Enum):
    """How a user asks for the end."""

    BY_KEY = "by key, or a request to terminate: asked for again it means at once"
    TERMINAL_CLOSED = "the terminal is gone, and may say so more than once"


@contextmanager
def end_requests(
    end: Callable[[EndRequest, str], object], end_within: Callable[[str, float], object]
) -> Iterator[None]:
    """Hand requests to end to whoever can end in good order; for the main thread.

    A program that was started so that the end of its terminal means nothing to it (``nohup``) goes
    on.

    Parameters
    ----------
    end : callable
        Called in the main thread, between any two steps of it, with the kind of the request and its
        name. It must only take note: what it would print or draw may be being printed or drawn.
    end_within : callable
        Called in another thread, with the reason and so many seconds, where the system ends the
        process soon; returns once all is saved, or the time is over.
    """

    def take(number: int, _: FrameType | None) -> None:
        name = signal.Signals(number).name
        closed = name == _TERMINAL_CLOSED
        end(EndRequest.TERMINAL_CLOSED if closed else EndRequest.BY_KEY, name)

    before = {}
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number is None:
            continue
        if name != _TERMINAL_CLOSED or signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, take)
    try:
        with _console_watched(end_within):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _console_watched(end_within: Callable[[str, float], object]) -> Iterator[None]:
    """Be told, on Windows, that the console is closed, and take a moment to end."""
    if sys.platform == "win32":
        import ctypes
        from ctypes import wintypes

        def take(event: int) -> bool:
            if event not in _CONSOLE_EVENTS:
                return False
            end_within(_CONSOLE_EVENTS[event], _SECONDS_OF_A_CLOSED_CONSOLE)
            return True

        # Kept as long as Windows may call it.
        handler = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.DWORD)(take)
        set_handler = ctypes.windll.kernel32.SetConsoleCtrlHandler
        set_handler(handler, True)
        try:
            yield
        finally:
            set_handler(handler, False)
    else:
        yield


def keep_signal_handlers_from_forked_children() -> None:
    """Give each process that is forked from now on the system's own handlers.

    Otherwise ours, which ask a session to stop, would keep it from being ended.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forget_handlers)


def _forget_handlers() -> None:
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
