"""What the window shows while nothing is chosen: the ways to begin."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from gui import theme
from gui.buttons import menu_button
from gui.elided_label import ElidedLabel
from gui.experiment_dialog import ExperimentDialog
from gui.file_dialogs import TIME_LAPSES, ask_for_file
from gui.qt import QtCore, QtGui, QtWidgets

_WIDTH = 860
# What has room for all the ways to begin as they are usually written.
_LOW_PX = 620
_PORT_OF_MICRO_MANAGER = 4827
_LARGEST_PORT = 65535


class StartPage(QtWidgets.QWidget):
    """The ways to begin, the last one again, and what was recorded or looked at lately.

    Signals
    -------
    again_chosen()
        What was chosen last time.
    demo_chosen()
    file_chosen(str)
        A recorded time-lapse.
    microscope_chosen(int)
        Micro-Manager, at a port.
    plan_chosen(str, int), experiment_typed(object, int)
        An experiment that is to be run there, by the file of a plan or by what was typed (see
        `ExperimentDialog`), and the port.
    engine_chosen(str)
    recording_wanted()
        A recording is to be looked at.
    recent_chosen(str)
        A file or recording that was offered by `offer_recent`.
    """

    again_chosen = QtCore.Signal()
    demo_chosen = QtCore.Signal()
    file_chosen = QtCore.Signal(str)
    microscope_chosen = QtCore.Signal(int)
    plan_chosen = QtCore.Signal(str, int)
    experiment_typed = QtCore.Signal(object, int)
    engine_chosen = QtCore.Signal(str)
    recording_wanted = QtCore.Signal()
    recent_chosen = QtCore.Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._title = QtWidgets.QLabel("pssr-live")
        self._title.setProperty("role", "heading")
        question = QtWidgets.QLabel("Where should frames come from?")
        question.setProperty("role", "title")
        self.again = _choice("Same as last time")
        self.last_time = ElidedLabel(QtCore.Qt.TextElideMode.ElideMiddle)
        self.last_time.setProperty("role", "caption")
        self.demo = _choice("Demo")
        self.replay = _choice("Replay a file…")
        self.microscope = _choice("Micro-Manager")
        self.plan = _choice("Run an experiment…")
        self.recording = _choice("Look at a recording…")
        self.recent = menu_button("Recent ▾", "Recent recordings and files")
        self.recent.setProperty("role", "choice")
        self.last_recent = ElidedLabel(QtCore.Qt.TextElideMode.ElideMiddle)
        self.last_recent.setProperty("role", "caption")
        self.port = QtWidgets.QLineEdit(str(_PORT_OF_MICRO_MANAGER))
        self.port.setValidator(QtGui.QIntValidator(1, _LARGEST_PORT, self.port))
        self.port.setToolTip("Port of Micro-Manager's pycro-manager server")
        self.port.setFixedWidth(80)
        self.engine = QtWidgets.QComboBox()
        self.engine.setToolTip("The engine that restores the frames")

        self._rows = rows = QtWidgets.QGridLayout()
        rows.setHorizontalSpacing(20)
        rows.setColumnStretch(1, 1)
        for row, (button, words) in enumerate(
            (
                (self.again, self.last_time),
                (self.demo, _caption("A simulated confocal looking at live mitochondria.")),
                (
                    self.replay,
                    _caption("A recorded time-lapse, TIFF, CZI or ND2; or drop it on the window."),
                ),
                (
                    self.microscope,
                    _caption(
                        "Tick Tools > Options > Run pycro-manager server there. If its camera is "
                        "live, pssr-live only watches; if not, it starts the camera."
                    ),
                ),
                (
                    self.plan,
                    _caption(
                        "In Micro-Manager: interval, channels and duration, or a plan with slices "
                        "and positions; the shutter is closed in between."
                    ),
                ),
                (
                    self.recording,
                    _caption("Raw and restored as recorded; or drop its folder on the window."),
                ),
                (self.recent, self.last_recent),
            )
        ):
            rows.addWidget(button, row, 0)
            # Beside Micro-Manager stands its port.
            rows.addWidget(words, row, 1, 1, 1 if button is self.microscope else 3)
        rows.addWidget(QtWidgets.QLabel("port"), 3, 2)
        rows.addWidget(self.port, 3, 3)
        restored_by = QtWidgets.QHBoxLayout()
        restored_by.setSpacing(20)
        restored_by.addWidget(QtWidgets.QLabel("restored by"))
        restored_by.addWidget(self.engine)
        restored_by.addStretch(1)
        self._page = page = QtWidgets.QWidget()
        page.setFixedWidth(_WIDTH)
        self._column = column = QtWidgets.QVBoxLayout(page)
        column.addStretch(1)
        column.addWidget(self._title)
        column.addWidget(question)
        column.addLayout(rows)
        column.addLayout(restored_by)
        column.addStretch(2)
        inside = QtWidgets.QWidget()
        middle = QtWidgets.QHBoxLayout(inside)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.addStretch(1)
        middle.addWidget(page)
        middle.addStretch(1)
        # On a small screen it has more rows than there is room for.
        scrolled = QtWidgets.QScrollArea()
        scrolled.setWidgetResizable(True)
        scrolled.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        scrolled.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        scrolled.setWidget(inside)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scrolled)

        self.again.clicked.connect(self.again_chosen)
        self.demo.clicked.connect(self.demo_chosen)
        self.replay.clicked.connect(self._ask_for_file)
        self.microscope.clicked.connect(self._choose_microscope)
        self.plan.clicked.connect(self._ask_for_experiment)
        self.engine.textActivated.connect(self.engine_chosen)
        self.recording.clicked.connect(self.recording_wanted)
        self.offer_last_time("")
        self.offer_recent(())

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:  # noqa: N802, D102 - Qt's name
        low = self.height() < _LOW_PX
        theme.restyle(self._page, theme.LOW_PAGE if low else "")
        # The window has the name in its title already.
        self._title.setVisible(not low)
        self._rows.setVerticalSpacing(6 if low else 14)
        self._column.setSpacing(8 if low else 24)
        super().resizeEvent(event)

    def offer_last_time(self, source: str) -> None:
        """Offer what was chosen last time; nothing for an empty text."""
        self.again.setVisible(bool(source))
        self.last_time.setVisible(bool(source))
        # An address says nothing to who chose it by a button.
        words = "Demo" if source == "simulated:" else source.removeprefix("replay:")
        self.last_time.show_text(words)

    def offer_recent(self, paths: Sequence[str]) -> None:
        """Offer recordings and files of late, the last one first."""
        for part in (self.recent, self.last_recent):
            part.setVisible(bool(paths))
        self.last_recent.show_text(paths[0] if paths else "")
        menu = self.recent.menu()
        menu.clear()
        for path in paths:
            # As a name may have it, an ampersand is one, and does not underline a key.
            menu.addAction(path.replace("&", "&&"), partial(self.recent_chosen.emit, path))

    def offer_engines(self, names: Sequence[str], chosen: str) -> None:
        """Offer engines, one of them chosen."""
        self.engine.clear()
        self.engine.addItems(list(names))
        self.engine.setCurrentText(chosen)

    def _choose_microscope(self) -> None:
        self.microscope_chosen.emit(int(self.port.text() or _PORT_OF_MICRO_MANAGER))

    def _ask_for_experiment(self) -> None:
        port = int(self.port.text() or _PORT_OF_MICRO_MANAGER)
        dialog = ExperimentDialog(self)
        dialog.plan_chosen.connect(lambda path: self.plan_chosen.emit(path, port))
        dialog.typed.connect(lambda typed: self.experiment_typed.emit(typed, port))
        dialog.open()

    def _ask_for_file(self) -> None:
        ask_for_file(self, "Replay a file", TIME_LAPSES, then=self.file_chosen.emit)


def _choice(words: str) -> QtWidgets.QPushButton:
    button = QtWidgets.QPushButton(words)
    button.setProperty("role", "choice")
    return button


def _caption(words: str) -> QtWidgets.QLabel:
    label = QtWidgets.QLabel(words)
    label.setWordWrap(True)
    label.setProperty("role", "caption")
    return label
