"""A slider over frames that are kept, by which one of them is looked at."""

from __future__ import annotations

from functools import partial

from gui import theme
from gui.buttons import add_key
from gui.kept_frames import KeptFrames
from gui.preview import Preview
from gui.qt import QtCore, QtWidgets


class HistorySlider(QtWidgets.QWidget):
    """The slider, words before it, and a button behind it; the arrow keys step.

    Signals
    -------
    moved()
        Another frame is looked at.

    Parameters
    ----------
    history : KeptFrames
        What can be scrolled through.
    button : QPushButton

    Attributes
    ----------
    history : KeptFrames
        See `look_through`.
    held : Preview or None
        The frame that was chosen; None where there is none.
    """

    moved = QtCore.Signal()

    def __init__(self, history: KeptFrames, button: QtWidgets.QPushButton) -> None:
        super().__init__()
        self.history = history
        self.held: Preview | None = None
        self.slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        self.slider.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.slider.setMaximum(0)
        self.slider.setMinimumWidth(160)
        self.words = QtWidgets.QLabel()
        self.words.setFont(theme.number_font())
        self.words.setProperty("role", "caption")
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.words)
        layout.addWidget(self.slider, stretch=1)
        layout.addWidget(button)
        self.slider.valueChanged.connect(self._slid)
        for key, step, which in (("Left", -1, "previous"), ("Right", 1, "next")):
            shortcut = add_key(
                self, key, f"Look at the {which} frame", action=partial(self._step, step)
            )
            shortcut.setAutoRepeat(True)

    @property
    def seconds_back(self) -> float:
        """How much older the frame held is than the newest; 0 where nothing is newer."""
        return 0.0

    def follow(self) -> bool:
        """Take note of what is new in the history.

        Returns
        -------
        bool
            Whether the frame held is another one now.
        """
        return False

    def look_through(self, history: KeptFrames, held: Preview | None) -> None:
        """Scroll through other frames from now on.

        Parameters
        ----------
        history : KeptFrames
            Of another stream.
        held : Preview or None
            The frame of it that is looked at, if one was chosen.
        """
        raise NotImplementedError

    def begin_session(self) -> None:
        """Prepare for other frames; `look_through` follows."""
        raise NotImplementedError

    def _slid(self, place: int) -> None:
        raise NotImplementedError

    def _put(self, place: int) -> None:
        """Move the slider there, without having moved to another frame."""
        self.slider.blockSignals(True)
        self.slider.setMaximum(max(0, len(self.history) - 1))
        self.slider.setValue(place)
        self.slider.blockSignals(False)

    def _step(self, step: int) -> None:
        self.slider.setValue(self.slider.value() + step)
