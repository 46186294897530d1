"""How much what is dim is lifted."""

from __future__ import annotations

from gui import theme
from gui.qt import QtCore, QtWidgets

_LOWEST, _HIGHEST, _STEPS_PER_UNIT = 0.2, 2.0, 20


class GammaSlider(QtWidgets.QWidget):
    """Chooses gamma; a double-click on its number makes it 1 again.

    Signals
    -------
    changed()
        It is another one now.
    """

    changed = QtCore.Signal()

    def __init__(self) -> None:
        super().__init__()
        self.slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        self.slider.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.slider.setRange(round(_LOWEST * _STEPS_PER_UNIT), round(_HIGHEST * _STEPS_PER_UNIT))
        self.number = QtWidgets.QLabel()
        self.number.setFont(theme.number_font())
        self.number.installEventFilter(self)
        self.setToolTip("Gamma: below 1 brightens what is dim; double-click the number for 1")
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.number)
        layout.addWidget(self.slider, stretch=1)
        self.set_gamma(1.0)
        self.slider.valueChanged.connect(self._changed)

    @property
    def gamma(self) -> float:
        """The exponent of brightness, 0.2 to 2."""
        return self.slider.value() / _STEPS_PER_UNIT

    def set_gamma(self, gamma: float) -> None:
        """Choose it; what lies outside 0.2 to 2 becomes the nearer of the two."""
        self.slider.setValue(round(gamma * _STEPS_PER_UNIT))
        self._write()

    def eventFilter(  # noqa: N802, D102 - Qt's name
        self, watched: QtCore.QObject, event: QtCore.QEvent
    ) -> bool:
        if event.type() == QtCore.QEvent.Type.MouseButtonDblClick:
            self.set_gamma(1.0)
        return super().eventFilter(watched, event)

    def _changed(self) -> None:
        self._write()
        self.changed.emit()

    def _write(self) -> None:
        self.number.setText(f"γ {self.gamma:4.2f}")
