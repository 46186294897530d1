"""Qt by PySide6, or by PyQt6 where QT_API says so; the type checker is shown PySide6.

pyqtgraph takes the binding that is loaded already, or that PYQTGRAPH_QT_LIB names. Left to itself
it would prefer a PyQt6 that happens to be installed.
"""

import importlib.util
import os
import sys
from typing import TYPE_CHECKING

_BINDINGS = {"pyside6": "PySide6", "pyqt6": "PyQt6"}


def _choose_binding() -> None:
    if not any(binding in sys.modules for binding in _BINDINGS.values()):
        wanted = _BINDINGS.get(os.environ.get("QT_API", "").lower(), "PySide6")
        if importlib.util.find_spec(wanted) is not None:
            os.environ.setdefault("PYQTGRAPH_QT_LIB", wanted)


_choose_binding()

if TYPE_CHECKING:
    from PySide6 import QtCore, QtGui, QtWidgets
else:
    from pyqtgraph.Qt import QtCore, QtGui, QtWidgets  # after the choice

__all__ = ["QtCore", "QtGui", "QtWidgets"]
