"""How well an experiment that pssr-live runs keeps its times, and what reaches the disk.

Run from the repository: ``python -m benchmarks.experiment_run [--local]``. Two channels and three
slices, a time point each second for two minutes, typed as a user does, through the bridge to the
tests' Micro-Manager (real core), or with ``--local`` on a core in pssr-live's own client. Prints
what frames.csv and session.json say, and when the core's shutter was open.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import mm_test_adapters
import numpy as np
import tifffile

from acquisition import read_rows
from acquisition.plans import LATE_S
from benchmarks.shutter_witness import read_shutters, witness_shutters
from pssr_live.recording import SessionRecord
from tests.acquisition.micromanager.harness import RunningMicroManager
from tests.acquisition.micromanager.test_command_line import command_line

_PLAN = """
axis_order: tpcz
time_plan: {{interval: 1, loops: {loops}}}
channels:
  - {{config: GFP, exposure: {exposure}}}
  - {{config: mCherry, exposure: {exposure}}}
z_plan: {{range: 2, step: 1}}
"""
_CONFIGURATION = """
Property,Core,Initialize,0
Device,Camera,DemoCamera,DCam
Device,Wheel,DemoCamera,DWheel
Device,Z,DemoCamera,DStage
Device,Lamp,DemoCamera,DShutter
Property,Core,Initialize,1
Property,Core,Camera,Camera
Property,Core,Shutter,Lamp
Property,Core,Focus,Z
Property,Core,AutoShutter,1
Property,Camera,OnCameraCCDXSize,64
Property,Camera,OnCameraCCDYSize,48
Property,Camera,PixelType,16bit
ConfigGroup,Channel,GFP,Wheel,State,1
ConfigGroup,Channel,mCherry,Wheel,State,2
"""


def shutter_open(events: list[list[Any]]) -> tuple[float, int]:
    """Seconds for which a shutter was open, and how often it was opened."""
    since: dict[str, float] = {}
    seconds, times = 0.0, 0
    for label, is_open, moment in events:
        if is_open and label not in since:
            since[label], times = moment, times + 1
        elif is_open is False and label in since:
            seconds += moment - since.pop(label)
    return seconds, times


def report(folder: Path, loops: int) -> None:
    """Print what a recording says of itself."""
    rows, record = list(read_rows(folder / "frames.csv")), SessionRecord.read(folder)
    late = {row.time_point: row.late_s for row in rows}
    late_s = np.array(sorted(late.values()))
    print(f"frames on disk: {len(rows)} of {6 * loops}, restored {record.restored_frames}")
    print(f"missed: {record.lost_frames}, in {[loss.model_dump() for loss in record.losses][:6]}")
    print(
        f"time points: {len(late_s)}; began after their deadline by {1e3 * np.median(late_s):.1f} "
        f"ms in the median, {1e3 * np.percentile(late_s, 95):.1f} ms at 95 %, "
        f"{1e3 * late_s.max():.1f} ms at most; over {1e3 * LATE_S:.0f} ms: "
        f"{np.count_nonzero(late_s > LATE_S)}"
    )
    for what in ("raw", "restored"):
        print(what, tifffile.imread(folder / f"{what}.ome.tif").shape)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--local", action="store_true")
    parser.add_argument("--loops", type=int, default=120)
    parser.add_argument("--exposure-ms", type=float, default=10)
    parser.add_argument("--engine", default="mito-lite-fast")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        plan, config = Path(temporary, "plan.yaml"), Path(temporary, "small.cfg")
        plan.write_text(_PLAN.format(loops=options.loops, exposure=options.exposure_ms))
        config.write_text(_CONFIGURATION)
        micro_manager = None
        if options.local:
            source = f"micromanager+local:{config}"
            source += f",adapters={mm_test_adapters.device_adapter_path()}"
            # What the command line's processes load modules from, see `CommandLine`.
            sys.path.insert(0, witness_shutters(Path(temporary)))
        else:
            micro_manager = RunningMicroManager()
            micro_manager.tell("microscope")
            source = f"micromanager:{micro_manager.port},wait=60"
        folder = Path(temporary, "cell")
        arguments = ("--experiment", str(plan), "--engine", options.engine, "--save", str(folder))
        try:
            with command_line("live", "--source", source, "--headless", *arguments) as command:
                command.process.wait()
            print("\n".join(line for _, line in command.lines if "ime point" in line))
            report(folder, options.loops)
            told = (
                read_shutters(Path(temporary))
                if micro_manager is None
                else micro_manager.tell("shutters")
            )
            seconds, times = shutter_open(told)
            print(
                f"shutter opened {times} times, {1e3 * seconds / max(times, 1):.1f} ms each; "
                f"exposures of {options.exposure_ms:g} ms"
            )
        finally:
            if micro_manager is not None:
                micro_manager.kill()


if __name__ == "__main__":
    main()
