"""2,000 frames at 100 frames/s from a Micro-Manager server, recorded beside the running engine.

Run from the repository: ``python -m benchmarks.micromanager_recording --mode follow``.
In ``follow`` another client looks on. The engine is far too slow for this camera on a CPU; what is
asked is that every raw frame reaches the disk all the same. Restoring is stopped with the last
frame, since its 12 GB would tell nothing more.

With ``--raw-only`` the engine is opened and timed only once frames flow, and all of them have to be
there from the camera's first one on: ``--raw-only --size 512 --exposure-ms 5 --frames 600``, or
``--raw-only --size 1024 --exposure-ms 33 --frames 300``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import pssr_live
from acquisition import open_source
from benchmarks.micromanager_stream import start_camera, start_watcher
from pssr_live.recording import Recording
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession, State
from tests.acquisition.micromanager.harness import RunningMicroManager


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=("acquire", "follow"), default="acquire")
    parser.add_argument("--frames", type=int, default=2000)
    parser.add_argument("--engine", default="mito-lite")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--size", type=int, default=440)
    parser.add_argument("--exposure-ms", type=float, default=10)
    parser.add_argument("--raw-only", action="store_true")
    options = parser.parse_args()
    running = RunningMicroManager()
    watcher: subprocess.Popen[bytes] | None = None
    try:
        start_camera(running, options.mode, options.size, options.exposure_ms)
        if options.mode == "follow":
            watcher = start_watcher(running.port)
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "recording"
            session = LiveSession(
                open_source(f"micromanager:{running.port},mode={options.mode}"),
                EngineChoice(options.engine, options.backend),
                save=folder,
                save_restored=not options.raw_only,
                frame_limit=options.frames,
            )
            session.start()
            previews, last = 0, -1
            while not session.wait(0.05):
                frame = session.newest.take(last)
                if frame is not None:
                    previews, last = previews + 1, frame.sequence
                if session.state is State.FINISHING:
                    session.abandon()
            if session.faults:
                raise session.faults[0]
            with pssr_live.open_recording(folder) as recording:
                report(options, recording, previews)
    finally:
        if watcher is not None:
            watcher.kill()
            watcher.wait()
        running.kill()


def report(options: argparse.Namespace, recording: Recording, previews: int) -> None:
    indices, times = recording.indices, recording.times_s
    # The camera's numbers begin at 0 with each run, of which "follow" may miss the beginning.
    first = 0 if options.mode == "acquire" else indices[0]
    missing = int(indices[-1] - first + 1 - len(indices))
    seconds = times[-1] - times[0]
    size, exposure_ms = options.size, options.exposure_ms
    print(f"{options.mode}, {options.engine}, {sys.platform}, {size} x {size}, {exposure_ms:g} ms")
    print(f"numbers on disk         {indices[0]} to {indices[-1]}")
    print(f"raw frames on disk      {len(recording.raw)}")
    print(f"numbers missing         {missing} in {int(np.sum(np.diff(indices) != 1))} gaps")
    print(f"camera                  {(len(times) - 1) / seconds:.1f} frames/s")
    print(f"restored meanwhile      {recording.session.restored_frames}")
    print(f"shown meanwhile         {previews}")


if __name__ == "__main__":
    main()
