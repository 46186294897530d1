"""What the window costs: its update in each mode, the pipeline's frames/s beside it, its memory.

Run: python -m benchmarks.window_cost [update] [pipeline] [memory] [ENGINE...]

Without a display Qt's offscreen platform is taken, which draws the same pixels into memory. The
pipeline is measured with each engine that is named, or mito-lite: the whole program is open all
the time, and is let run in every other turn.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator

if not os.environ.get("DISPLAY") and sys.platform.startswith("linux"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import psutil

from gui import Arrangement, LeftImage, MainWindow, MarkedPlace, Preview, Status, Tool, TrustMap
from gui.qt import QtWidgets
from pssr_live.bench import (
    FrameSize,
    PacedSource,
    WatchingWindow,
    format_of,
    make_frames,
    watch_window,
)
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession

SIDE, SCALE = 440, 4
UPDATES, WARMING_UP = 80, 20
# More than the engine can restore, as from a fast camera: then frames/s show every cost.
CAMERA_RATE = 60.0
ROUNDS, ROUND_SECONDS = 5, 1.5
PREVIEWS = 6000
REFRESH_MS = 1e3 / 60
PARTS = ("update", "pipeline", "memory")


class Frames:
    """Previews as a session hands them over: pixels of their own in each."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self._raw = [rng.poisson(200, (SIDE, SIDE)).astype(np.uint16) for _ in range(4)]
        self._restored = [raw.repeat(SCALE, 0).repeat(SCALE, 1) for raw in self._raw]
        self._trust = rng.normal(0.0, 1.5, (SIDE, SIDE)).astype(np.float32)
        self._next = 0

    def take(self) -> Preview:
        """Return the next preview."""
        number = self._next % len(self._raw)
        self._next += 1
        raw = self._raw[number].copy()
        return Preview(
            raw=raw,
            restored=self._restored[number].copy(),
            index=self._next,
            sequence=self._next,
            acquired=0.05 * self._next,
            mean=raw.astype(np.float32),
            trust_map=self._trust.copy,
            pixel_size_um=0.1,
        )


def update_ms(application: QtWidgets.QApplication, window: MainWindow, frames: Frames) -> str:
    """Milliseconds of the window's thread from a preview to its pixels drawn.

    Processor time, so that what else the computer does is not counted.
    """
    times = []
    for _ in range(UPDATES):
        preview = frames.take()
        start = time.thread_time()
        window.viewer.show_previews([preview])
        application.processEvents()
        times.append(1e3 * (time.thread_time() - start))
    median, late = np.percentile(times[WARMING_UP:], [50, 95])
    return f"median {median:5.1f} ms   95th percentile {late:5.1f} ms   {late / REFRESH_MS:4.0%}"


def modes(window: MainWindow) -> Iterator[tuple[str, Callable[[], None]]]:
    """The window's modes by name, each turned on by a call and off by the next."""
    viewer, toolbar = window.viewer, window.viewer.toolbar
    for arrangement in Arrangement:
        yield str(arrangement), toolbar.arrangements[arrangement].trigger
    yield "flicker, raw shown", lambda: viewer.restored.swap(swapped=True)
    yield "side by side again", toolbar.arrangements[Arrangement.SIDE_BY_SIDE].trigger
    for left in (LeftImage.BILINEAR, LeftImage.MEAN):
        yield f"left: {left}", toolbar.lefts[left].trigger
    toolbar.lefts[LeftImage.RAW].trigger()
    yield "saturated marked", toolbar.saturated.trigger
    toolbar.saturated.trigger()
    yield "trust overlay", toolbar.maps[TrustMap.RESIDUAL].trigger
    toolbar.maps[TrustMap.RESIDUAL].trigger()
    viewer.measuring.line.put(MarkedPlace(5, 5, SIDE - 5, SIDE - 5), finished=True)
    viewer.measuring.region.put(MarkedPlace(0, 0, SIDE, SIDE), finished=True)
    for tool in Tool:
        yield f"{tool}, the largest", toolbar.tools[tool].trigger
    toolbar.tools[Tool.TRACE].trigger()
    yield "scrolled back", lambda: viewer.time.slider.setValue(0)


def measure_updates(application: QtWidgets.QApplication) -> None:
    window = MainWindow(lambda _: (), Status)
    window.show()
    frames = Frames()
    window.viewer.show_previews([frames.take()])
    size = window.size()
    print(f"update at {SIDE} x {SIDE} restored to {SCALE * SIDE} x {SCALE * SIDE}, window of")
    print(f"{size.width()} x {size.height()} px; in % of a screen refresh at 60 Hz")
    for name, turn_on in modes(window):
        turn_on()
        application.processEvents()
        print(f"  {name:<28} {update_ms(application, window, frames)}")
    window.close()


def measure_pipeline(engine: str) -> None:
    size = FrameSize(SIDE, SIDE)
    source = PacedSource(make_frames(size), format_of(size), rate=CAMERA_RATE)
    session = LiveSession(source, EngineChoice(engine))
    session.start()
    while session.statistics.restored < 20:
        time.sleep(0.1)
    with watch_window() as window:
        window.open(session)
        # The memory of the frames kept to scroll back is new to the system: that costs more.
        filling = frames_per_second(session, lambda: fill_history(window))
        kept = len(window.app.window.viewer.time.history)
        window.drawn, window.processor_seconds = 0, 0.0
        with_window, without = [], []
        for _ in range(ROUNDS):
            without.append(frames_per_second(session, lambda: time.sleep(ROUND_SECONDS)))
            with_window.append(frames_per_second(session, lambda: window.watch(ROUND_SECONDS)))
        assert session.engine is not None
        backend = session.engine.selection.engine.backend
    session.wait()
    if session.faults:
        raise session.faults[0]
    ratio = np.median(np.array(with_window) / np.array(without))
    watched = ROUNDS * ROUND_SECONDS
    print(f"{engine} on {backend}, {os.cpu_count()} cores, {ROUNDS} rounds of {ROUND_SECONDS} s")
    print(f"  without the window  {rounded(without)} frames/s")
    print(f"  with the window     {rounded(with_window)} frames/s")
    print(f"  ratio               {ratio:.2f} (median of the rounds)")
    print(f"  drawn               {window.drawn / watched:.1f} frames/s")
    print(f"  window's thread     {window.processor_seconds / watched:.1%} of a core")
    print(f"  while the first {kept} were kept  {filling:.1f} frames/s")


def fill_history(window: WatchingWindow) -> None:
    """Let the window run until it keeps as many frames as it ever will."""
    history = window.app.window.viewer.time.history
    while len(history) < 2 or history.kept_bytes + history[-1].nbytes <= history.limit:
        window.watch(0.1)


def frames_per_second(session: LiveSession, meanwhile: Callable[[], None]) -> float:
    """Count from one frame restored to another: with whole frames in the time counted."""
    before, start = next_frame(session)
    meanwhile()
    after, end = next_frame(session)
    return (after - before) / (end - start)


def next_frame(session: LiveSession) -> tuple[int, float]:
    """Wait for the next restored frame; returns how many there were, and when."""
    before = session.statistics.restored
    while session.statistics.restored == before:
        time.sleep(0.0005)
    return session.statistics.restored, time.perf_counter()


def rounded(values: list[float]) -> str:
    return " ".join(f"{value:.1f}" for value in values)


def measure_memory(application: QtWidgets.QApplication) -> None:
    window = MainWindow(lambda _: (), Status)
    window.show()
    frames = Frames()
    toolbar = window.viewer.toolbar
    window.viewer.show_previews([frames.take()])
    window.viewer.measuring.line.put(MarkedPlace(5, 5, SIDE - 5, SIDE - 5), finished=True)
    window.viewer.measuring.region.put(MarkedPlace(0, 0, SIDE, SIDE), finished=True)
    switches = [
        *(action.trigger for action in toolbar.arrangements.values()),
        *(action.trigger for action in toolbar.tools.values()),
        toolbar.maps[TrustMap.RESIDUAL].trigger,
    ]
    print(f"memory over {PREVIEWS} previews, the modes changed every 20; history of")
    print(f"{window.viewer.time.history.limit / 2**20:.0f} MB")
    for number in range(1, PREVIEWS + 1):
        window.viewer.show_previews([frames.take()])
        application.processEvents()
        if number % 20 == 0:
            switches[number // 20 % len(switches)]()
        if number % (PREVIEWS // 6) == 0:
            gc.collect()
            used = psutil.Process().memory_info().rss / 2**20
            kept = len(window.viewer.time.history)
            print(f"  after {number:6d} previews  {used:7.0f} MB  ({kept} frames kept)")
    window.close()


def main() -> None:
    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
    asked = sys.argv[1:]
    engines = [word for word in asked if word not in PARTS] or ["mito-lite"]
    for part in [word for word in asked if word in PARTS] or PARTS:
        if part == "pipeline":
            for engine in engines:
                measure_pipeline(engine)
        elif part == "update":
            measure_updates(application)
        else:
            measure_memory(application)


if __name__ == "__main__":
    main()
