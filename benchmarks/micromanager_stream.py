"""Every frame of a camera at 100 frames/s, through a Micro-Manager server of our tests.

Run from the repository: ``python -m benchmarks.micromanager_stream --mode follow --frames 2000``.
In ``follow`` another client looks on, as Micro-Manager's own live window does. Prints what came,
what is missing, the rate, and the processor time of the two processes on our side for each frame.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

import numpy as np

from acquisition import FormatChanged, open_source
from tests.acquisition.micromanager.harness import RunningMicroManager

_WATCHER = """
import sys, time
from pycromanager import Core
core = Core(port=int(sys.argv[1]))
while True:
    if core.get_remaining_image_count():
        image = core.get_last_tagged_image()
        image.pix, image.tags
    time.sleep(0.05)
"""


def start_camera(
    micro_manager: RunningMicroManager, mode: str, size: int = 440, exposure_ms: float = 10
) -> None:
    """Set the demo camera up, and press Live where a source shall follow."""
    for name in ("OnCameraCCDXSize", "OnCameraCCDYSize"):
        micro_manager.set_camera(name, str(size))
    # One image again and again: making new ones costs the camera more than 10 ms.
    micro_manager.set_camera("FastImage", "1")
    micro_manager.core("setExposure", exposure_ms)
    micro_manager.core("setCircularBufferMemoryFootprint", 256)
    if mode == "follow":
        micro_manager.tell("live")


def start_watcher(port: int) -> subprocess.Popen[bytes]:
    """Look at the newest frame 20 times a second, as Micro-Manager's own live window does."""
    return subprocess.Popen([sys.executable, "-c", _WATCHER, str(port)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=("acquire", "follow"), default="acquire")
    parser.add_argument("--frames", type=int, default=2000)
    parser.add_argument("--exposure-ms", type=float, default=10)
    parser.add_argument("--size", type=int, default=440)
    options = parser.parse_args()

    micro_manager = RunningMicroManager()
    start_camera(micro_manager, options.mode, options.size, options.exposure_ms)
    watcher = start_watcher(micro_manager.port) if options.mode == "follow" else None
    source = open_source(f"micromanager:{micro_manager.port},mode={options.mode}")
    print(source.open())
    frames, changes, indices, delays = 0, 0, [], []
    before = os.times()
    began = time.perf_counter()
    while frames < options.frames:
        try:
            frame = source.read(5)
        except FormatChanged:
            changes += 1
            continue
        assert frame is not None, "no frame for 5 s"
        frames += 1
        indices.append(frame.index)
        delays.append(frame.received - frame.acquired)
    took = time.perf_counter() - began
    ours = os.times()
    source.close()
    after = os.times()
    if watcher is not None:
        watcher.kill()
        watcher.wait()
    micro_manager.kill()
    missing = np.diff(indices) - 1
    spread = 1e3 * (np.percentile(delays, [50, 99, 100]) - min(delays))
    parent = (ours.user + ours.system - before.user - before.system) / frames
    child = (after.children_user + after.children_system) / frames
    print(f"{frames} frames in {took:.1f} s: {frames / took:.1f} frames/s")
    print(f"{missing.sum()} missing in {(missing != 0).sum()} gaps, {changes} changes of format")
    print(
        "behind the quickest frame: median {:.1f}, 99th percentile {:.1f}, worst {:.0f} ms".format(
            *spread
        )
    )
    print(f"processor time a frame: {1e3 * parent:.2f} ms here, {1e3 * child:.2f} ms in the client")


if __name__ == "__main__":
    main()
