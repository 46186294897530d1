"""A window whose images can be exported, as movies and pictures."""

from __future__ import annotations

from functools import partial

from gui.base_window import BaseWindow
from gui.burnt_in import ChannelLook, ExportedImages, burn_in
from gui.buttons import add_key, menu_button
from gui.file_dialogs import ask_for_new_file
from gui.qt import QtCore, QtGui
from gui.viewer import Viewer


class ExportWindow(BaseWindow):
    """Exports what its viewer shows, in its contrast and colours.

    Signals
    -------
    movie_wanted(ExportedImages, str), picture_wanted(ExportedImages, str)
        A movie, or a picture of the frame shown, shall be written to this path.
    movie_given_up()
        The one being written is not wanted any more.
    left()
        The window goes away.

    Parameters
    ----------
    viewer : Viewer

    Attributes
    ----------
    viewer : Viewer
    export : QPushButton
        Its menu has all that can be exported; whoever makes the window places it.
    movies : list of QAction
        Those of it that are movies.
    """

    movie_wanted = QtCore.Signal(object, str)
    picture_wanted = QtCore.Signal(object, str)
    movie_given_up = QtCore.Signal()
    left = QtCore.Signal()

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self.viewer = viewer
        self.export = menu_button("Export ▾", "Movies and pictures, with scale bar and time")
        menu = self.export.menu()
        self.movies = [
            menu.addAction(f"Movie of {images} (MP4)…", partial(self._ask_for_movie, images))
            for images in ExportedImages
        ]
        menu.addSeparator()
        for images in ExportedImages:
            menu.addAction(f"Picture of {images} (PNG)…", partial(self._ask_for_picture, images))
        add_key(
            self,
            "Ctrl+E",
            "Export a movie of raw and restored",
            action=self.movies[0].trigger,
        )

    @property
    def export_name(self) -> str:
        """Where exports go unless the user says otherwise: a path without an ending."""
        raise NotImplementedError

    @property
    def looks(self) -> dict[int, ChannelLook]:
        """How what is seen looks, by channel."""
        streams = self.viewer.streams
        return self.viewer.images.looks(streams.seen or [streams.stream.channel])

    def burnt_in(self, images: ExportedImages) -> QtGui.QImage:
        """Draw the frame that is shown as it is exported."""
        return burn_in(self.viewer.images.frames, self.looks, images)

    def show_progress(self, part: float | None, words: str = "") -> None:
        """Show how far a movie is, 0 to 1; None where none is being written.

        Parameters
        ----------
        part : float or None
        words : str
            What is being written, or was.
        """
        del words
        for action in self.movies:
            action.setEnabled(part is None)

    def _ask_for_movie(self, images: ExportedImages) -> None:
        suggested = f"{self.export_name}.mp4"
        self._ask(f"Movie of {images}", suggested, images=images, wanted=self.movie_wanted)

    def _ask_for_picture(self, images: ExportedImages) -> None:
        shown = self.viewer.shown
        number = shown.index if shown is not None else 0
        suggested = f"{self.export_name}-{number}.png"
        self._ask(f"Picture of {images}", suggested, images=images, wanted=self.picture_wanted)

    def _ask(
        self, title: str, suggested: str, *, images: ExportedImages, wanted: QtCore.SignalInstance
    ) -> None:
        if not set(self.looks) & set(self.viewer.images.frames):
            self.show_error("There is no image to export yet.", "Wait for the first frame.")
            return
        ask_for_new_file(self, title, suggested, then=partial(wanted.emit, images))
