"""What the window remembers from one time to the next; never that something was recorded."""

from __future__ import annotations

from pathlib import Path

from gui import RememberedLook
from gui.qt import QtCore
from pssr_live.window.places import default_folder

_MOST_RECENT = 8


class WindowSettings:
    """Places and choices, nothing that would start anything by itself.

    Parameters
    ----------
    store : QSettings
        Where they are kept.
    """

    def __init__(self, store: QtCore.QSettings) -> None:
        self._store = store

    @property
    def source(self) -> str:
        """The source that frames came from last; empty for none."""
        return self._text("source")

    @source.setter
    def source(self, url: str) -> None:
        self._store.setValue("source", url)

    @property
    def engine(self) -> str:
        """The engine that was used last; empty for none."""
        return self._text("engine")

    @engine.setter
    def engine(self, name: str) -> None:
        self._store.setValue("engine", name)

    @property
    def folder(self) -> Path:
        """Where recordings and snapshots go."""
        kept = self._text("folder")
        return Path(kept) if kept else default_folder()

    @folder.setter
    def folder(self, folder: Path) -> None:
        self._store.setValue("folder", str(folder))

    def show(self, look: RememberedLook) -> None:
        """Let a window look as it did, but for what is folded away."""
        look.colour_map = self._text("colour_map")
        look.overlay = self._text("overlay")
        look.time_stamp = self._text("time_stamp")
        look.slice_choice = self._text("slice_choice")

    def keep(self, look: RememberedLook) -> None:
        """Remember how a window looks, but for what is folded away."""
        self._store.setValue("colour_map", look.colour_map)
        self._store.setValue("overlay", look.overlay)
        self._store.setValue("time_stamp", look.time_stamp)
        self._store.setValue("slice_choice", look.slice_choice)

    @property
    def recent(self) -> list[str]:
        """Recordings and files of late that are still there, the last one first."""
        kept = self._store.value("recent")
        # One alone is kept as a text.
        paths = [kept] if isinstance(kept, str) else kept if isinstance(kept, list) else []
        return [path for path in paths if isinstance(path, str) and Path(path).exists()]

    def add_recent(self, path: Path) -> None:
        """Remember a recording or file that was looked at."""
        paths = [str(path), *(one for one in self.recent if one != str(path))]
        self._store.setValue("recent", paths[:_MOST_RECENT])

    @property
    def folded(self) -> str | None:
        """Which panels are folded away; None as long as nobody has chosen."""
        return self._text("folded") if self._store.contains("folded") else None

    @folded.setter
    def folded(self, names: str) -> None:
        self._store.setValue("folded", names)

    @property
    def geometry(self) -> QtCore.QByteArray:
        """Place and size of the window, as Qt writes it; empty for none."""
        kept = self._store.value("geometry")
        return kept if isinstance(kept, QtCore.QByteArray) else QtCore.QByteArray()

    @geometry.setter
    def geometry(self, geometry: QtCore.QByteArray) -> None:
        self._store.setValue("geometry", geometry)

    def _text(self, name: str) -> str:
        kept = self._store.value(name)
        # A file that was written by hand may hold anything.
        return kept if isinstance(kept, str) else ""


def kept_settings() -> WindowSettings:
    """The user's own settings."""
    form = QtCore.QSettings.Format.IniFormat
    scope = QtCore.QSettings.Scope.UserScope
    return WindowSettings(QtCore.QSettings(form, scope, "pssr-live", "window"))


def no_settings(folder: Path) -> WindowSettings:
    """Settings that begin as new and are kept in a folder that will be thrown away."""
    form = QtCore.QSettings.Format.IniFormat
    return WindowSettings(QtCore.QSettings(str(folder / "window.ini"), form))
