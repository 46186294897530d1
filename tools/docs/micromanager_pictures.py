"""Draw the pictures of docs/micro-manager.md.

    python -m tools.docs.micromanager_pictures

The Micro-Manager is the tests': a real core with the demo camera, set to fluorescent beads, behind
the real wire protocol, here without its own window. Window, terminal and every word are real.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from rich.console import Console

from acquisition import open_source
from gui.qt import QtCore, QtWidgets
from pssr_live.cli.doctor import run_doctor
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession
from pssr_live.window import Choice, WindowApp, no_settings
from tests.acquisition.micromanager.harness import RunningMicroManager

IMAGES = Path(__file__).parents[2] / "docs" / "images"
PORT = 4827
ENGINE = "mito-lite"
BEADS = {
    "OnCameraCCDXSize": "440",
    "OnCameraCCDYSize": "440",
    "FastImage": "0",
    "Mode": "Fluorescent Beads",
    "BeadDensity": "300",
    "BeadSize": "2.5",
    "BeadBrightness": "4",
    "Photon Flux": "60",
    "ReadNoise (electrons)": "4",
}
FRAMES_TO_SEE, COLOURS, POLL_MS = 15, 64, 50


def main() -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    console = Console(record=True, width=132, file=io.StringIO())
    run_doctor(f"micromanager:{PORT}", ENGINE, Path.home(), console=console)
    save_terminal(console, "doctor-red.svg")
    running = live_microscope()
    console = Console(record=True, width=132, file=io.StringIO())
    run_doctor(f"micromanager:{PORT}", ENGINE, Path.home(), console=console)
    save_terminal(console, "doctor-green.svg")
    application = QtWidgets.QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        settings = no_settings(Path(folder))
        choice = Choice(f"micromanager:{PORT}", ENGINE)
        os.chdir(folder)
        app = WindowApp(make_session, choice, settings=settings, save=Path("monday") / "cell-3")
        app.window.show()
        app.start()
        story = tell(app, running)
        timer = QtCore.QTimer()
        timer.timeout.connect(lambda: next(story, None))
        timer.start(POLL_MS)
        application.exec()
        timer.stop()
        assert app.session is not None
        app.session.abandon()
        app.session.wait(60)
        app.finish()


def save_terminal(console: Console, name: str) -> None:
    svg = console.export_svg(title="pssr-live doctor")
    (IMAGES / name).write_text(svg.replace(str(Path.home()), "~"), encoding="utf-8")


def live_microscope() -> RunningMicroManager:
    """Start Micro-Manager with Live pressed."""
    running = RunningMicroManager(PORT)
    for name, value in BEADS.items():
        running.set_camera(name, value)
    running.core("setExposure", 200)
    running.core("setPixelSizeUm", "calibrated", 0.196)
    running.tell("live")
    return running


def make_session(choice: Choice, folder: Path | None) -> LiveSession:
    return LiveSession(open_source(choice.source), EngineChoice(choice.engine), save=folder)


def tell(app: WindowApp, running: RunningMicroManager) -> Iterator[None]:
    """Follow, lose the microscope, have it back; asked for the next step again and again."""
    window = app.window
    while window.shown is None or window.shown.sequence < FRAMES_TO_SEE:
        yield
    window.viewer.set_contrast_automatically()
    yield
    save_window(window.picture(), "micro-manager-live.png")
    running.kill()
    assert app.session is not None
    while "has gone" not in app.session.source.status:
        yield
    window.pull_status()
    yield
    save_window(window.picture(), "micro-manager-gone.png")
    back = live_microscope()
    seen = window.shown.sequence
    while window.shown is None or window.shown.sequence < seen + FRAMES_TO_SEE:
        yield
    window.close()
    back.kill()
    QtWidgets.QApplication.quit()
    yield


def save_window(picture: bytes, name: str) -> None:
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(COLOURS).save(IMAGES / name, optimize=True)


if __name__ == "__main__":
    main()
