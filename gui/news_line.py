"""One line of words: may the images be believed, what has the source to say, what takes time."""

from __future__ import annotations

from gui.elided_label import ElidedLabel
from gui.preview import Status
from gui.qt import QtCore, QtWidgets
from gui.traffic_light import TrafficLight

_STEPS = 1000
_PROVISIONAL = "provisional: the frames after it are still to come"


class NewsLine(QtWidgets.QWidget):
    """Keeps its height, so that the images never jump."""

    def __init__(self) -> None:
        super().__init__()
        self._movie: tuple[float | None, str] = None, ""
        self.light = TrafficLight()
        self.message = ElidedLabel(QtCore.Qt.TextElideMode.ElideRight)
        self.message.setAlignment(
            QtCore.Qt.AlignmentFlag.AlignRight | QtCore.Qt.AlignmentFlag.AlignVCenter
        )
        self.progress = QtWidgets.QProgressBar()
        self.progress.setFixedWidth(240)
        self.progress.setTextVisible(False)
        self._line = QtWidgets.QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(20)
        self._line.addWidget(self.light, stretch=1)
        self._line.addWidget(self.message)
        self._line.addWidget(self.progress)
        self.show_status(Status())

    def show_movie(self, part: float | None, words: str) -> None:
        """Take note of how far a movie is, 0 to 1, and of what is said of it; None for none."""
        self._movie = part, words if part is not None else ""

    def show_status(
        self, status: Status, *, looking_back: bool = False, provisional: bool = False
    ) -> None:
        """Write down what is new; long work comes before what the source says.

        Parameters
        ----------
        status : Status
        looking_back : bool
            Whether the images are older than what it tells of.
        provisional : bool
            Whether the image shown was restored before the frames after it had come.
        """
        self.light.show_light(status.light, status.light_reason, older_shown=looking_back)
        mark = _PROVISIONAL if provisional else ""
        part, movie = self._movie
        words = " · ".join(filter(None, (movie, status.task, status.message, status.streams, mark)))
        # Both have half of the line, or one of them all of it.
        self._line.setStretchFactor(self.light, int(bool(status.light)))
        self._line.setStretchFactor(self.message, int(bool(words)))
        self.message.show_text(words)
        self.progress.setVisible(bool(movie or status.task))
        part = part if movie else status.progress
        # Without a figure the bar only shows that work goes on.
        self.progress.setMaximum(0 if part is None else _STEPS)
        self.progress.setValue(round(_STEPS * (part or 0.0)))
