"""Buttons and keys: what a key does is said where it is made, and listed from there."""

from __future__ import annotations

from collections.abc import Callable

from gui.qt import QtCore, QtGui, QtWidgets


def add_key(
    parent: QtWidgets.QWidget, key: str, explanation: str, *, action: Callable[[], object]
) -> QtGui.QShortcut:
    """Let a key do something wherever the mouse last clicked.

    Parameters
    ----------
    parent : QWidget
        In its window the key works.
    key : str
        As Qt names it, such as ``"Ctrl+S"``.
    explanation : str
        What it does; kept as the shortcut's ``whatsThis``, from which a list of keys can be made.
    action : callable
        Called at each press, not again while the key is held.

    Returns
    -------
    QShortcut
    """
    shortcut = QtGui.QShortcut(QtGui.QKeySequence(key), parent)
    shortcut.setContext(QtCore.Qt.ShortcutContext.WindowShortcut)
    shortcut.setAutoRepeat(False)
    shortcut.setWhatsThis(explanation)
    shortcut.activated.connect(action)
    return shortcut


def key_button(
    text: str,
    explanation: str,
    key: str,
    *,
    role: str = "",
    within: QtWidgets.QWidget | None = None,
) -> QtWidgets.QPushButton:
    """Make a button that a key presses too.

    Parameters
    ----------
    text, explanation : str
        On the button, and in its tooltip.
    key : str
        See `add_key`.
    role : str
        What the style sheet knows it by.
    within : QWidget or None
        While this is seen, the key works; the button itself, if it is never hidden alone.

    Returns
    -------
    QPushButton
    """
    button = QtWidgets.QPushButton(text)
    button.setProperty("role", role)
    button.setToolTip(f"{explanation} ({key})")
    # No button keeps the keyboard: Space means start and stop wherever the mouse last clicked.
    button.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
    add_key(within or button, key, explanation, action=button.click)
    return button


def menu_button(text: str, explanation: str = "") -> QtWidgets.QPushButton:
    """Make a button that opens a menu, whose entries have tooltips."""
    button = QtWidgets.QPushButton(text)
    button.setToolTip(explanation)
    button.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
    menu = QtWidgets.QMenu(button)
    menu.setToolTipsVisible(True)
    button.setMenu(menu)
    return button
