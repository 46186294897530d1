"""What each of our windows does: it says what is wrong, takes what is dropped, lists its keys."""

from __future__ import annotations

from gui import theme
from gui.buttons import add_key
from gui.error_banner import ErrorBanner
from gui.file_dialogs import ask_for_new_file
from gui.qt import QtCore, QtGui, QtWidgets
from gui.shortcut_list import ShortcutList


class BaseWindow(QtWidgets.QMainWindow):
    """An empty window in our colours.

    Signals
    -------
    dropped(str)
        The path of a file or folder that the user dropped on the window.
    table_kept(str, str)
        What was measured shall be written: the path, and the content of a CSV file.

    Attributes
    ----------
    error : ErrorBanner
    keys : QPushButton
        Lists the keys; whoever makes the window places both.
    """

    dropped = QtCore.Signal(str)
    table_kept = QtCore.Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.setStyleSheet(theme.STYLE)
        self.setAcceptDrops(True)
        self.error = ErrorBanner()
        self.keys = QtWidgets.QPushButton("?")
        self.keys.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.keys.setToolTip("List the keys (?)")
        self.keys.clicked.connect(self._show_keys)
        add_key(self, "?", "List the keys", action=self._show_keys)

    def ask_for_table(self, folder: str, tool: str, content: str) -> None:
        """Ask where a table of what is measured shall be kept."""
        suggested = f"{folder}/{tool.replace(' ', '-')}.csv"
        ask_for_new_file(
            self,
            f"Save the {tool}",
            suggested,
            then=lambda path: self.table_kept.emit(path, content),
        )

    def show_error(self, problem: str, fix: str) -> None:
        """Show what went wrong and what the user can do about it.

        Parameters
        ----------
        problem, fix : str
            One plain sentence each.
        """
        self.error.show_error(problem, fix)

    def picture(self) -> bytes:
        """Take a picture of the window as it looks now, as a PNG file's content."""
        # What was written last has its room only once the layout is worked out.
        layout_request = QtCore.QEvent.Type.LayoutRequest
        QtWidgets.QApplication.sendPostedEvents(None, layout_request.value)
        return png_of(self.grab().toImage())

    def dragEnterEvent(self, event: QtGui.QDragEnterEvent) -> None:  # noqa: N802, D102 - Qt's name
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QtGui.QDropEvent) -> None:  # noqa: N802, D102 - Qt's name
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        if len(paths) == 1:
            self.dropped.emit(paths[0])
        else:
            self.show_error(
                f"{len(paths)} files were dropped.", "Drop one file or folder at a time."
            )

    def _show_keys(self) -> None:
        ShortcutList(self).show()


def png_of(picture: QtGui.QImage) -> bytes:
    """Return the content of a PNG file with a picture."""
    content = QtCore.QByteArray()
    buffer = QtCore.QBuffer(content)
    buffer.open(QtCore.QIODevice.OpenModeFlag.WriteOnly)
    QtGui.QImageWriter(buffer, b"png").write(picture)
    return bytes(content.data())
