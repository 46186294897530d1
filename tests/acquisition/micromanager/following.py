"""An experiment that is followed: begun, read to its end, and compared with what was taken."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest

from acquisition import FormatChanged, Frame, FrameFormat, RunEnded, StreamKey
from acquisition.micromanager import MicroManagerSource
from tests.acquisition.micromanager.conftest import (
    LONG,
    OpenSource,
    read_frames,
    read_until_change,
    read_until_status,
)
from tests.acquisition.micromanager.datastore import Coords, digest
from tests.acquisition.micromanager.harness import RunningMicroManager
from tests.acquisition.micromanager.test_experiment import account_of, changed

CHANNELS = ["GFP", "mCherry"]


def begin(
    micro_manager: RunningMicroManager, source: MicroManagerSource, points: int = 4, **more: Any
) -> list[Frame]:
    """Start an experiment in Micro-Manager's window; returns frames that came before.

    It takes no image before it is noticed, however late that is.
    """
    micro_manager.tell("mda", {"points": points, "held": True} | more)
    before = read_until_status(source, "Its images are fetched as they come")
    micro_manager.tell("go")
    return before


def follow(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> tuple[MicroManagerSource, list[Frame]]:
    """Follow an experiment that goes on until it is stopped; the source, and its first frames."""
    source = make_source("mode=follow")
    source.open()
    begin(micro_manager, source, 1000, channels=CHANNELS)
    read_until_change(source)
    return source, read_frames(source, 4)


def read_run(source: MicroManagerSource) -> tuple[list[Frame], list[FrameFormat]]:
    """Read to the end of an experiment; its frames, and the formats announced on the way."""
    frames: list[Frame] = []
    formats: list[FrameFormat] = []
    give_up = time.monotonic() + LONG
    while time.monotonic() < give_up:
        try:
            frame = source.read(0.2)
        except FormatChanged as change:
            formats.append(change.new_format)
        except RunEnded:
            return frames, formats
        else:
            frames += [frame] if frame is not None else []
    pytest.fail(f"no end after {len(frames)} frames: {source.status}")


def name_of(frame: Frame) -> str:
    """The Coords of the image that a frame was."""
    position, channel, z = frame.stream
    return Coords.of(time=frame.time_point, position=position, channel=channel, z=z).toString()


def assert_followed(micro_manager: RunningMicroManager, frames: list[Frame]) -> dict[str, Any]:
    """Check that each image of the experiment came once, whole, and that nothing was touched."""
    account = account_of(micro_manager)
    assert account["error"] == ""
    assert changed(account) == set()
    assert len(frames) == account["images"]
    assert {name_of(frame): digest(frame.pixels) for frame in frames} == account["stored"]
    by_stream: dict[StreamKey, list[Frame]] = {}
    for frame in frames:
        by_stream.setdefault(frame.stream, []).append(frame)
    for stream in by_stream.values():
        assert [frame.index for frame in stream] == list(range(len(stream)))
        assert all(a.time_point < b.time_point for a, b in itertools.pairwise(stream))
        assert all(a.acquired < b.acquired for a, b in itertools.pairwise(stream))
    return account
