"""A menu of engines to choose from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from gui.file_dialogs import ask_for_folder
from gui.qt import QtGui, QtWidgets

NO_ENGINE = "none"


def fill_with_engines(
    menu: QtWidgets.QMenu, names: Iterable[str], chosen: str, *, choose: Callable[[str], object]
) -> None:
    """Offer engines by name, and a bundle's folder.

    Parameters
    ----------
    menu : QMenu
    names : iterable of str
    chosen : str
        The one that is ticked.
    choose : callable
        Given a name, or the path of a folder.
    """
    group = QtGui.QActionGroup(menu)
    for name in names:
        words = "none: raw only" if name == NO_ENGINE else name
        # As a name may have it, an ampersand is one, and does not underline a key.
        action = menu.addAction(words.replace("&", "&&"))
        action.setCheckable(True)
        action.setChecked(name == chosen)
        action.setActionGroup(group)
        # The action's own text would have an ampersand where a key is underlined.
        action.triggered.connect(lambda *_, name=name: choose(name))
    menu.addSeparator()
    menu.addAction("Folder of an engine bundle…", partial(_ask_for_bundle, menu, choose))


def _ask_for_bundle(menu: QtWidgets.QMenu, choose: Callable[[str], object]) -> None:
    ask_for_folder(menu.window(), "The folder of an engine bundle", "", then=choose)
