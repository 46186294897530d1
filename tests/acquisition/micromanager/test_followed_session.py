"""Experiments of Micro-Manager in a live session: each recorded, restored and finished."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from engines import Baseline, IntensityScale
from pssr_live.errors import UserError
from pssr_live.recording import SessionRecord, open_recording
from pssr_live.restoring import ChannelEngines
from pssr_live.session import LiveSession
from tests.acquisition.micromanager.conftest import LONG, OpenSource
from tests.acquisition.micromanager.datastore import Coords, digest
from tests.acquisition.micromanager.harness import RunningMicroManager
from tests.acquisition.micromanager.test_command_line import command_line
from tests.acquisition.micromanager.test_experiment import account_of, changed

POSITIONS = ["left", "right"]
PLAN = {"channels": ["GFP", "mCherry"], "slices": 2, "positions": POSITIONS, "points": 4}


def test_each_experiment_is_recorded_by_position_and_finished_when_it_ends(
    micro_manager: RunningMicroManager, make_source: OpenSource, tmp_path: Path
) -> None:
    """GFP is restored, mCherry recorded only; nobody presses anything in between."""
    source = make_source("mode=follow")
    engines = ChannelEngines.parse(["GFP=bilinear", "mCherry=none"])
    session = LiveSession(source, engines, save=tmp_path / "cells")
    session.start()
    accounts = []
    try:
        for number in (1, 2):
            micro_manager.wait_for(lambda: "press Live" in source.status)
            micro_manager.tell("mda", PLAN | {"held": True})
            micro_manager.wait_for(lambda: "fetched as they come" in source.status)
            micro_manager.tell("go")
            accounts.append(account_of(micro_manager))
            whole = [
                tmp_path / "cells" / (name if number == 1 else f"{name}-2") for name in POSITIONS
            ]
            # By themselves, while the next experiment is waited for.
            micro_manager.wait_for(lambda places=whole: all(map(is_complete, places)))
            for position, place in enumerate(whole):
                assert_recorded(place, position, accounts[-1]["stored"])
    finally:
        session.stop()
        assert session.wait(LONG)
    assert session.faults == []
    assert all(changed(account) == set() for account in accounts)
    assert session.statistics.snapshot().lost == 0
    assert not (tmp_path / "cells" / "raw.ome.tif").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_ctrl_c_completes_what_came_of_an_experiment_and_leaves_that_alone(
    micro_manager: RunningMicroManager, tmp_path: Path
) -> None:
    source = f"micromanager:{micro_manager.port},mode=follow,wait={LONG:g}"
    options = ("--headless", "--engine", "bilinear", "--save", str(tmp_path / "cell"))
    with command_line("live", "--source", source, *options) as command:
        command.said("press Live")
        micro_manager.tell("mda", {"channels": PLAN["channels"], "points": 10_000, "held": True})
        command.said("fetched as they come")
        micro_manager.tell("go")
        frames = tmp_path / "cell" / "frames.csv"
        micro_manager.wait_for(lambda: frames.exists() and len(frames.read_bytes()) > 5000)
        command.interrupt()
        assert command.process.returncode == 0, command.lines
    assert micro_manager.tell("account")["running"]
    assert micro_manager.tell("objects") == {}
    micro_manager.tell("stop_mda")
    account = account_of(micro_manager)
    assert (account["error"], changed(account)) == ("", set())
    record = SessionRecord.read(tmp_path / "cell")
    assert (record.state, record.lost_frames) == ("complete", 0)
    assert record.restored_frames == record.raw_frames > 0


def test_each_experiment_has_a_folder_of_its_own_and_the_first_the_one_named(
    micro_manager: RunningMicroManager, make_source: OpenSource, tmp_path: Path
) -> None:
    """However long it is waited for, and although the camera's frames are of one channel."""
    source, home = make_source("mode=follow"), tmp_path / "monday"
    session = LiveSession(source, ChannelEngines.parse(["bilinear"]), save=home / "cells")
    session.start()
    try:
        for name in ("cells", "cells-2"):
            micro_manager.wait_for(lambda: "press Live" in source.status)
            micro_manager.tell("mda", {"channels": PLAN["channels"], "points": 3, "held": True})
            micro_manager.wait_for(lambda: "fetched as they come" in source.status)
            micro_manager.tell("go")
            micro_manager.wait_for(
                lambda place=home / name: (place / "session.json").exists() and ended(place)
            )
    finally:
        session.stop()
        assert session.wait(LONG)
    assert session.faults == []
    assert sorted(place.name for place in home.iterdir()) == ["cells", "cells-2"]
    for name in ("cells", "cells-2"):
        with open_recording(home / name) as recording:
            assert recording.raw.shape == (3, 2, 1, 48, 64)


def ended(folder: Path) -> bool:
    """Whether a recording was closed at an experiment's end."""
    return SessionRecord.read(folder).ended_by == "the end of the experiment"


def is_complete(folder: Path) -> bool:
    """Whether a recording is there and has been completed."""
    try:
        return SessionRecord.read(folder).state == "complete"
    except UserError:
        return False


def assert_recorded(folder: Path, position: int, stored: dict[str, str]) -> None:
    """Check that a position's recording holds each of its images, in its place, and restored."""
    engine = Baseline("bilinear")
    engine.warm_up(48, 64, np.dtype(np.uint16))
    with open_recording(folder) as recording:
        raw, restored = np.asarray(recording.raw), np.asarray(recording.restored)
        assert recording.session.ended_by == "the end of the experiment"
        assert recording.session.source.settings["experiment"] == "Untitled"
    assert raw.shape == (4, 2, 2, 48, 64)
    assert restored.shape == (4, 1, 2, 192, 256)
    for time, channel, z in np.ndindex(4, 2, 2):
        name = Coords.of(time=time, position=position, channel=channel, z=z).toString()
        frame = raw[time, channel, z]
        assert digest(frame) == stored[name]
        if channel == 0:
            expected = engine.restore(np.stack([frame] * 5), IntensityScale(0, 1))
            difference = restored[time, 0, z].astype(int) - expected
            assert np.abs(difference).max() <= 1
