import os
import signal
import sys

import pytest

from pssr_live.training import stopping
from pssr_live.training.stopping import stop_request

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows sends these signals to whole groups of processes"
)


def test_ctrl_c_is_a_request_and_a_second_one_later_breaks_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with stop_request() as stop:
        assert not stop()
        os.kill(os.getpid(), signal.SIGINT)
        assert stop()
        monkeypatch.setattr(stopping, "SECONDS_OF_ONE_REQUEST", 0.0)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_a_launcher_that_passes_ctrl_c_on_does_not_hurry_its_processes() -> None:
    with stop_request() as stop:
        for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
        assert stop()


def test_signals_mean_afterwards_what_they_meant_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with stop_request():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
