"""What a library forks off is no session: a signal ends it."""

import os
import subprocess
import sys

import pytest

CODE = """
import os, signal, sys
from pssr_live.cli import main as command

def session():
    signal.signal(signal.SIGTERM, lambda *_: print("handled", flush=True))
    ready, begun = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(begun, b"x")
        signal.pause()
        os._exit(0)
    os.read(ready, 1)
    os.kill(child, signal.SIGTERM)
    _, status = os.waitpid(child, 0)
    print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else "ended otherwise")
    os.kill(os.getpid(), signal.SIGTERM)

command.app = session
command.main()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows forks nothing")
def test_a_forked_child_ends_at_a_signal_that_the_session_handles() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["15", "handled"]
