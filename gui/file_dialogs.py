"""Asking for files and folders, while the images go on behind."""

from __future__ import annotations

from collections.abc import Callable

from gui.qt import QtCore, QtWidgets

# File systems may tell cases apart.
_ENDINGS = ("tif", "tiff", "btf", "lsm", "stk", "czi", "nd2", "index")
_PATTERNS = " ".join(f"*.{ending} *.{ending.upper()}" for ending in _ENDINGS)
TIME_LAPSES = f"Time-lapses ({_PATTERNS});;All files (*)"
PLANS = "Plans of experiments (*.yaml *.yml *.json)"


def ask_for_file(
    parent: QtWidgets.QWidget, title: str, kinds: str, *, then: Callable[[str], object]
) -> None:
    """Ask for a file that is there.

    Parameters
    ----------
    parent : QWidget
        In whose window it is asked.
    title : str
    kinds : str
        As Qt names them, see `TIME_LAPSES`.
    then : callable
        Given the path, unless the user wants none.
    """
    dialog = _dialog(parent, title, then)
    dialog.setFileMode(QtWidgets.QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters(kinds.split(";;"))
    dialog.open()


def ask_for_new_file(
    parent: QtWidgets.QWidget, title: str, suggested: str, *, then: Callable[[str], object]
) -> None:
    """Ask where a file shall be written; one that is there is asked about first.

    Parameters
    ----------
    parent : QWidget
        In whose window it is asked.
    title : str
    suggested : str
        A path, whose ending the file has in any case.
    then : callable
        Given the path, unless the user wants none.
    """
    dialog = _dialog(parent, title, then)
    dialog.setAcceptMode(QtWidgets.QFileDialog.AcceptMode.AcceptSave)
    place = QtCore.QFileInfo(suggested)
    dialog.setDefaultSuffix(place.suffix())
    dialog.setNameFilters([f"{place.suffix().upper()} (*.{place.suffix()})"])
    dialog.setDirectory(_first_that_is_there(place.absolutePath()))
    dialog.selectFile(place.fileName())
    dialog.open()


def ask_for_folder(
    parent: QtWidgets.QWidget, title: str, begin_in: str, *, then: Callable[[str], object]
) -> None:
    """Ask for a folder.

    Parameters
    ----------
    parent : QWidget
        In whose window it is asked.
    title : str
    begin_in : str
        The folder to begin with, empty for any; if it is not there yet, the one that it will be in.
    then : callable
        Given the path, unless the user wants none.
    """
    dialog = _dialog(parent, title, then)
    dialog.setFileMode(QtWidgets.QFileDialog.FileMode.Directory)
    dialog.setOption(QtWidgets.QFileDialog.Option.ShowDirsOnly)
    if begin_in:
        there = _first_that_is_there(begin_in)
        dialog.setDirectory(there)
        if there != QtCore.QFileInfo(begin_in).absoluteFilePath():
            dialog.selectFile(begin_in)
    dialog.open()


def _first_that_is_there(folder: str) -> str:
    """Go up from a folder that may still have to be made."""
    place = QtCore.QFileInfo(folder)
    while not place.isDir() and not place.isRoot():
        place = QtCore.QFileInfo(place.absolutePath())
    return place.absoluteFilePath()


def _dialog(
    parent: QtWidgets.QWidget, title: str, then: Callable[[str], object]
) -> QtWidgets.QFileDialog:
    dialog = QtWidgets.QFileDialog(parent, title)
    dialog.fileSelected.connect(then)
    dialog.finished.connect(dialog.deleteLater)
    return dialog
