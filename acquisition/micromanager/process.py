"""Our end of the line: the process that talks to Micro-Manager, started, heard and ended."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import zmq
from numpy.typing import NDArray

from acquisition.errors import SourceError
from acquisition.micromanager import shared, wire
from acquisition.micromanager.options import MicroManagerOptions
from acquisition.micromanager.resumption import Resumption
from acquisition.micromanager.shared import SharedMemory
from acquisition.micromanager.wire import Message

# To load pycromanager and connect, on a slow machine.
_PATIENCE_AT_THE_START = 60.0
# A client that is stuck in a call already is not waited for.
_SILENCE_OF_THE_STUCK = 1.0
_TIME_TO_STOP_WHEN_STUCK = 0.5
_LONGEST_LISTENING = 0.5
# No console window opens, and engines, which use all cores, don't keep frames from being fetched.
_ON_WINDOWS = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(
    subprocess, "ABOVE_NORMAL_PRIORITY_CLASS", 0
)
# Left to themselves, and not to Python, which would warn of them.
_still_trying: list[subprocess.Popen[bytes]] = []


class ClientProcess:
    """A running `acquisition.micromanager.client`.

    Parameters
    ----------
    options : MicroManagerOptions
        Where Micro-Manager is and what to take from it.
    resumption : Resumption or None
        Where an earlier client was lost; None for the first time.
    source : str
        Name of the source that it serves: a run that an earlier client of the same began is ours.
    module : str
        What runs there.
    experiment : mapping, optional
        What it is to run, see `acquisition.micromanager.mda`.
    time_to_stop : float
        Seconds that it may take to stop.
    left_running : bool
        Whether an earlier one may have left the camera running.

    Raises
    ------
    SourceError
        If there is no Python that could run it.

    Attributes
    ----------
    silence : float
        Seconds for which it was listened to in vain.
    answered : bool
        Whether it was ever heard.
    """

    def __init__(
        self,
        options: MicroManagerOptions,
        resumption: Resumption | None,
        *,
        source: str = "",
        module: str = "acquisition.micromanager.client",
        experiment: Mapping[str, Any] | None = None,
        time_to_stop: float = wire.LAST_PATIENCE,
        left_running: bool = False,
    ) -> None:
        if getattr(sys, "frozen", False):
            raise SourceError(
                "A frozen program can't talk to Micro-Manager: it would start itself to do so.",
                "Install pssr-live into a Python of its own: python -m pip install pssr-live",
            )
        self._time_to_stop = time_to_stop
        self._socket = wire.bounded(zmq.Context.instance().socket(zmq.PULL))
        port = self._socket.bind_to_random_port("tcp://127.0.0.1")
        secret = secrets.token_hex()
        self._secret = secret.encode("ascii")
        self._memory = SharedMemory(shared.SIZE)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `_close`
        self._process = subprocess.Popen(  # noqa: S603 - one of our modules
            [sys.executable, "-P", "-m", module],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            # The very modules that we have, in the same order.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            pass_fds=self._memory.inherited,
            # Ctrl-C is ours to handle.
            start_new_session=True,
            creationflags=_ON_WINDOWS,
        )
        order = {
            "port": port,
            "secret": secret,
            "options": asdict(options),
            "source": source,
            "resumption": asdict(resumption) if resumption is not None else None,
            "experiment": experiment,
            "time_to_stop": time_to_stop,
            "memory": {"key": self._memory.key, "size": shared.SIZE},
        }
        assert self._process.stdin is not None  # noqa: S101 - piped
        self._stdin = self._process.stdin
        self._stdin.write(json.dumps(order).encode("ascii") + b"\n")
        self._local = bool(options.config)
        # Until it has answered it has started nothing, but may have to stop what another has.
        self._may_run_the_camera = left_running or resumption is not None or experiment is not None
        self._patience = _PATIENCE_AT_THE_START
        self._listened_until = time.monotonic()
        self.silence = 0.0
        self.answered = False

    @property
    def announced(self) -> float:
        """Seconds beyond the usual that the call it is in may take, as it has said."""
        return max(0.0, self._patience - wire.PATIENCE) if self.answered else 0.0

    @property
    def out_of_patience(self) -> bool:
        """Whether the call that it is in can be given up."""
        return self.silence > self._patience

    def poll(self, timeout: float) -> Message | None:
        """Return its next message, or None if none came in time.

        Parameters
        ----------
        timeout : float
            Seconds to wait at most.
        """
        if not self._socket.poll(max(0, int(1000 * timeout))):
            now = time.monotonic()
            # A computer that slept has not listened.
            self.silence += min(now - self._listened_until, _LONGEST_LISTENING)
            self._listened_until = now
            return None
        message = wire.decode(self._socket.recv_multipart(), self._secret, self._take)
        if message is None:
            return None
        self._listened_until = time.monotonic()
        self.silence = 0.0
        self.answered = self._may_run_the_camera = True
        self._patience = message.content.get("patience", wire.PATIENCE)
        return message

    def last_words(self) -> str | None:
        """Say why it ended by itself; None while it runs."""
        if self._process.poll() is None:
            return None
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"exit status {self._process.returncode}"

    @property
    def broke_down(self) -> bool:
        """Whether it has ended by itself, and not as it should."""
        return self._process.poll() not in (None, 0)

    def take_no_more(self) -> None:
        """Let it stop the camera, send what has come by then, and end."""
        with suppress(OSError):
            self._stdin.write(wire.TAKE_NO_MORE)

    @property
    def ended_well(self) -> bool:
        """Whether it has ended as it should."""
        return self._process.poll() == 0

    @property
    def too_slow_to_end(self) -> bool:
        """Whether it says nothing for longer than it may take to stop the camera."""
        return not self.answered or self.silence > self._time_to_stop

    def stop(self) -> bool:
        """Let it stop the camera.

        Returns
        -------
        bool
            Whether it has ended. One that is stuck goes on trying by itself for a while, see
            `wire.TIME_TO_STOP_LATER`, unless the camera is its own and ends with it.
        """
        stuck = self.answered and self.silence > _SILENCE_OF_THE_STUCK + self.announced
        ended = True
        try:
            self._stdin.close()
            self._process.wait(_TIME_TO_STOP_WHEN_STUCK if stuck else self._time_to_stop)
        except (OSError, subprocess.TimeoutExpired):
            if self._local or not self._may_run_the_camera:
                self._process.kill()
                self._process.wait()
            else:
                ended = False
                _still_trying.append(self._process)
        self._close()
        return ended

    def kill(self) -> None:
        """End it at once: it waits for an answer that will not come."""
        self._process.kill()
        self._process.wait()
        self._close()

    def _take(self, place: int, shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
        """Copy a frame out of the shared memory, and give its place back."""
        pixels = self._memory.copy(place, shape, dtype)
        with suppress(OSError):
            # A client that has just died needs no place.
            self._stdin.write(wire.COPIED)
        return pixels

    def _close(self) -> None:
        self._socket.close(0)
        self._memory.close()
        self._errors.close()
        self._stdin.close()
