"""Pixels through shared memory or through the socket: which brings frames in faster, end to end.

Run from the repository: ``python -m benchmarks.micromanager_transport``. A Micro-Manager server of
our tests hands out frames as fast as it can; both ways take turns, and the ratios are those of the
medians. The client's processor time is that of a whole run less that of a run without frames.
"""

from __future__ import annotations

import argparse
import os
import time
from statistics import median

from acquisition import FormatChanged, open_source
from acquisition.micromanager import shared
from benchmarks.micromanager_stream import start_camera
from tests.acquisition.micromanager.harness import RunningMicroManager

# No frame fits into so small a memory.
_WAYS = {"shared memory": shared.SIZE, "socket": 64}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1200)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--size", type=int, default=440)
    options = parser.parse_args()
    micro_manager = RunningMicroManager()
    start_camera(micro_manager, "acquire", options.size, exposure_ms=0.01)
    rates: dict[str, list[float]] = {way: [] for way in _WAYS}
    costs: dict[str, list[float]] = {way: [] for way in _WAYS}
    start_cost = take_frames(micro_manager.port, 1)[1]
    for _ in range(options.runs):
        for way, size in _WAYS.items():
            shared.SIZE = size
            rate, cost = take_frames(micro_manager.port, options.frames)
            rates[way].append(rate)
            costs[way].append(1e3 * (cost - start_cost) / options.frames)
    micro_manager.kill()
    for way in _WAYS:
        print(
            f"{way:14} {median(rates[way]):6.0f} frames/s"
            f"  {median(costs[way]):.2f} ms of processor time a frame, both processes"
        )
    ours, other = _WAYS
    print(f"frames/s, {ours} / {other}:       {median(rates[ours]) / median(rates[other]):.2f}")
    print(f"processor time, {ours} / {other}: {median(costs[ours]) / median(costs[other]):.2f}")


def take_frames(port: int, count: int) -> tuple[float, float]:
    """Frames a second, and seconds of processor time here and in the client."""
    before = os.times()
    source = open_source(f"micromanager:{port},mode=acquire")
    source.open()
    frames, began = 0, time.perf_counter()
    while frames < count:
        try:
            frames += source.read(5) is not None
        except FormatChanged:
            continue
        if frames == 1:
            began = time.perf_counter()
    seconds = time.perf_counter() - began
    source.close()
    after = os.times()
    return (frames - 1) / seconds, sum(after[:4]) - sum(before[:4])


if __name__ == "__main__":
    main()
