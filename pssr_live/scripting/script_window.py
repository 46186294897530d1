"""A window beside a script: in a process of its own, since a script runs no loop of Qt's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

from acquisition import FrameFormat
from pssr_live.display import display_missing
from pssr_live.errors import UserError
from pssr_live.scripting.scripted_run import LOGGER
from pssr_live.session import LiveSession, Publisher, State, standing_of

_TELL_S = 0.25
# For Qt, on a busy machine.
_PATIENCE_S = 120.0
READY, SHOWN = "ready", "shown"
# They stay until the user closes them; Python would warn of those that are forgotten.
_open: list[subprocess.Popen[bytes]] = []


class ScriptWindow:
    """Shows one session after another, until the user closes it; returns once it is there.

    The window gets frames as any subscriber does, from a port of this computer, and a line every
    quarter of a second that says how the session is doing. It holds nobody up, and whatever becomes
    of it, the session goes on.

    Raises
    ------
    UserError
        If no window can be shown here.

    Attributes
    ----------
    shown, closed : threading.Event
        Set when a frame is on the screen for the first time, and when the window has gone.
    """

    def __init__(self) -> None:
        if missing := display_missing():
            raise UserError(missing, "Leave out window=True, or start the script at a screen.")
        self.shown, self.closed = threading.Event(), threading.Event()
        self._heard = threading.Event()
        self._session: LiveSession | None = None
        self._closing = threading.Event()
        self._publisher = Publisher("tcp://127.0.0.1:*", raw_of_provisional=True)
        self._process = subprocess.Popen(  # noqa: S603 - one of our modules
            [
                *(sys.executable, "-P", "-m", "pssr_live.window.beside_script"),
                self._publisher.address,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # The very modules that we have, in the same order.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            # Ctrl-C is the script's.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        _open.append(self._process)
        threading.Thread(target=self._listen, name="script window news", daemon=True).start()
        if not self._heard.wait(_PATIENCE_S) or self.closed.is_set():
            self._process.kill()
            self._publisher.close()
            raise UserError(
                "The window did not open; its reason is printed above.",
                "Leave out window=True, or run pssr-live doctor.",
            )
        self._thread = threading.Thread(target=self._run, name="script window")
        self._thread.start()

    def follow(self, session: LiveSession) -> None:
        """Show a session from now on."""
        self._session = session

    def close(self) -> None:
        """Say how the last session has ended, and no more; the window stays until it is closed."""
        self._closing.set()
        self._thread.join()

    def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - a pipe
        with self._process.stdout as lines:
            for line in lines:
                if line.strip() == SHOWN.encode():
                    self.shown.set()
                self._heard.set()
        self._process.wait()
        self.closed.set()
        self._heard.set()

    def _run(self) -> None:
        try:
            self._tell_all()
        except OSError:
            LOGGER.info("The window was closed; the session goes on.")
        except Exception:
            LOGGER.exception("The window shows nothing any more.")
        finally:
            self._publisher.close()
            with suppress(OSError):
                assert self._process.stdin is not None  # noqa: S101 - a pipe
                self._process.stdin.close()

    def _tell_all(self) -> None:
        followed: LiveSession | None = None
        name, closing = "", False
        while not closing:
            # In this order: what is said last is said after all is over.
            closing = self._closing.wait(_TELL_S) or self._is_forgotten()
            session = self._session
            if session is not None and session.format is not None:
                if session is not followed:
                    followed, name = session, self._publisher.follow(session.newest)
                if closing:
                    self._publisher.close()
                self._tell(
                    {
                        "session": name,
                        "format": _as_json(session.format),
                        "standing": standing_of(session),
                    }
                )

    def _is_forgotten(self) -> bool:
        """Whether the script has ended without a word, and its last session too."""
        session = self._session
        over = session is None or session.state is State.STOPPED
        return over and not threading.main_thread().is_alive()

    def _tell(self, what: dict[str, Any]) -> None:
        assert self._process.stdin is not None  # noqa: S101 - a pipe
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        self._process.stdin.flush()


def _as_json(frame_format: FrameFormat) -> dict[str, Any]:
    return {
        "channels": [(one.name, one.colour) for one in frame_format.channels],
        "slices": frame_format.slices,
        "z_step_um": frame_format.z_step_um,
        "positions": frame_format.positions,
        "pixel_size_um": frame_format.pixel_size_um,
        "significant_bits": frame_format.significant_bits,
    }
