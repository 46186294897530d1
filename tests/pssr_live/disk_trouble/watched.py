"""A session whose disk gets into trouble, and what has to be there in the end."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import tifffile
from rich.console import Console

from acquisition import Frame, FrameFormat, read_rows
from engines import Baseline, IntensityScale
from pssr_live.recording import DiskError, SessionRecord
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession, live
from tests.pssr_live.scripted import SMALL, ScriptedSource, pixels
from tests.pssr_live.sessions import TIMEOUT, complete_recording

# A second from frame to frame, as a scanner might say, so that a small disk has room for minutes.
FORMAT = replace(SMALL, interval_s=1.0)


class Watched:
    """A session under way, whose preview is looked at all the time."""

    under_way: ClassVar[list[Watched]] = []

    def __init__(
        self,
        save: Path,
        script: Callable[[Watched], Iterable[int | Frame | FrameFormat | None]] = lambda _: (
            itertools.count()
        ),
        frame_format: FrameFormat = FORMAT,
        *,
        save_restored: bool = True,
    ) -> None:
        source = ScriptedSource(script(self), frame_format, interval=0.002)
        choice = EngineChoice("rolling-mean")
        self.session = LiveSession(source, choice, save=save, save_restored=save_restored)
        self.newest_seen = -1
        self.under_way.append(self)
        self.session.start()

    @property
    def received(self) -> int:
        return self.session.statistics.received

    @property
    def told(self) -> str:
        return " / ".join(map(str, self.session.faults))

    def look_until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + TIMEOUT
        while not done():
            assert time.monotonic() < deadline
            frame = self.session.newest.take(self.newest_seen)
            if frame is not None:
                self.newest_seen = frame.sequence
            time.sleep(0.001)

    def look_at_frames(self, count: int, after: int | None = None) -> None:
        """See that so many frames which come from now on, or after a number, are shown."""
        wanted = (self.received if after is None else after) + count
        self.look_until(lambda: self.newest_seen >= wanted)
        assert self.session.state is live.State.LIVE

    def look_until_recorded(self, folder: Path, positions: int = 1) -> None:
        """See that files of each position are made, which the frames don't wait for."""
        self.look_until(
            lambda: (
                self.session.recording is not None
                and len([*folder.rglob("frames.csv")]) == positions
            )
        )

    def stop(self) -> int:
        """End the session; returns how many frames came."""
        self.session.stop()
        self.look_until(lambda: self.session.wait(0))
        assert all(isinstance(fault, DiskError) for fault in self.session.faults)
        return self.received


def images(folder: Path, name: str) -> np.ndarray:
    with tifffile.TiffFile(folder / f"{name}.ome.tif") as tiff:
        assert tiff.is_ome
        return np.stack([page.asarray() for page in tiff.pages])


def raw_frames(folder: Path) -> int:
    """How many are on the disk."""
    return sum(1 for _ in read_rows(folder / "frames.csv"))


def assert_raw(folder: Path, numbers: range) -> None:
    """Whole and unharmed: the pages, their lines, their order."""
    np.testing.assert_array_equal(
        images(folder, "raw"), np.stack([pixels(number) for number in numbers])
    )
    assert [row.index for row in read_rows(folder / "frames.csv")][: len(numbers)] == list(numbers)


def assert_restored(folder: Path, count: int) -> None:
    """As it would be if nothing had happened."""
    engine = Baseline("rolling-mean")
    engine.warm_up(FORMAT.height, FORMAT.width, FORMAT.dtype)
    restored = images(folder, "restored")
    assert len(restored) == count
    for centre in (0, 1, count // 2, count - 2, count - 1):
        window = [pixels(min(max(centre + step, 0), count - 1)) for step in range(-2, 3)]
        expected = engine.restore(np.stack(window), IntensityScale(0, 1))
        np.testing.assert_array_equal(restored[centre], expected)


def complete(folder: Path) -> int:
    return complete_recording(folder, "none", "auto", Console(quiet=True))


def assert_goes_on_in(folder: Path, count: int) -> None:
    """Without a gap, from some frame on to the last."""
    first = next(iter(read_rows(folder / "frames.csv"))).index
    assert 0 < first < count
    assert_raw(folder, range(first, count))
    assert SessionRecord.read(folder).state == "complete"
