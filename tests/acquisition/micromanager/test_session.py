"""A recording whose Micro-Manager is killed: all of it on disk, and more when it is back."""

from __future__ import annotations

import io
import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import tifffile
from rich.console import Console

from acquisition import Frame, read_rows
from acquisition.micromanager import MicroManagerSource
from pssr_live.restoring import EngineChoice, EnginePool, SharedEngine
from pssr_live.session import LiveSession, follow_to_end
from tests.acquisition.micromanager.conftest import LONG, OpenSource
from tests.acquisition.micromanager.harness import RunningMicroManager


def wait_for(true: object) -> None:
    """Wait until a thing holds; a test that waits long has failed."""
    give_up = time.monotonic() + LONG
    assert callable(true)
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.02)


class Delivered:
    """Notes what a source hands out, as a witness of what has to be on disk."""

    def __init__(self, source: MicroManagerSource) -> None:
        self.frames: list[Frame] = []
        self._read = source.read

    def read(self, timeout: float) -> Frame | None:
        """Read, and note."""
        frame = self._read(timeout)
        if frame is not None:
            self.frames.append(frame)
        return frame


def test_a_recording_survives_the_death_of_micro_manager_and_goes_on(
    micro_manager: RunningMicroManager, make_source: OpenSource, tmp_path: Path
) -> None:
    micro_manager.core("setExposure", 20)
    source = make_source()
    delivered = Delivered(source)
    source.read = delivered.read  # type: ignore[method-assign]
    session = LiveSession(source, EngineChoice("bilinear", "auto"), save=tmp_path / "cell")
    session.start()
    successor = None
    try:
        wait_for(lambda: len(delivered.frames) >= 10)
        micro_manager.kill()
        wait_for(lambda: "has gone" in source.status)
        before = len(delivered.frames)
        successor = RunningMicroManager(micro_manager.port)
        wait_for(lambda: len(delivered.frames) >= before + 10)
    finally:
        session.stop()
        assert session.wait(LONG)
        if successor is not None:
            successor.kill()
    assert session.faults == []
    counts = []
    for folder in (tmp_path / "cell", tmp_path / "cell-2"):
        assert folder in session.folders
        raw = tifffile.imread(folder / "raw.ome.tif")
        restored = tifffile.imread(folder / "restored.ome.tif")
        assert len(raw) == len(restored)
        counts.append(len(raw))
    assert counts == [before, len(delivered.frames) - before]


def test_a_raw_recording_lacks_no_frame_however_long_its_engine_is_opened(
    micro_manager: RunningMicroManager,
    make_source: OpenSource,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Longer than Micro-Manager's buffer would last if nobody read it meanwhile."""
    micro_manager.core("setCircularBufferMemoryFootprint", 1)
    buffer = micro_manager.core("getBufferTotalCapacity")
    micro_manager.core("setExposure", 30)
    may_open, open_engine = threading.Event(), EnginePool.open

    def open_late(*arguments: Any) -> SharedEngine:
        assert may_open.wait(LONG)
        return open_engine(*arguments)

    monkeypatch.setattr(EnginePool, "open", open_late)
    source, folder = make_source(), tmp_path / "cell"
    choice = EngineChoice("bilinear", "auto")
    session = LiveSession(source, choice, save=folder, save_restored=False)
    session.start()
    try:
        wait_for(lambda: session.statistics.received > buffer + 10)
        may_open.set()
        wait_for(lambda: session.newest.take(-1) is not None)
    finally:
        may_open.set()
        session.stop()
        session.wait()
    assert session.failure is None
    indices = [row.index for row in read_rows(folder / "frames.csv")]
    assert indices == list(range(len(indices)))
    assert len(indices) == session.statistics.received > buffer
    assert session.statistics.snapshot().lost == 0


def test_each_change_of_the_exposure_is_logged_however_soon_it_follows(
    micro_manager: RunningMicroManager, make_source: OpenSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The words on one change still stand when the next one comes.
    monkeypatch.setattr("acquisition.micromanager.source._NEWS_STAYS", LONG)
    session = LiveSession(make_source(), EngineChoice("bilinear", "auto"))
    log = io.StringIO()

    def change_twice() -> None:
        try:
            wait_for(lambda: session.statistics.snapshot().received > 5)
            for exposure in (20, 30):
                micro_manager.core("setExposure", exposure)
                wait_for(lambda told=f"exposure_ms {exposure}.": told in log.getvalue())
        finally:
            session.stop()

    session.start()
    user = threading.Thread(target=change_twice)
    user.start()
    follow_to_end(session, None, Console(file=log, width=1000, force_terminal=False))
    user.join()
    told = re.findall(r"\d Changed in Micro-Manager: (.*)", log.getvalue())
    assert told[:2] == ["exposure_ms 20.", "exposure_ms 30."]
