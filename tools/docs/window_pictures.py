"""Draw the pictures of docs/window.md that show several channels and slices.

    python -m tools.docs.window_pictures [WIDTH HEIGHT FOLDER]

The window and the session are real, on the simulated microscope; a size and a folder are for
looking at the window on other screens.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image

from acquisition import open_source
from gui.marker import MarkedPlace
from gui.measuring import Tool
from gui.qt import QtCore, QtWidgets
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession
from pssr_live.window import Choice, WindowApp, no_settings
from tools.docs.page import IMAGES

TWO = "simulated:channels=2"
STACK = "simulated:channels=2,slices=3,interval=4"
ENGINE = "mito-lite"
TIMES_TO_SEE, COLOURS, POLL_MS = 10, 128, 50

Pictures = Callable[[WindowApp], Iterator[str]]


def main() -> None:
    arguments = sys.argv[1:]
    width, height = map(int, arguments[:2]) if arguments else (1360, 940)
    folder = Path(arguments[2]) if arguments else IMAGES
    _ = QtWidgets.QApplication([])
    for source, pictures in ((TWO, two_channels), (STACK, a_stack)):
        draw(source, pictures, (width, height), folder=folder)


def draw(source: str, pictures: Pictures, size: tuple[int, int], *, folder: Path) -> None:
    """Run a session in the window and keep it under each of the names that come, as it is then."""
    with tempfile.TemporaryDirectory() as home:
        app = WindowApp(make_session, Choice(source, ENGINE), settings=no_settings(Path(home)))
        app.window.resize(*size)
        app.window.show()
        app.start()
        story = pictures(app)
        loop = QtCore.QEventLoop()
        timer = QtCore.QTimer()

        def go_on() -> None:
            name = next(story, None)
            if name is None:
                loop.quit()
            elif name:
                save(app.window.picture(), folder / f"{name}.png")

        timer.timeout.connect(go_on)
        timer.start(POLL_MS)
        loop.exec()
        timer.stop()
        assert app.session is not None
        app.session.abandon()
        app.session.wait(60)
        app.window.close()
        app.finish()


def two_channels(app: WindowApp) -> Iterator[str]:
    """Two colours, and a profile across both."""
    yield from wait_for(app, channels=2)
    window = app.window
    window.viewer.set_contrast_automatically()
    yield ""
    window.pull_status()
    yield "window-channels"
    window.viewer.toolbar.tools[Tool.PROFILE].trigger()
    window.viewer.measuring.line.put(MarkedPlace(150.0, 150.0, 290.0, 220.0), finished=True)
    yield from ("", "", "window-channels-profile")


def a_stack(app: WindowApp) -> Iterator[str]:
    """The maximum of a stack, provisional as slow frames are."""
    yield from wait_for(app, channels=2)
    app.window.viewer.streams.projected.click()
    yield ""
    app.window.pull_status()
    yield "window-projection"


def wait_for(app: WindowApp, *, channels: int) -> Iterator[str]:
    """Wait until restored frames of all channels are to be seen."""
    seen: set[int] = set()
    while len(seen) < channels:
        window = app.window
        if window.shown is not None and window.shown.time_point >= 4:
            streams = app.session.statistics.snapshot().streams if app.session else {}
            seen = {key.channel for key, count in streams.items() if count.restored > 2}
        yield ""


def make_session(choice: Choice, folder: Path | None) -> LiveSession:
    return LiveSession(open_source(choice.source), EngineChoice(choice.engine), save=folder)


def save(picture: bytes, path: Path) -> None:
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(COLOURS).save(path, optimize=True)
    print(path)


if __name__ == "__main__":
    main()
