"""The buttons for looking at images: the rarer things are in menus, and have keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gui.buttons import add_key, key_button, menu_button
from gui.comparing_panel import Arrangement
from gui.left_image import LeftImage
from gui.measuring import Tool
from gui.qt import QtCore, QtGui, QtWidgets
from gui.trust_maps import TrustMap

_ARRANGEMENT_KEYS = {
    Arrangement.SIDE_BY_SIDE: ("1", "Raw and restored side by side"),
    Arrangement.CURTAIN: ("2", "One over the other, with a curtain to drag"),
    Arrangement.FLICKER: ("3", "One at a time: B switches between them"),
}
_LEFT_KEYS = {
    LeftImage.RAW: ("4", "Left: the raw pixels"),
    LeftImage.BILINEAR: ("5", "Left: the raw frame, bilinear between its pixels"),
    LeftImage.MEAN: ("6", "Left: the mean of the raw frames that went into the restored one"),
}
_MAP_KEYS = {
    TrustMap.RESIDUAL: ("T", "Where the restored image is not what was measured"),
    TrustMap.UNCERTAINTY: ("P", "Where the engine expects to be wrong, and by how much"),
    TrustMap.UNRESOLVED: ("W", "Where one or two, joined or broken, can't be told in this frame"),
}
_TOOL_KEYS = {
    Tool.PROFILE: ("L", "Profile of both images along a line"),
    Tool.KYMOGRAPH: ("K", "Kymograph of both images along a line"),
    Tool.POLYGON: ("G", "Area and mean of a polygon in both images"),
    Tool.POINT: ("V", "Value of both images at a point"),
    Tool.TRACE: ("O", "Mean of a region over time, and how it bleaches"),
}


class ImageToolbar(QtWidgets.QWidget):
    """Part of the window's one row of buttons.

    Parameters
    ----------
    session : bool
        Whether a session is shown, whose details can be folded away.

    Signals
    -------
    arrangement_chosen(Arrangement), left_chosen(LeftImage)
    tool_chosen(object)
        A `Tool`, or None to put it away.
    map_chosen(object)
        The `TrustMap` to lay over the restored image, or None.
    saturated_chosen(bool), histogram_chosen(bool), details_chosen(bool)
        Whether the mark of saturated pixels, the histogram, or the session's details are shown.
    """

    arrangement_chosen = QtCore.Signal(object)
    left_chosen = QtCore.Signal(object)
    tool_chosen = QtCore.Signal(object)
    map_chosen = QtCore.Signal(object)
    saturated_chosen = QtCore.Signal(bool)
    histogram_chosen = QtCore.Signal(bool)
    details_chosen = QtCore.Signal(bool)

    def __init__(self, *, session: bool = True) -> None:
        super().__init__()
        self.view = menu_button("View ▾", "How the images are compared, and what is marked")
        self.measure = menu_button(
            "Measure ▾", "Line profile, kymograph, polygon, point, region over time"
        )
        self.fit = key_button(
            "Fit", "Show the whole field of view; or double-click an image", "F", within=self
        )
        self.zoom = key_button(
            "100 %",
            "Zoom, in screen pixels for each restored pixel. Click for 1:1 (100 %)",
            "0",
            within=self,
        )
        # As wide as all but the very largest, so that nothing moves.
        self.zoom.setFixedWidth(self.zoom.fontMetrics().horizontalAdvance("1000 %") + 26)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for button in (self.view, self.measure, self.fit, self.zoom):
            layout.addWidget(button)

        self.arrangements = {
            arrangement: self._add(self.view, arrangement.capitalize(), key=key, explanation=text)
            for arrangement, (key, text) in _ARRANGEMENT_KEYS.items()
        }
        self.view.menu().addSeparator()
        self.lefts = {
            left: self._add(self.view, f"Left: {left}", key=key, explanation=text)
            for left, (key, text) in _LEFT_KEYS.items()
        }
        self.view.menu().addSeparator()
        self.maps = {
            shown: self._add(self.view, shown.capitalize(), key=key, explanation=text)
            for shown, (key, text) in _MAP_KEYS.items()
        }
        self.saturated = self._add(
            self.view,
            "Mark saturated pixels",
            key="U",
            explanation="Mark in blue where the detector was saturated",
        )
        self.time_stamp = self._add(
            self.view,
            "Time stamp",
            key="I",
            explanation="Show in both images when the frame was scanned",
        )
        self.histogram = self._add(
            self.view,
            "Histogram",
            key="H",
            explanation="Show or hide the histogram; without it, images are larger",
        )
        self.histogram.setChecked(True)
        self.details = QtGui.QAction(checkable=True)
        if session:
            self.details = self._add(
                self.view,
                "Session details",
                key="D",
                explanation="Show or hide latencies, engine, source and folder; without them, "
                "images are larger",
            )
        self.details.setChecked(True)
        self.tools = {
            tool: self._add(self.measure, tool.capitalize(), key=key, explanation=text)
            for tool, (key, text) in _TOOL_KEYS.items()
        }
        for actions, chosen in (
            (self.arrangements, self.arrangement_chosen),
            (self.lefts, self.left_chosen),
        ):
            group = QtGui.QActionGroup(self)
            for value, action in actions.items():
                group.addAction(action)
                action.triggered.connect(lambda _, chosen=chosen, value=value: chosen.emit(value))
            group.actions()[0].setChecked(True)
        self.saturated.toggled.connect(self.saturated_chosen)
        self.histogram.toggled.connect(self.histogram_chosen)
        self.details.toggled.connect(self.details_chosen)
        self._at_most_one(self.tools.values(), lambda: self.tool_chosen.emit(self.tool))
        self._at_most_one(self.maps.values(), lambda: self.map_chosen.emit(self.map))

    def set_narrow(self, *, narrow: bool) -> None:
        """Leave out the buttons whose keys do."""
        for button in (self.fit, self.zoom):
            button.setHidden(narrow)

    @property
    def left(self) -> LeftImage:
        """What stands left."""
        return next(left for left, action in self.lefts.items() if action.isChecked())

    @property
    def tool(self) -> Tool | None:
        """What is being measured."""
        return next((tool for tool, action in self.tools.items() if action.isChecked()), None)

    @property
    def map(self) -> TrustMap | None:
        """What lies over the restored image."""
        return next((shown for shown, action in self.maps.items() if action.isChecked()), None)

    def _at_most_one(self, actions: Iterable[QtGui.QAction], chosen: Callable[[], object]) -> None:
        """Let one of them be chosen, and none after a second choice of the same."""
        group = QtGui.QActionGroup(self)
        group.setExclusionPolicy(QtGui.QActionGroup.ExclusionPolicy.ExclusiveOptional)
        for action in actions:
            group.addAction(action)
        group.triggered.connect(lambda _: chosen())

    def _add(
        self, button: QtWidgets.QPushButton, text: str, *, key: str, explanation: str
    ) -> QtGui.QAction:
        # What follows a tab stands at the right edge, as keys do in menus.
        action = button.menu().addAction(f"{text}\t{key}")
        action.setCheckable(True)
        action.setToolTip(explanation)
        add_key(self, key, explanation, action=action.trigger)
        return action
