"""What of the window's looks is worth remembering, each as a few words."""

from __future__ import annotations

from gui.qt import QtGui
from gui.viewer import Viewer

_LOW_PX = 860


class RememberedLook:
    """Reads and sets how a viewer looks.

    Parameters
    ----------
    viewer : Viewer
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer

    @property
    def colour_map(self) -> str:
        """The name of the colours that images are shown in."""
        return self._viewer.contrast.colour_map.currentText()

    @colour_map.setter
    def colour_map(self, name: str) -> None:
        self._viewer.contrast.colour_map.setCurrentText(name)

    @property
    def overlay(self) -> str:
        """The name of the map that lies over the restored image; empty for none."""
        shown = self._viewer.toolbar.map
        return shown.value if shown is not None else ""

    @overlay.setter
    def overlay(self, name: str) -> None:
        for shown, action in self._viewer.toolbar.maps.items():
            if shown == name and not action.isChecked():
                action.trigger()

    @property
    def time_stamp(self) -> str:
        """Whether the time stands in the images: ``shown``, or empty."""
        return "shown" if self._viewer.toolbar.time_stamp.isChecked() else ""

    @time_stamp.setter
    def time_stamp(self, shown: str) -> None:
        self._viewer.toolbar.time_stamp.setChecked(bool(shown))

    @property
    def slice_choice(self) -> str:
        """What is shown of several slices, see `StreamBar.slice_choice`."""
        return self._viewer.streams.slice_choice

    @slice_choice.setter
    def slice_choice(self, choice: str) -> None:
        self._viewer.streams.slice_choice = choice

    @property
    def folded(self) -> str:
        """Which panels are folded away, by name, with blanks between."""
        panels = self._panels_that_fold
        return " ".join(name for name, action in panels.items() if not action.isChecked())

    @folded.setter
    def folded(self, names: str) -> None:
        for name, action in self._panels_that_fold.items():
            action.setChecked(name not in names.split())

    def fold_on(self, screen: QtGui.QScreen) -> None:
        """Fold all panels away where images would have little room beside them."""
        if screen.availableSize().height() < _LOW_PX:
            self.folded = " ".join(self._panels_that_fold)

    @property
    def _panels_that_fold(self) -> dict[str, QtGui.QAction]:
        toolbar = self._viewer.toolbar
        return {"histogram": toolbar.histogram, "details": toolbar.details}
