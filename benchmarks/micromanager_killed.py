"""A recording from the command line whose Micro-Manager is killed, and what its user is told when.

Run from the repository: ``python -m benchmarks.micromanager_killed``. A Micro-Manager server of our
tests at 440 x 440 pixels, 16 bit, 100 frames/s, ends by SIGKILL in mid-recording; a new one, with
the demo camera's small frames, appears as soon as pssr-live has said so. Fails if pssr-live took
longer than five seconds to say so, or if a frame that it had received is not on disk.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.micromanager_stream import start_camera
from tests.acquisition.micromanager.harness import RunningMicroManager
from tests.acquisition.micromanager.test_command_line import record_through_a_death

_SOON = 5.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--engine", default="mito-lite")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    for _ in range(options.runs):
        micro_manager = RunningMicroManager()
        try:
            start_camera(micro_manager, "acquire")
            with tempfile.TemporaryDirectory() as temporary:
                account = record_through_a_death(
                    micro_manager, Path(temporary) / "cell", options.frames, options.engine
                )
        finally:
            micro_manager.kill()
        before, after = account.before, account.after
        print(f"said so after           {account.told_after:.1f} s")
        print(f"handed out before death {account.handed_out}")
        print(f"on disk before death    {len(before)}, {missing(before)} missing")
        print(f"on again after          {account.resumed_after:.1f} s")
        print(f"on disk afterwards      {len(after)}, {missing(after)} missing", flush=True)
        assert account.told_after < _SOON
        assert len(before) >= account.handed_out - 1


def missing(numbers: list[int]) -> int:
    return numbers[-1] - numbers[0] + 1 - len(numbers)


if __name__ == "__main__":
    main()
