"""What is exported from a window, and how far that is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from engines import why_refused, write_whole
from gui import BaseWindow, ExportedImages, ExportWindow, Viewer, png_of
from gui.qt import QtCore
from pssr_live.errors import UserError, problem_and_fix
from pssr_live.window.movie import FramesToShow, MovieExport, MovieOrder

_LOOK_MS = 200


def keep_table(window: BaseWindow, path: Path, content: str) -> None:
    """Write what was measured in a window; that one is told where it can't be."""
    try:
        write_whole(path, content)
    except OSError as error:
        window.show_error(
            f"The table can't be written: {why_refused(error, path)}.", "Choose another place."
        )


def kept_now(viewer: Viewer) -> FramesToShow:
    """Take the frames that a viewer can scroll back to; those that come later are not shown."""
    frames = viewer.scene.copied(viewer.streams.stream)
    return lambda: nullcontext(frames)


class Exporter(QtCore.QObject):
    """Writes pictures at once, and one movie at a time in a thread of its own.

    It lives as long as the window, and what it writes when that goes is given up.

    Parameters
    ----------
    window : ExportWindow
    frames : callable
        Says, when a movie is wanted, what it shall show.
    tell : callable
        Given what was written, in words.
    """

    def __init__(
        self,
        window: ExportWindow,
        frames: Callable[[], FramesToShow],
        *,
        tell: Callable[[str], object],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._frames = frames
        self._tell = tell
        self._movie: MovieExport | None = None
        self._timer = QtCore.QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        window.movie_wanted.connect(self._write_movie)
        window.picture_wanted.connect(self._write_picture)
        window.table_kept.connect(lambda path, text: keep_table(window, Path(path), text))
        window.movie_given_up.connect(self._give_up)
        window.left.connect(self._end)

    def _end(self) -> None:
        """Give up what is being written, and wait for that."""
        self._timer.stop()
        if self._movie is not None:
            self._movie.give_up()
            self._movie.wait()

    def _write_movie(self, images: ExportedImages, path: str) -> None:
        stream = self._window.viewer.streams.stream
        order = MovieOrder(self._frames(), Path(path), stream, self._window.looks, images)
        try:
            self._movie = MovieExport(order)
        except UserError as error:
            self._window.show_error(*problem_and_fix(error))
            return
        self._window.show_progress(0.0, f"Writing {path}")
        self._timer.start()

    def _give_up(self) -> None:
        if self._movie is not None:
            self._movie.give_up()

    def _look(self) -> None:
        movie = self._movie
        if movie is None:
            return
        if not movie.finished:
            part = movie.done / movie.total if movie.total else 0.0
            self._window.show_progress(part, f"Writing frame {movie.done} of {movie.total}")
            return
        self._timer.stop()
        self._movie = None
        result = movie.result()
        if isinstance(result, UserError):
            self._window.show_progress(None)
            self._window.show_error(*problem_and_fix(result))
        else:
            self._window.show_progress(None)
            self._tell(result)

    def _write_picture(self, images: ExportedImages, path: str) -> None:
        try:
            write_whole(Path(path), png_of(self._window.burnt_in(images)))
        except OSError as error:
            why = why_refused(error, Path(path))
            self._window.show_error(
                f"The picture can't be written: {why}.", "Choose another place."
            )
        else:
            self._tell(f"Picture: {path}")
