"""Where frames come from and what restores them, to be chosen any time."""

from __future__ import annotations

from collections.abc import Sequence

from gui.buttons import add_key
from gui.file_dialogs import TIME_LAPSES, ask_for_file, ask_for_folder
from gui.preview import Status
from gui.qt import QtCore, QtGui, QtWidgets


class Choices(QtWidgets.QWidget):
    """Two menus; neither can be opened while a recording runs, which it would end.

    Signals
    -------
    demo_chosen()
    file_chosen(str)
        A recorded time-lapse.
    microscope_chosen()
        Micro-Manager.
    engine_chosen(str)
        A name that was offered, or a folder.
    engine_work_requested()
        What `offer_engine_work` offered.
    """

    demo_chosen = QtCore.Signal()
    file_chosen = QtCore.Signal(str)
    microscope_chosen = QtCore.Signal()
    engine_chosen = QtCore.Signal(str)
    engine_work_requested = QtCore.Signal()

    def __init__(self) -> None:
        super().__init__()
        self.source = _menu_button("Source ▾")
        self.engine = _menu_button("Engine ▾")
        sources = self.source.menu()
        sources.addAction("Demo: a simulated microscope", self.demo_chosen.emit)
        sources.addAction("Replay a file…", self.ask_for_file)
        sources.addAction("Micro-Manager", self.microscope_chosen.emit)
        self.engine_work = QtGui.QAction(self)
        self.engine_work.triggered.connect(lambda *_: self.engine_work_requested.emit())
        self.engine.menu().setToolTipsVisible(True)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.source)
        layout.addWidget(self.engine)
        add_key(self, "Ctrl+O", "Replay a file", action=self._ask_for_file_if_allowed)
        self.offer_engines((), "")
        self.offer_engine_work("", "", possible=False)
        self.show_status(Status())

    def offer_engines(self, names: Sequence[str], chosen: str) -> None:
        """Offer engines by name, one of them chosen; a folder may be chosen any time."""
        menu = self.engine.menu()
        menu.clear()
        group = QtGui.QActionGroup(menu)
        for name in names:
            action = menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(name == chosen)
            action.setActionGroup(group)
            # The action's own text would have an ampersand where a key is underlined.
            action.triggered.connect(lambda *_, name=name: self.engine_chosen.emit(name))
        menu.addSeparator()
        menu.addAction("A bundle's folder…", self._ask_for_engine)
        menu.addSeparator()
        menu.addAction(self.engine_work)

    def offer_engine_work(self, words: str, explanation: str, *, possible: bool) -> None:
        """Offer some work on the chosen engine.

        Parameters
        ----------
        words : str
            What it is, or why there is none; empty for no word of it.
        explanation : str
            What else there is to know.
        possible : bool
            Whether it can be asked for.
        """
        # As a name may have it, an ampersand is one, and does not underline a key.
        self.engine_work.setText(words.replace("&", "&&"))
        self.engine_work.setToolTip(explanation)
        self.engine_work.setEnabled(possible)
        self.engine_work.setVisible(bool(words))

    def show_status(self, status: Status) -> None:
        """Say whether something else can be chosen now."""
        recording = bool(status.recording) and status.state.busy
        for button, what in (
            (self.source, "Where frames come from"),
            (self.engine, "What restores them"),
        ):
            button.setEnabled(not recording)
            button.setToolTip("Stop the recording first" if recording else what)

    def ask_for_file(self) -> None:
        """Ask for a time-lapse to replay."""
        ask_for_file(self, "Replay a file", TIME_LAPSES, then=self.file_chosen.emit)

    def _ask_for_file_if_allowed(self) -> None:
        if self.source.isEnabled():
            self.ask_for_file()

    def _ask_for_engine(self) -> None:
        ask_for_folder(self, "Folder of an engine bundle", "", then=self.engine_chosen.emit)


def _menu_button(words: str) -> QtWidgets.QPushButton:
    button = QtWidgets.QPushButton(words)
    button.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
    button.setMenu(QtWidgets.QMenu(button))
    return button
