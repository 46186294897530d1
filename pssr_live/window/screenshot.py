"""The window's own picture, for whoever writes about it."""

from __future__ import annotations

from pathlib import Path

from engines import why_refused, write_whole
from pssr_live.errors import UserError
from pssr_live.window.app import WindowApp


class Screenshot:
    """Takes the window's picture at the end: before the last frame is drawn, or when it is closed.

    Parameters
    ----------
    app : WindowApp
        Not started.
    frames : int or None
        How many frames will come; the window is then closed after the last of them.
    """

    def __init__(self, app: WindowApp, frames: int | None) -> None:
        self._app = app
        self._frames = frames
        self._taken: bytes | None = None
        app.window.drawn.connect(self._drawn)
        app.window.ended.connect(self._ended)
        app.window.closing.connect(self._take)

    @property
    def taken(self) -> bool:
        """Whether there is one."""
        return self._taken is not None

    def write(self, path: Path) -> None:
        """Write it.

        Raises
        ------
        UserError
            If there is none, or it can't be written.
        """
        if self._taken is None:
            raise UserError("No frame was shown.", "See what is wrong: pssr-live doctor")
        try:
            write_whole(path, self._taken)
        except OSError as error:
            raise UserError(
                f"{path} can't be written: {why_refused(error, path)}.",
                "Choose another --snapshot.",
            ) from error

    def _drawn(self) -> None:
        session = self._app.session
        if self._frames is None or session is None:
            return
        # Once the last frame has come the session is over, and the window says so. A channel that
        # is still to be seen is waited for, to the end if need be.
        all_came = session.statistics.received >= self._frames - 1
        if all_came and self._app.window.viewer.shows_all_channels:
            self._take()

    def _ended(self) -> None:
        if self._frames is not None:
            self._app.window.close()

    def _take(self) -> None:
        if not self._app.window.viewer.shows_all_channels:
            # A session may end before the window has had time for the newest frame of each.
            self._app.window.pull_preview()
        nothing_to_see = self._frames is not None and self._app.window.shown is None
        if self._taken is None and not nothing_to_see:
            self._app.window.pull_status()
            self._taken = self._app.window.picture()
