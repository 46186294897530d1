"""Micro-Manager's window, as far as a client may ask it."""

from __future__ import annotations

import pymmcore

from tests.acquisition.micromanager.datastore import DataManager, Displays
from tests.acquisition.micromanager.experiment import Acquisitions
from tests.acquisition.micromanager.multi_d_acquisition import MultiDAcquisition


class Live:
    """Micro-Manager's Live button."""

    def __init__(self, core: pymmcore.CMMCore) -> None:
        self._core = core
        self.pressed = False

    def isLiveModeOn(self) -> bool:  # noqa: N802 - Java's name
        return self.pressed and bool(self._core.isSequenceRunning())


class Studio:
    """Micro-Manager's window."""

    def __init__(self, live: Live) -> None:
        self._acquisitions = Acquisitions()
        self._live = live
        self._displays, self._data = Displays(), DataManager()

    def begin(self, acquisition: MultiDAcquisition) -> None:
        """Run an experiment, and show its images."""
        self._displays.viewers.insert(0, acquisition.viewer)
        self._acquisitions.begin(acquisition)

    def close_data_window(self) -> None:
        """Close the window of the newest experiment, and save nothing."""
        self._displays.viewers.pop(0).store.discard()

    def close_display(self) -> None:
        """Close the window of the newest experiment, whose images are kept by another."""
        self._displays.viewers.pop(0)

    def displays(self) -> Displays:
        return self._displays

    def data(self) -> DataManager:
        return self._data

    def live(self) -> Live:
        return self._live

    def acquisitions(self) -> Acquisitions:
        return self._acquisitions
