"""A window with a session that the test plays."""

from __future__ import annotations

import os
from collections.abc import Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from acquisition import PixelType
from gui import MainWindow, Preview, SessionState, Status
from tests.gui.streams import TWO, Experiment, halves


class PlayedSession:
    """Answers the window as a session would, and remembers what it was asked."""

    def __init__(self) -> None:
        self.previews: list[Preview] = []
        self.asked: list[int] = []
        self.pixel_size_um: float | None = 0.2
        self.state = Status(state=SessionState.LIVE)

    def newest(self, last: int) -> list[Preview]:
        self.asked.append(last)
        return [preview for preview in self.previews[-1:] if preview.sequence > last]

    def status(self) -> Status:
        return self.state

    def take(self, raw: NDArray[PixelType], scale: int = 4) -> Preview:
        """A frame comes in and is restored."""
        sequence = self.previews[-1].sequence + 1 if self.previews else 0
        restored = raw.repeat(scale, axis=0).repeat(scale, axis=1)
        preview = Preview(
            raw=raw,
            restored=restored,
            index=100 + sequence,
            sequence=sequence,
            acquired=0.25 * sequence,
            pixel_size_um=self.pixel_size_um,
        )
        self.previews.append(preview)
        return preview


@pytest.fixture
def session() -> PlayedSession:
    return PlayedSession()


@pytest.fixture
def window(qtbot: QtBot, session: PlayedSession) -> Iterator[MainWindow]:
    window = MainWindow(session.newest, session.status)
    qtbot.addWidget(window)
    window.resize(1360, 940)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    # The tests ask in the timers' stead, so that each sees one frame at a time.
    window._preview_timer.stop()
    window._status_timer.stop()
    yield window
    session.state = Status(state=SessionState.STOPPED)
    window.close()


@pytest.fixture
def noise() -> NDArray[np.uint16]:
    return np.random.default_rng(1).poisson(200, (48, 64)).astype(np.uint16)


@pytest.fixture
def two(window: MainWindow) -> Experiment:
    """GFP bright in the left half, mCherry in the right, and both in part of the whole."""
    experiment = Experiment(window, TWO)
    experiment.offer((0, 0, halves(200, 0)), (1, 0, halves(0, 200)), time=0)
    return experiment
