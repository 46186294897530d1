"""Where frames come from and what restores them, to be chosen any time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from gui.buttons import menu_button
from gui.engine_menu import NO_ENGINE, fill_with_engines
from gui.experiment_dialog import ExperimentDialog
from gui.file_dialogs import TIME_LAPSES, ask_for_file
from gui.preview import Status
from gui.qt import QtCore, QtGui, QtWidgets

# A menu that is wider than the screen would hide its end.
_WIDEST_WORK_PX = 560


class Choices(QtWidgets.QWidget):
    """Two menus; neither can be opened while a recording runs, which it would end.

    Signals
    -------
    demo_chosen()
    file_chosen(str)
        A recorded time-lapse.
    recording_wanted()
        The user wants to look at a recording; also while one runs.
    microscope_chosen()
        Micro-Manager.
    plan_chosen(str, int), experiment_typed(object, int)
        An experiment that is to be run in Micro-Manager, see `StartPage`; 0 for its usual port.
    engine_chosen(str)
        A name that was offered, or a folder.
    channel_engine_chosen(int, str)
        A channel shall be restored by it: likewise, or ``none``.
    engine_work_requested()
        What `offer_engine_work` offered.
    """

    demo_chosen = QtCore.Signal()
    file_chosen = QtCore.Signal(str)
    recording_wanted = QtCore.Signal()
    microscope_chosen = QtCore.Signal()
    plan_chosen = QtCore.Signal(str, int)
    experiment_typed = QtCore.Signal(object, int)
    engine_chosen = QtCore.Signal(str)
    channel_engine_chosen = QtCore.Signal(int, str)
    engine_work_requested = QtCore.Signal()

    def __init__(self) -> None:
        super().__init__()
        self._engines: tuple[Sequence[str], str] = ((), "")
        self._channels: Sequence[tuple[str, str]] = ()
        self.source = menu_button("Source ▾")
        self.engine = menu_button("Engine ▾")
        sources = self.source.menu()
        sources.addAction("Demo: a simulated microscope", self.demo_chosen.emit)
        sources.addAction("Replay a file…", self.ask_for_file)
        self.recording = sources.addAction("Look at a recording…", self.recording_wanted.emit)
        sources.addAction("Micro-Manager", self.microscope_chosen.emit)
        sources.addAction("Run an experiment…", self._ask_for_experiment)
        self.engine_work = QtGui.QAction(self)
        self.engine_work.triggered.connect(lambda *_: self.engine_work_requested.emit())
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.source)
        layout.addWidget(self.engine)
        self.offer_engines((), "")
        self.offer_engine_work("", "", possible=False)
        self.show_status(Status())

    def offer_engines(self, names: Sequence[str], chosen: str) -> None:
        """Offer engines by name, one of them chosen; a folder may be chosen any time."""
        self._engines = names, chosen
        self._fill()

    def offer_channels(self, channels: Sequence[tuple[str, str]]) -> None:
        """Offer an engine for each of several channels, or none.

        Parameters
        ----------
        channels : sequence of (str, str)
            Name and engine of each.
        """
        if channels != self._channels:
            self._channels = channels
            self._fill()

    def _fill(self) -> None:
        menu = self.engine.menu()
        menu.clear()
        names, chosen = self._engines
        if len(self._channels) < 2:
            fill_with_engines(menu, names, chosen, choose=self.engine_chosen.emit)
        else:
            for number, (channel, engine) in enumerate(self._channels):
                # As a name may have it, an ampersand is one, and does not underline a key.
                of_one = menu.addMenu(f"{channel}: {engine}".replace("&", "&&"))
                choose = partial(self.channel_engine_chosen.emit, number)
                with_none = [*names, *({engine} - {*names}), NO_ENGINE]
                fill_with_engines(of_one, dict.fromkeys(with_none), engine, choose=choose)
            engines = {engine for _, engine in self._channels}
            of_all = menu.addMenu("All channels")
            chosen = chosen if engines == {chosen} else ""
            fill_with_engines(of_all, names, chosen, choose=self.engine_chosen.emit)
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
        end = QtCore.Qt.TextElideMode.ElideRight
        shown = self.engine.fontMetrics().elidedText(words, end, _WIDEST_WORK_PX)
        # As a name may have it, an ampersand is one, and does not underline a key.
        self.engine_work.setText(shown.replace("&", "&&"))
        self.engine_work.setToolTip(explanation if shown == words else f"{words}\n{explanation}")
        self.engine_work.setEnabled(possible)
        self.engine_work.setVisible(bool(words))

    def show_status(self, status: Status) -> None:
        """Say whether something else can be chosen now."""
        recording = bool(status.recording) and status.state.busy
        for button, what in (
            (self.source, "Where frames come from"),
            (self.engine, "The engine that restores them"),
        ):
            button.setEnabled(not recording)
            button.setToolTip("Stop the recording first" if recording else what)

    def ask_for_file(self) -> None:
        """Ask for a time-lapse to replay."""
        ask_for_file(self, "Replay a file", TIME_LAPSES, then=self.file_chosen.emit)

    def ask_for_file_if_allowed(self) -> None:
        """Ask for one, unless it would end a recording."""
        if self.source.isEnabled():
            self.ask_for_file()

    def _ask_for_experiment(self) -> None:
        dialog = ExperimentDialog(self)
        dialog.plan_chosen.connect(lambda path: self.plan_chosen.emit(path, 0))
        dialog.typed.connect(lambda typed: self.experiment_typed.emit(typed, 0))
        dialog.open()
