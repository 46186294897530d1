"""Requests to end, those that only Windows makes among them."""

from __future__ import annotations

import ctypes
import signal
import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

from pssr_live import end_requests
from pssr_live.end_requests import EndRequest

CTRL_C, CLOSED, LOGGED_OFF, SHUT_DOWN = 0, 2, 5, 6


@pytest.mark.skipif(sys.platform == "win32", reason="another signal in the place of its own")
def test_ctrl_break_ends_as_ctrl_c_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "SIGBREAK", signal.SIGUSR1, raising=False)
    before, asked = signal.getsignal(signal.SIGUSR1), []
    with end_requests.end_requests(
        lambda request, name: asked.append((request, name)), lambda *_: None
    ):
        signal.raise_signal(signal.SIGUSR1)
    assert asked == [(EndRequest.BY_KEY, "SIGUSR1")]
    assert signal.getsignal(signal.SIGUSR1) is before


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[int], bool]]:
    """What Windows would call when its console is closed."""
    known: list[Callable[[int], bool]] = []

    def set_handler(handler: Callable[[int], bool], add: bool) -> None:
        if add:
            known.append(handler)
        else:
            known.remove(handler)

    def prototype(*_: Any) -> Callable[[Any], Any]:
        return lambda function: function

    kernel = types.SimpleNamespace(SetConsoleCtrlHandler=set_handler)
    windll = types.SimpleNamespace(kernel32=kernel)
    monkeypatch.setattr(ctypes, "windll", windll, raising=False)
    monkeypatch.setattr(ctypes, "WINFUNCTYPE", prototype, raising=False)
    monkeypatch.setattr(end_requests, "sys", types.SimpleNamespace(platform="win32"))
    return known


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (CLOSED, "the console was closed"),
        (LOGGED_OFF, "the user logged off"),
        (SHUT_DOWN, "the computer was shut down"),
    ],
)
def test_windows_waits_for_what_is_saved_before_it_ends_the_process(
    handlers: list[Callable[[int], bool]], event: int, reason: str
) -> None:
    """It kills the process once its handler has returned, and five seconds after its call."""
    saved = []
    with end_requests.end_requests(
        lambda *_: None, lambda reason, seconds: saved.append((reason, seconds))
    ):
        (handler,) = handlers
        assert handler(event)
        assert saved == [(reason, 4.0)]
        assert not handler(CTRL_C)
    assert len(saved) == 1
    assert handlers == []
