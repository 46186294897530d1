"""Draw the picture of docs/window.md that shows two channels.

    python -m tools.docs.window_pictures [WIDTH HEIGHT FOLDER]

The window and the session are real, on the simulated microscope; a size and a folder are for
looking at the window on other screens.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Iterator
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

SOURCE, ENGINE = "simulated:channels=2", "mito-lite"
RESTORED_TO_SEE, COLOURS, POLL_MS = 3, 256, 50
ACROSS = MarkedPlace(150.0, 150.0, 290.0, 220.0)


def main() -> None:
    arguments = sys.argv[1:]
    width, height = map(int, arguments[:2]) if arguments else (1360, 940)
    folder = Path(arguments[2]) if arguments else IMAGES
    _ = QtWidgets.QApplication([])
    with tempfile.TemporaryDirectory() as home:
        app = WindowApp(make_session, Choice(SOURCE, ENGINE), settings=no_settings(Path(home)))
        app.window.resize(width, height)
        app.window.show()
        app.start()
        steps = two_channels(app, folder)
        loop = QtCore.QEventLoop()
        timer = QtCore.QTimer()
        timer.timeout.connect(lambda: loop.quit() if next(steps, True) else None)
        timer.start(POLL_MS)
        loop.exec()
        timer.stop()
        assert app.session is not None
        app.session.abandon()
        app.session.wait(60)
        app.window.close()
        app.finish()


def make_session(choice: Choice, folder: Path | None) -> LiveSession:
    return LiveSession(open_source(choice.source), EngineChoice(choice.engine), save=folder)


def two_channels(app: WindowApp, folder: Path) -> Iterator[bool]:
    """Wait for restored frames of both channels, and draw a profile across both."""
    assert app.session is not None
    restored: dict[int, int] = {}
    while app.window.shown is None or len(restored) < 2 or min(restored.values()) < RESTORED_TO_SEE:
        streams = app.session.statistics.snapshot().streams
        restored = {stream.channel: count.restored for stream, count in streams.items()}
        yield False
    viewer = app.window.viewer
    viewer.toolbar.tools[Tool.PROFILE].trigger()
    viewer.measuring.line.put(ACROSS, finished=True)
    yield False
    app.window.pull_status()
    yield False
    image = Image.open(io.BytesIO(app.window.picture())).convert("RGB")
    image.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        folder / "window-channels.png", optimize=True
    )


if __name__ == "__main__":
    main()
