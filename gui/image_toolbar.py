"""The buttons for looking at images."""

from __future__ import annotations

from gui.buttons import key_button
from gui.colour_maps import COLOUR_MAPS
from gui.qt import QtCore, QtWidgets


class ImageToolbar(QtWidgets.QWidget):
    """Part of the window's one row of buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.fit = key_button("Fit", "Show the whole field of view; or double-click an image", "F")
        self.auto_contrast = key_button(
            "Auto contrast", "Set black and white once, from the raw image now shown", "A"
        )
        self.colour_map = QtWidgets.QComboBox()
        self.colour_map.addItems(COLOUR_MAPS)
        self.colour_map.setToolTip("Colours of both images")
        self.colour_map.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.fit)
        layout.addWidget(self.auto_contrast)
        layout.addWidget(self.colour_map)
