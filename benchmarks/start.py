"""How long until something is there: the help, and the demo's first restored frame.

Run: python -m benchmarks.start [RUNS]

The demo is run as a user types it, with its window (drawn where nobody sees it) and without; the
first restored frame is taken from its `--publish`. The first run warms the disk and is not counted.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import zmq

COMMAND = (sys.executable, "-m", "pssr_live")
PATIENCE_MS = 120_000
WAYS = {"headless, recording": True, "with the window": False}


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    helps = [seconds_of_help() for _ in range(runs + 1)][1:]
    print(f"pssr-live --help                                 {median(helps):5.2f} s")
    for words, headless in WAYS.items():
        demos = [seconds_of_demo(headless) for _ in range(runs + 1)][1:]
        name = f"pssr-live demo, {words}"
        print(f"{name:<48} {median(demos):5.2f} s to the first restored frame")
    print(f"{runs} runs each, median, {os.cpu_count()} cores")


def seconds_of_help() -> float:
    began = time.perf_counter()
    subprocess.run([*COMMAND, "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def seconds_of_demo(headless: bool) -> float:
    with tempfile.TemporaryDirectory() as folder, zmq.Context() as context:
        address = f"tcp://127.0.0.1:{free_port()}"
        options = ["--publish", address]
        if headless:
            options += ["--headless", "--save", str(Path(folder) / "demo")]
        subscriber = context.socket(zmq.SUB)
        subscriber.setsockopt(zmq.RECONNECT_IVL, 5)
        subscriber.setsockopt(zmq.LINGER, 0)
        subscriber.subscribe(b"restored")
        subscriber.connect(address)
        began = time.perf_counter()
        demo = subprocess.Popen(
            [*COMMAND, "demo", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        )
        came = subscriber.poll(PATIENCE_MS)
        seconds = time.perf_counter() - began
        subscriber.close()
        demo.terminate()
        demo.wait()
        if not came:
            raise SystemExit("no restored frame came")
    return seconds


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main()
