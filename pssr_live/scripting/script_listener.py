"""What listens to a script: hands its frames to sessions, until the script is done with it."""

from __future__ import annotations

import threading
from typing import Self

from pssr_live.scripting.scripted_sessions import ScriptedSessions
from pssr_live.session import LiveSession


class ScriptListener:
    """Hands frames to the sessions of a script, and ends them once; a ``with`` closes it.

    Parameters
    ----------
    sessions : ScriptedSessions
    """

    def __init__(self, sessions: ScriptedSessions) -> None:
        self._sessions = sessions
        self._closed = False
        # The thread that brings frames calls, the script's closes.
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def session(self) -> LiveSession | None:
        """Of the experiment that was begun last, see its `newest` and `statistics`; or None."""
        return self._sessions.session

    def close(self) -> None:
        """Take no more frames, and wait until all files are complete. May be called twice."""
        with self._lock:
            if not self._closed:
                self._take_the_last()
            self._closed = True
            self._sessions.end()
        self._sessions.close()

    def _take_the_last(self) -> None:
        """Take what was held back, as the last."""
