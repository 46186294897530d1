import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows sends these signals to whole groups of processes"
)

# Signals to the main thread: those to the process may be taken by another, a moment later.
BEGINNING = """
import signal

from pssr_live.training.loop import stopping
from pssr_live.training.loop.stopping import stop_request

"""


def run(lines: str) -> None:
    """In a process of its own: signals are not sent to the one that runs all tests."""
    script = BEGINNING + textwrap.dedent(lines)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_ctrl_c_is_a_request_and_a_second_one_later_breaks_off() -> None:
    run("""
        with stop_request() as stop:
            assert not stop()
            signal.raise_signal(signal.SIGINT)
            assert stop()
            stopping.SECONDS_OF_ONE_REQUEST = 0.0
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                broken_off = True
            assert broken_off
    """)


def test_a_launcher_that_passes_ctrl_c_on_does_not_hurry_its_processes() -> None:
    run("""
        with stop_request() as stop:
            for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM):
                signal.raise_signal(number)
            assert stop()
    """)


def test_signals_mean_afterwards_what_they_meant_before() -> None:
    run("""
        before = signal.getsignal(signal.SIGINT)
        with stop_request():
            assert signal.getsignal(signal.SIGINT) is not before
        assert signal.getsignal(signal.SIGINT) is before
    """)


def test_a_closed_terminal_is_a_request_however_often_it_is_told() -> None:
    run("""
        stopping.SECONDS_OF_ONE_REQUEST = 0.0
        with stop_request() as stop:
            assert not stop()
            for _ in range(3):
                signal.raise_signal(signal.SIGHUP)
            assert stop()
    """)


def test_a_training_that_was_started_to_outlive_its_terminal_goes_on() -> None:
    run("""
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with stop_request() as stop:
            signal.raise_signal(signal.SIGHUP)
            assert not stop()
    """)
