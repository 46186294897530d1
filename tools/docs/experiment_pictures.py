"""Draw the picture of docs/experiments.md: a simple experiment, typed in the window.

python -m tools.docs.experiment_pictures
"""

from __future__ import annotations

import os
from pathlib import Path

from gui import ExperimentDialog, MainWindow, Status
from gui.qt import QtWidgets

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "run-an-experiment.png"


def main() -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QtWidgets.QApplication([])
    window = MainWindow(lambda _: [], Status)
    window.show()
    dialog = ExperimentDialog(window)
    for field, typed in (
        (dialog.interval, "2s"),
        (dialog.channels, "GFP, mCherry"),
        (dialog.duration, "30min"),
    ):
        field.setText(typed)
    dialog.open()
    application.processEvents()
    dialog.grab().save(str(PICTURE))
    window.close()


if __name__ == "__main__":
    main()
