"""Draw the pictures of docs/window.md.

    python -m tools.docs.window_pictures [--only NAME ...] [--size WIDTH HEIGHT] [--to FOLDER]

Windows and sessions are real, on the simulated microscope and the files among the tests. A session
that drops a frame is drawn by no means: on a computer that is busy, wait until it is less so. A
size and a folder are for looking at the window on other screens.
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image

from acquisition import open_source
from gui import BaseWindow, MarkedPlace, Tool, TrustMap
from gui.qt import QtCore, QtWidgets
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession
from pssr_live.window import Choice, WindowApp, no_settings
from tools.docs.page import IMAGES

ENGINE = "mito-lite"
# As many as a picture can have without being larger than the pages should load.
COLOURS, MOST_BYTES = (256, 96, 64), 200_000
POLL_MS, TIMEOUT_S = 50, 60
ACROSS = MarkedPlace(150.0, 150.0, 290.0, 220.0)
LYSOSOMES = "replay:tests/data/lysosomes.tif"

# Steps of a scene: False while something is waited for, a window and a name where it is drawn.
Steps = Iterator[tuple[BaseWindow, str] | None]


class Scene(NamedTuple):
    """A session, and what is done in its window."""

    source: str
    play: Callable[[WindowApp], Steps]
    # Frames a second: slow enough for a computer that has other work.
    rate: str = "0.8"
    uncertain: bool = False
    recorded: bool = False


def one_channel(app: WindowApp) -> Steps:
    """Look at one channel live, measure along a line, and look back."""
    yield from wait_for(app, 8)
    yield app.window, "window"
    viewer = app.window.viewer
    viewer.toolbar.tools[Tool.PROFILE].trigger()
    viewer.measuring.line.put(ACROSS, finished=True)
    viewer.raw.zoom_to(0.4)
    yield app.window, "window-profile"
    viewer.toolbar.tools[Tool.PROFILE].trigger()
    viewer.toolbar.fit.click()
    viewer.time.slider.setValue(viewer.time.slider.maximum() - 4)
    yield app.window, "window-not-live"


def two_channels(app: WindowApp) -> Steps:
    """Draw a profile across both channels."""
    yield from wait_for(app, 5, channels=2)
    viewer = app.window.viewer
    viewer.toolbar.tools[Tool.PROFILE].trigger()
    viewer.measuring.line.put(ACROSS, finished=True)
    yield app.window, "window-channels"


def trust(app: WindowApp) -> Steps:
    """Look where lysosomes, restored by an engine for mitochondria, are not what was measured."""
    app.window.viewer.contrast.colour_map.setCurrentText("green")
    app.window.viewer.toolbar.maps[TrustMap.RESIDUAL].trigger()
    yield from wait_for(app, 4)
    yield app.window, "window-trust"


def uncertainty(app: WindowApp) -> Steps:
    """Look at what the engine expects to be off by."""
    app.window.viewer.toolbar.maps[TrustMap.UNCERTAINTY].trigger()
    yield from wait_for(app, 5)
    app.window.viewer.raw.zoom_to(0.4)
    yield app.window, "window-uncertainty"


def resolvability(app: WindowApp) -> Steps:
    """Look at what cannot be told apart."""
    app.window.viewer.toolbar.maps[TrustMap.UNRESOLVED].trigger()
    yield from wait_for(app, 5)
    app.window.viewer.raw.zoom_to(0.4)
    yield app.window, "window-resolvability"


def recording(app: WindowApp) -> Steps:
    """Look at a recording that was made just before."""
    yield from wait_for(app, 24)
    session = app.session
    assert session is not None
    folder = session.recording
    assert folder is not None
    session.stop()
    while not session.wait(0):
        yield None
    app.look_at(folder)
    (window,) = app.recordings.windows
    window.resize(app.window.size())
    window.viewer.time.slider.setValue(16)
    measuring = window.viewer.measuring
    measuring.line.put(ACROSS, finished=True)
    window.viewer.toolbar.tools[Tool.KYMOGRAPH].trigger()
    while not measuring.keep.isEnabled():
        yield None
    yield window, "window-recording"
    app.recordings.close_all()


SCENES = {
    "one-channel": Scene("simulated:", one_channel),
    "two-channels": Scene("simulated:channels=2", two_channels, rate="0.3"),
    "trust": Scene(LYSOSOMES, trust),
    "uncertainty": Scene("simulated:", uncertainty, rate="0.3", uncertain=True),
    "resolvability": Scene("simulated:", resolvability, rate="0.3"),
    "recording": Scene("simulated:", recording, recorded=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=["first-page", *SCENES], default=None)
    parser.add_argument("--size", nargs=2, type=int, default=(1360, 940))
    parser.add_argument("--to", type=Path, default=IMAGES)
    arguments = parser.parse_args()
    arguments.to.mkdir(parents=True, exist_ok=True)
    wanted = arguments.only or ["first-page", *SCENES]
    _ = QtWidgets.QApplication([])
    for name in wanted:
        with tempfile.TemporaryDirectory() as home:
            if name == "first-page":
                first_page(arguments.size, Path(home), arguments.to)
            else:
                draw(SCENES[name], arguments.size, Path(home), arguments.to)


def first_page(size: tuple[int, int], home: Path, folder: Path) -> None:
    settings = no_settings(home)
    settings.source = "simulated:"
    app = WindowApp(lambda *_: None, Choice("", ENGINE), settings=settings)  # type: ignore[arg-type, return-value]  # never begun
    app.window.resize(*size)
    app.window.show()
    write(app.window, folder / "window-first-page.png")
    app.window.close()


def draw(scene: Scene, size: tuple[int, int], home: Path, folder: Path) -> None:
    def make_session(choice: Choice, save: Path | None) -> LiveSession:
        source = open_source(choice.source, rate=scene.rate)
        return LiveSession(
            source,
            EngineChoice(choice.engine, uncertain=scene.uncertain),
            save=save,
            provisional=False,
        )

    app = WindowApp(
        make_session,
        Choice(scene.source, ENGINE),
        settings=no_settings(home),
        save=home / "cell-3" if scene.recorded else None,
    )
    app.window.resize(*size)
    app.window.show()
    app.start()
    steps = scene.play(app)
    loop = QtCore.QEventLoop()
    spoilt: list[str] = []

    def go_on() -> None:
        try:
            picture = next(steps)
        except StopIteration:
            loop.quit()
            return
        if picture is not None:
            window, name = picture
            app.window.pull_status()
            assert app.session is not None
            dropped = app.session.statistics.snapshot().skipped
            if dropped:
                spoilt.append(f"{name}: {dropped} frames were dropped; try again.")
                loop.quit()
                return
            write(window, folder / f"{name}.png")

    timer = QtCore.QTimer()
    timer.timeout.connect(go_on)
    timer.start(POLL_MS)
    loop.exec()
    timer.stop()
    assert app.session is not None
    app.session.abandon()
    app.session.wait(TIMEOUT_S)
    app.window.close()
    app.finish()
    if spoilt:
        raise SystemExit("\n".join(spoilt))


def wait_for(app: WindowApp, frames: int, *, channels: int = 1) -> Steps:
    """Wait until so many frames of each channel are restored, and one is seen."""
    assert app.session is not None
    restored: list[int] = []
    while app.window.shown is None or len(restored) < channels or min(restored) < frames:
        streams = app.session.statistics.snapshot().streams
        restored = [count.restored for count in streams.values()]
        yield None
    yield None


def write(window: BaseWindow, path: Path) -> None:
    image = Image.open(io.BytesIO(window.picture())).convert("RGB")
    for colours in COLOURS:
        few = image.quantize(colours, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
        if path.stat().st_size < MOST_BYTES:
            break


if __name__ == "__main__":
    main()
