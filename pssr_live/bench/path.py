"""The whole live path: source, ring, engine, files, and somebody who looks at the newest frame."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, Protocol

from numpy.typing import NDArray

from acquisition import WINDOW_LENGTH, PixelType
from pssr_live.bench.figures import FrameSize
from pssr_live.bench.frames import PacedSource, format_of
from pssr_live.bench.timing import Effort, repeat
from pssr_live.restoring import EngineChoice, EnginePool
from pssr_live.session import LiveSession, Newest

# Frames that came and are not done with: the look-ahead, those in the engine and at the judge's,
# and two more, so that nothing ever waits for the source. Were there still more, a path that saves
# no restored frames would pass some over; one that does has some in the writer's buffers.
_UNDER_WAY, _UNDER_WAY_TO_THE_DISK = 6, 10
# Of the frames restored, those of the start are not counted.
_SETTLING = 5
_POLL = 0.002
# Of a round: path and engine alone take turns.
TURNS = 4
_LOOK_AHEAD = WINDOW_LENGTH // 2
# How long a source waits for a frame to be seen, where nobody says when.
_UNSEEN = 0.01
# Restored frames without which there is no rate, however short the time.
_FEWEST = 3


class Saved(NamedTuple):
    """What a session saves.

    Attributes
    ----------
    title : str
        In words.
    anything : bool
        Whether raw frames are saved.
    restored : bool
        Whether restored ones are too.
    """

    title: str
    anything: bool
    restored: bool


NOTHING = Saved("nothing", anything=False, restored=False)
RAW = Saved("raw", anything=True, restored=False)
BOTH = Saved("raw and restored", anything=True, restored=True)


class Watcher(Protocol):
    """Whoever looks at a session in this thread."""

    def open(self, session: LiveSession) -> None:
        """Get ready to look at a session that is running."""

    def watch(self, seconds: float) -> None:
        """Look at it for so long."""


class BenchEngine(NamedTuple):
    """An engine, and the pool that keeps it open from one session to the next."""

    choice: EngineChoice
    pool: EnginePool


class AgeProbe:
    """Waits for the newest frame, as the window does, and notes how old each is.

    Parameters
    ----------
    newest : Newest
        Where it looks.
    saw : Event, optional
        Set whenever it has seen a frame.

    Attributes
    ----------
    ages : list of float
        Of the frames, in seconds from the window's last.
    """

    def __init__(self, newest: Newest, saw: threading.Event | None = None) -> None:
        self.ages: list[float] = []
        self._saw = saw or threading.Event()
        self._newest = newest
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="benchmark viewer")
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        seen, stopping = -1, False
        while not stopping:
            # In this order: what came before the end is still looked at.
            stopping = self._stop.is_set()
            frame = self._newest.wait(seen, 0.0 if stopping else 0.1)
            if frame is not None:
                self.ages.append(time.perf_counter() - frame.completed)
                seen = frame.sequence
                self._saw.set()


def frames_per_second(
    engine: BenchEngine,
    frames: NDArray[PixelType],
    saved: Saved,
    *,
    seconds: float,
    folder: Path,
    watcher: Watcher | None = None,
) -> float:
    """Let the path take frames as fast as it can.

    Parameters
    ----------
    engine : BenchEngine
    frames : ndarray, shape (n, H, W)
    saved : Saved
    seconds : float
        For how long.
    folder : Path
        On the disk to record on.
    watcher : Watcher, optional
        Looks at the session instead of a `AgeProbe`.

    Returns
    -------
    float
        Restored frames a second, once it was under way.
    """

    def may_come(timeout: float) -> bool:
        return _has_room(session, saved, seen, timeout=timeout)

    seen = threading.Event()
    size = FrameSize(*frames.shape[1:])
    source = PacedSource(frames, format_of(size), may_come=may_come)
    with TemporaryDirectory(prefix="pssr-live-bench-", dir=folder) as place:
        session = open_session(source, engine, saved, folder=Path(place))
        with Running(session):
            wait_for(_SETTLING, session)
            if watcher is not None:
                watcher.open(session)
            restored, began = session.statistics.restored, time.perf_counter()
            if watcher is not None:
                watcher.watch(seconds)
                wait_for(restored + _FEWEST, session)
            else:
                viewer = AgeProbe(session.newest, seen)
                session.wait(seconds)
                wait_for(restored + _FEWEST, session)
                viewer.stop()
            rate = (session.statistics.restored - restored) / (time.perf_counter() - began)
    return rate


def rates_beside_engine(
    engine: BenchEngine,
    frames: NDArray[PixelType],
    saved: Saved,
    *,
    effort: Effort,
    folder: Path,
    restore: Callable[[], object],
) -> tuple[list[float], list[float], list[float]]:
    """Let the path take frames as fast as it can, and in turn, while it rests, the engine alone.

    Their turns are short, so that what else the computer does falls on both alike.

    Parameters
    ----------
    engine, frames, saved, folder
        See `frames_per_second`.
    effort : Effort
    restore : callable
        The engine alone on one window.

    Returns
    -------
    list of float
        Restored frames a second of the path, of each turn.
    list of float
        Of the engine alone, of the turn before.
    list of float
        Seconds that the engine alone took for each of its frames.
    """
    may_come, seen = threading.Event(), threading.Event()

    def room_for_one(timeout: float) -> bool:
        return may_come.wait(timeout) and _has_room(session, saved, seen, timeout=timeout)

    source = PacedSource(frames, format_of(FrameSize(*frames.shape[1:])), may_come=room_for_one)
    path_rates, own_rates, taken = [], [], []
    with TemporaryDirectory(prefix="pssr-live-bench-", dir=folder) as place:
        session = open_session(source, engine, saved, folder=Path(place))
        viewer = AgeProbe(session.newest, seen)
        try:
            with Running(session):
                may_come.set()
                wait_for(_SETTLING, session)
                for _ in range(effort.rounds * TURNS):
                    may_come.clear()
                    wait_for_rest(session)
                    alone = repeat(restore, effort.seconds / TURNS)
                    may_come.set()
                    wait_for(session.statistics.restored + _SETTLING, session)
                    restored, began = session.statistics.restored, time.perf_counter()
                    session.wait(effort.seconds / TURNS)
                    # From the end of a frame to the end of another: a turn has few of them.
                    wait_for(session.statistics.restored + 1, session)
                    seconds = time.perf_counter() - began
                    path_rates.append((session.statistics.restored - restored) / seconds)
                    own_rates.append(len(alone) / sum(alone))
                    taken += alone
        finally:
            viewer.stop()
    return path_rates, own_rates, taken


def open_session(
    source: PacedSource, engine: BenchEngine, saved: Saved, *, folder: Path
) -> LiveSession:
    """Make a session that saves what it shall, in a new folder within this one."""
    save = folder / "recording" if saved.anything else None
    return LiveSession(
        source, engine.choice, engines=engine.pool, save=save, save_restored=saved.restored
    )


def _has_room(session: LiveSession, saved: Saved, seen: threading.Event, *, timeout: float) -> bool:
    """Whether few enough frames are under way for another to come; waits a little for that."""
    now = session.statistics
    most = _UNDER_WAY_TO_THE_DISK if saved.restored else _UNDER_WAY
    if now.received - now.restored - now.skipped < most:
        return True
    # To look again and again would cost as much as a part of the path does.
    seen.wait(min(timeout, _UNSEEN))
    seen.clear()
    return False


def wait_for(restored: int, session: LiveSession) -> None:
    """Wait for so many restored frames, or for the session's end."""
    while session.statistics.restored < restored and not session.wait(_POLL):
        pass


def wait_for_rest(session: LiveSession) -> None:
    """Wait until all frames that came are done with, but for those that wait for neighbours."""
    while sum(session.progress) and not session.wait(_POLL):
        done, received = session.progress
        if received - done <= _LOOK_AHEAD:
            return


class Running:
    """A session from its start to its end, whatever comes between; its faults are raised."""

    def __init__(self, session: LiveSession) -> None:
        self._session = session

    def __enter__(self) -> None:
        self._session.start()

    def __exit__(self, *_: object) -> None:
        self._session.abandon()
        self._session.wait()
        if self._session.faults:
            raise self._session.faults[0]
