"""The doctor, on a simulated microscope, a real Micro-Manager core, and nothing at all."""

from __future__ import annotations

import io
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from acquisition.micromanager import MicroManagerOptions
from pssr_live.cli import checks
from pssr_live.cli.doctor import run_doctor
from tests.acquisition.micromanager.harness import RunningMicroManager
from tests.ports import deaf_port


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_a_healthy_simulated_microscope_is_all_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_doctor("simulated:height=64,width=64,interval=0.1", "mito-lite", tmp_path / "new")
    words = said(capsys)
    for part in ("64 x 64", "frames/s", "MB/s", "OpenVINO", "minutes", "GB free", "used"):
        assert part in words


def test_no_micro_manager_is_told_with_the_fix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with deaf_port() as port:
        assert not run_doctor(f"micromanager:{port}", "bilinear", tmp_path)
    words = said(capsys)
    assert "Micro-Manager's own server is at port 4827: leave the port out." in words
    assert "bilinear" in words


@pytest.fixture
def micro_manager() -> Iterator[RunningMicroManager]:
    running = RunningMicroManager()
    yield running
    running.kill()


@pytest.fixture
def no_frame_will_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames are looked for in vain, and not for the seconds that one may take to come."""
    monkeypatch.setattr(checks, "_SECONDS_TO_WATCH", 0.1)


# By which something is changed in Micro-Manager.
TOUCHING = {
    "startContinuousSequenceAcquisition", "stopSequenceAcquisition", "clearCircularBuffer",
    "setCameraDevice", "popNextImageMD",
}  # fmt: skip


def test_a_running_micro_manager_is_described(
    micro_manager: RunningMicroManager, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = f"micromanager:{micro_manager.port},pixel_size_um=0.2"
    run_doctor(source, "bilinear", tmp_path, test_camera=True)
    words = said(capsys)
    for part in ("48 x 64", "Camera", "core", "frames: ", "frames/s", "0.2 µm"):
        assert part in words
    assert not micro_manager.core("isSequenceRunning")
    assert "--test-camera" not in words


def test_what_can_be_run_and_followed_is_told_and_nothing_touched(
    micro_manager: RunningMicroManager, capsys: pytest.CaptureFixture[str]
) -> None:
    micro_manager.tell("microscope")
    micro_manager.tell("experiment", {"points": 5, "interval_s": 0.05, "held": True})
    options = MicroManagerOptions(port=micro_manager.port)
    told = {one.name.strip(): one.words for one in checks._about_experiments(options)}
    assert told["group Channel"] == "Cy5, DIC, GFP, mCherry, whose presets are channels"
    assert told["group Size"] == "half, whole"
    assert (told["focus drive"], told["xy stage"], told["shutter"]) == ("Z", "XY", "Lamp")
    assert "one is running now; can be followed; can be run" in told["experiments"]
    assert "--interval 2s --channels Cy5,DIC" in told["experiments"]
    calls = set(micro_manager.tell("calls"))
    assert not {name for name in calls if name.startswith(("set", "snap", "start", "stop"))}
    micro_manager.wait_for(lambda: not micro_manager.tell("objects"))


def test_a_micro_manager_without_anything_for_experiments_is_described_too(
    micro_manager: RunningMicroManager,
) -> None:
    micro_manager.tell("studio", False)
    options = MicroManagerOptions(port=micro_manager.port)
    told = {one.name.strip(): one.words for one in checks._about_experiments(options)}
    assert told["focus drive"] == "none: slices can't be run"
    assert "no window whose own can be followed" in told["experiments"]


@pytest.mark.usefixtures("no_frame_will_come")
@pytest.mark.parametrize("options", ["", ",mode=acquire", ",camera=Second"])
def test_a_camera_is_only_looked_at_unless_told(
    micro_manager: RunningMicroManager,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: str,
) -> None:
    assert run_doctor(f"micromanager:{micro_manager.port}{options}", "bilinear", tmp_path)
    words = said(capsys)
    for part in ("48 x 64", "camera is not running", "count its frames", "doctor --test-camera"):
        assert part in words
    assert ("Second was not chosen" in words) == ("Second" in options)
    assert not TOUCHING & set(micro_manager.tell("calls"))


def test_the_frames_of_live_are_counted_and_left_where_they_are(
    micro_manager: RunningMicroManager, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    micro_manager.tell("live")
    run_doctor(f"micromanager:{micro_manager.port},mode=acquire", "bilinear", tmp_path)
    assert "frames: none" not in said(capsys)
    assert not TOUCHING & set(micro_manager.tell("calls"))
    assert micro_manager.core("isSequenceRunning")


def test_it_is_said_whose_frames_are_counted_beside_a_program_that_takes_some(
    micro_manager: RunningMicroManager, tmp_path: Path
) -> None:
    micro_manager.core("setExposure", 20)
    micro_manager.tell("live")
    console = Console(file=io.StringIO(), width=1000)
    url = f"micromanager:{micro_manager.port}"
    doctor = threading.Thread(
        target=run_doctor, args=(url, "bilinear", tmp_path), kwargs={"console": console}
    )
    doctor.start()
    looks = 0
    while doctor.is_alive():
        # Some that the doctor has seen, and then some that it has not.
        if (seen := micro_manager.tell("calls").get("getNBeforeLastImageMD", 0)) < looks + 5:
            time.sleep(0.02)
            continue
        micro_manager.tell("stall")
        micro_manager.tell("take", micro_manager.core("getRemainingImageCount") + 1)
        micro_manager.tell("resume")
        looks = seen
    assert isinstance(console.file, io.StringIO)
    words = console.file.getvalue()
    found = re.search(
        r"frames: the camera delivers ([\d.]+) frames/s \(by its frame numbers\), [\d.]+ MB/s; "
        r"another program takes ([\d.]+) of them",
        words,
    )
    assert found, words
    assert 0 < float(found[2]) < float(found[1])
    assert f"the source delivers {found[1]}" in words


def test_a_configuration_is_not_loaded_unless_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """That would start up all its devices; this one's would be an error."""
    configuration = tmp_path / "microscope.cfg"
    configuration.write_text("Device,Stage,NoSuchLibrary,Stage\n")
    assert run_doctor(f"micromanager+local:{configuration}", "bilinear", tmp_path)
    assert "starts up all its devices" in said(capsys)


@pytest.mark.parametrize("test_camera", [False, True])
@pytest.mark.parametrize("interval_s", [0.05, 0])
def test_an_experiment_runs_to_its_end_beside_the_doctor(
    micro_manager: RunningMicroManager,
    tmp_path: Path,
    test_camera: bool,
    interval_s: float,
) -> None:
    micro_manager.tell("experiment", {"points": 20, "interval_s": interval_s, "held": True})
    console = Console(file=io.StringIO(), width=1000)
    source = f"micromanager:{micro_manager.port}"
    doctor = threading.Thread(
        target=run_doctor,
        args=(source, "bilinear", tmp_path),
        kwargs={"console": console, "test_camera": test_camera},
    )
    doctor.start()
    while not micro_manager.tell("calls").get("isAcquisitionRunning"):
        time.sleep(0.01)
    micro_manager.tell("go")
    while (account := micro_manager.tell("account"))["running"]:
        time.sleep(0.01)
    doctor.join()
    assert (account["images"], account["error"]) == (20, "")
    assert not TOUCHING & set(account["calls"])


def test_an_engine_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not run_doctor("simulated:height=40,width=40,interval=0.1", "no-such-engine", tmp_path)
    assert "mito-lite" in said(capsys)


def test_folders_that_windows_makes_trouble_with_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "long_paths_allowed", lambda: False)
    monkeypatch.setenv("OneDrive", str(tmp_path))
    assert run_doctor("simulated:height=48,width=48,interval=0.1", "bilinear", tmp_path / "cells")
    words = said(capsys)
    assert "259 characters" in words
    assert "is in OneDrive" in words
    run_doctor("simulated:height=48,width=48,interval=0.1", "bilinear", tmp_path.parent)
    assert "OneDrive" not in said(capsys)
