import os
import subprocess
import sys

import pytest

from engines import BACKENDS

OPENED_HERE_FREED_ELSEWHERE = """
import os, signal, threading
from engines.opening import open_engine

frames = {"height": 24, "width": 24, "dtype": "uint16"}
engine = open_engine("mito-lite", backend="openvino-f32", **frames).engine
thread = threading.Thread(target=engine.close)
thread.start()
thread.join()
signal.signal(signal.SIGINT, lambda *_: print("told"))
os.kill(os.getpid(), signal.SIGINT)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.skipif(BACKENDS["openvino-f32"].why_not() is not None, reason="OpenVINO is not here")
def test_ctrl_c_is_survived_after_an_engine_was_freed_in_another_thread() -> None:
    done = subprocess.run(
        [sys.executable, "-c", OPENED_HERE_FREED_ELSEWHERE], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "told\n"), done.stderr
