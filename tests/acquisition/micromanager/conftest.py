"""A running Micro-Manager for each test, and sources that are closed in the end."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from acquisition import FormatChanged, Frame, FrameFormat, FrameSource, open_source
from acquisition.micromanager import ClientProcess, MicroManagerSource
from acquisition.micromanager.source import CAMERA_IS_STOPPED_LATER
from tests.acquisition.micromanager.harness import RunningMicroManager

# Nothing here takes long; a test that needs this much has hung, even on a slow machine.
LONG = 240.0

OpenSource = Callable[..., MicroManagerSource]


@pytest.fixture(autouse=True)
def no_notes_of_other_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What clients note of their runs lies in a folder of the test's own."""
    for name in ("XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "state"))
    if sys.platform == "darwin":
        monkeypatch.setenv("HOME", str(tmp_path / "home"))


GiveUp = Callable[[MicroManagerSource], None]


@pytest.fixture
def give_up(monkeypatch: pytest.MonkeyPatch) -> GiveUp:
    """Have a source give its client up as soon as it has nothing to say, not after ten seconds."""
    given_up: set[ClientProcess | None] = set()
    monkeypatch.setattr(ClientProcess, "out_of_patience", property(lambda one: one in given_up))
    return lambda source: given_up.add(source._client)


@pytest.fixture
def micro_manager() -> Iterator[RunningMicroManager]:
    """A Micro-Manager with its server on a free port."""
    running = RunningMicroManager()
    yield running
    running.kill()


@pytest.fixture
def make_source(micro_manager: RunningMicroManager) -> Iterator[OpenSource]:
    """Make a source on the running Micro-Manager, which may be slow; options as in a URL."""
    made: list[FrameSource] = []

    def make(options: str = "", wait: float = LONG) -> MicroManagerSource:
        source = open_source(f"micromanager:{micro_manager.port},wait={wait:g},{options}")
        assert isinstance(source, MicroManagerSource)
        made.append(source)
        return source

    yield make
    for source in made:
        source.close()


def acquiring(source: MicroManagerSource) -> MicroManagerSource:
    """Open a source, and read five frames of its run."""
    source.open()
    read_frames(source, 5)
    return source


def kill_client(source: MicroManagerSource) -> None:
    """End a source's client, of which it is told nothing."""
    assert source._client is not None
    source._client._process.kill()


def read_frames(source: FrameSource, count: int) -> list[Frame]:
    """Read so many frames of one format."""
    frames: list[Frame] = []
    give_up = time.monotonic() + LONG
    while len(frames) < count:
        frame = source.read(0.2)
        assert time.monotonic() < give_up, f"{len(frames)} of {count} frames came"
        if frame is not None:
            frames.append(frame)
    return frames


def read_until_change(source: FrameSource) -> tuple[list[Frame], FrameFormat]:
    """Read to the end of a segment."""
    frames: list[Frame] = []
    give_up = time.monotonic() + LONG
    while time.monotonic() < give_up:
        try:
            frame = source.read(0.2)
        except FormatChanged as change:
            return frames, change.new_format
        if frame is not None:
            frames.append(frame)
    pytest.fail(f"no change of format after {len(frames)} frames")


def read_until_held(
    source: FrameSource, micro_manager: RunningMicroManager, method: str
) -> list[Frame]:
    """Stop the server inside the next call of a method; read on, or the client makes none."""
    frames: list[Frame] = []
    give_up = time.monotonic() + LONG
    micro_manager.tell("stall_in", method)
    while not micro_manager.tell("held"):
        assert time.monotonic() < give_up, f"nobody calls {method}"
        frame = source.read(0.01)
        if frame is not None:
            frames.append(frame)
    return frames


def read_until_status(source: MicroManagerSource, words: str) -> list[Frame]:
    """Read until the source says something; one late read may take the next segment's begin too."""
    frames: list[Frame] = []
    give_up = time.monotonic() + LONG
    while words not in source.status:
        assert time.monotonic() < give_up, f"the status is {source.status!r}"
        try:
            frame = source.read(0.1)
        except FormatChanged:
            if words not in source.status:
                raise
            break
        if frame is not None:
            frames.append(frame)
    return frames


def wait_until_stopped(micro_manager: RunningMicroManager) -> None:
    """Wait until the camera stands still."""
    give_up = time.monotonic() + LONG
    while micro_manager.core("isSequenceRunning"):
        assert time.monotonic() < give_up
        time.sleep(0.02)


def assert_stopped(micro_manager: RunningMicroManager, source: MicroManagerSource) -> None:
    """Check that a closed source has stopped the camera, or has told that it does so later."""
    if CAMERA_IS_STOPPED_LATER in source.status:
        wait_until_stopped(micro_manager)
    assert not micro_manager.core("isSequenceRunning")


def assert_contiguous(frames: list[Frame]) -> None:
    """Check that no frame is missing and that times go forward."""
    indices = [frame.index for frame in frames]
    assert indices == list(range(indices[0], indices[0] + len(indices)))
    assert all(a.acquired < b.acquired for a, b in itertools.pairwise(frames))
