"""How much an experiment of Micro-Manager is held up by being followed.

Run from the repository: ``python -m benchmarks.micromanager_experiment``. Experiments that are
compared, run by the Studio of our tests with the real core, two channels and three slices, take
turns: one that nobody follows, one that is followed. Interval 0: as fast as the camera can, so that
all that is lost is seen. Prints the time of each, and the median of the ratios of neighbours.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from typing import Self

from acquisition import EndOfFrames, FormatChanged, RunEnded, open_source
from tests.acquisition.micromanager.harness import RunningMicroManager


class Follower:
    """A source that follows, read by a thread of its own.

    Parameters
    ----------
    port : int
        Of Micro-Manager.

    Attributes
    ----------
    frames : int
        How many came.
    """

    def __init__(self, port: int) -> None:
        self.frames = 0
        self._source = open_source(f"micromanager:{port},mode=follow,wait=60")
        self._source.open()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._source.close()
        self._thread.join()

    def wait_until_it_follows(self) -> None:
        """Wait until an experiment was found."""
        while "fetched as they come" not in self._source.status:
            time.sleep(0.01)

    def wait_for_the_end(self) -> None:
        """Wait until an experiment has ended and all of it was fetched."""
        self._ended.wait()

    def _read(self) -> None:
        while True:
            try:
                frame = self._source.read(1)
            except FormatChanged:
                continue
            except RunEnded:
                self._ended.set()
                continue
            except EndOfFrames:
                return
            self.frames += frame is not None


def run_experiment(
    micro_manager: RunningMicroManager, points: int, follower: Follower | None
) -> float:
    """Run an experiment to its end; seconds that it took."""
    micro_manager.tell(
        "mda",
        {
            "points": points, "channels": ["GFP", "mCherry"], "slices": 3, "interval_s": 0,
            "held": True,
        },
    )  # fmt: skip
    if follower is not None:
        follower.wait_until_it_follows()
    micro_manager.tell("go")
    while micro_manager.tell("account")["running"]:
        time.sleep(0.05)
    if follower is not None:
        follower.wait_for_the_end()
    return float(micro_manager.tell("account")["took_s"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=30)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--size", type=int, default=440)
    parser.add_argument("--exposure-ms", type=float, default=50)
    options = parser.parse_args()
    micro_manager = RunningMicroManager()
    for name in ("OnCameraCCDXSize", "OnCameraCCDYSize"):
        micro_manager.set_camera(name, str(options.size))
    micro_manager.set_camera("FastImage", "1")
    micro_manager.core("setExposure", options.exposure_ms)
    ratios = []
    try:
        for _ in range(options.runs):
            alone = run_experiment(micro_manager, options.points, None)
            with Follower(micro_manager.port) as follower:
                followed = run_experiment(micro_manager, options.points, follower)
                came = follower.frames
            for _ in ("alone", "followed"):
                micro_manager.tell("close_data")
            ratios.append(followed / alone)
            print(
                f"alone {alone:.2f} s, followed {followed:.2f} s ({came} of {options.points * 6} "
                f"images came): ratio {ratios[-1]:.3f}",
                flush=True,
            )
    finally:
        micro_manager.kill()
    print(f"median ratio {statistics.median(ratios):.3f}")


if __name__ == "__main__":
    main()
