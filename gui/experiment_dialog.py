"""An experiment that is to be run: typed in a few words, or by a plan from a file."""

from __future__ import annotations

from typing import NamedTuple

from gui import theme
from gui.file_dialogs import PLANS, ask_for_file
from gui.qt import QtCore, QtWidgets

_LONGEST = 200


class TypedExperiment(NamedTuple):
    """An experiment as it was typed.

    Attributes
    ----------
    interval : str
    channels : str
        With commas between them; may be empty.
    duration : str
        May be empty.
    """

    interval: str
    channels: str
    duration: str


class ExperimentDialog(QtWidgets.QDialog):
    """Asks for interval, channels and duration, or for the file of a plan; shown by `open`.

    Signals
    -------
    typed(object)
        A `TypedExperiment`.
    plan_chosen(str)
        The path of a plan.

    Parameters
    ----------
    parent : QWidget
        In whose window it is asked.
    """

    typed = QtCore.Signal(object)
    plan_chosen = QtCore.Signal(str)

    def __init__(self, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Run an experiment")
        self.interval = _field("2s", "Time between time points: 500ms, 2s, 1.5min")
        self.channels = _field(
            "GFP, mCherry", "Presets of the channel group; empty: as the microscope is"
        )
        self.duration = _field("30min", "How long; empty: until you stop it")
        fields = QtWidgets.QFormLayout()
        fields.setHorizontalSpacing(20)
        for words, field in (
            ("a time point every", self.interval),
            ("channels", self.channels),
            ("for", self.duration),
        ):
            fields.addRow(words, field)
            explanation = QtWidgets.QLabel(field.toolTip())
            explanation.setStyleSheet(f"color: {theme.FAINT};")
            fields.addRow("", explanation)
        self.run = QtWidgets.QPushButton("Run")
        self.run.setEnabled(False)
        self.run.setDefault(True)
        self.plan = QtWidgets.QPushButton("Plan from a file…")
        self.plan.setToolTip("Slices, positions, exposures, several phases: a useq MDASequence")
        self.plan.setAutoDefault(False)
        self.cancel = QtWidgets.QPushButton("Cancel")
        self.cancel.setAutoDefault(False)
        buttons = QtWidgets.QHBoxLayout()
        buttons.addWidget(self.plan)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.run)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setSpacing(18)
        layout.addLayout(fields)
        layout.addLayout(buttons)
        self.interval.textChanged.connect(lambda text: self.run.setEnabled(bool(text.strip())))
        self.run.clicked.connect(self._run)
        self.plan.clicked.connect(self._ask_for_plan)
        self.cancel.clicked.connect(self.reject)
        self.finished.connect(self.deleteLater)

    def _run(self) -> None:
        fields = self.interval, self.channels, self.duration
        self.typed.emit(TypedExperiment(*(field.text().strip() for field in fields)))
        self.accept()

    def _ask_for_plan(self) -> None:
        ask_for_file(self, "The plan of an experiment", PLANS, then=self._take_plan)

    def _take_plan(self, path: str) -> None:
        self.plan_chosen.emit(path)
        self.accept()


def _field(example: str, explanation: str) -> QtWidgets.QLineEdit:
    field = QtWidgets.QLineEdit()
    field.setPlaceholderText(example)
    field.setToolTip(explanation)
    field.setMaxLength(_LONGEST)
    return field
