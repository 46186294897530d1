"""The child's end of the line to our own process."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import zmq
from numpy.typing import NDArray

from acquisition.micromanager import wire
from acquisition.micromanager.options import MicroManagerOptions
from acquisition.micromanager.port import anybody_listens
from acquisition.micromanager.resumption import Resumption
from acquisition.micromanager.shared import FramesUnderWay

# A server that answers says so this often.
_HEARTBEAT = 0.2
_WAIT = 0.1
# A parent whose disk is slow may take so long before it reads on.
_LINGER_MS = 5000
# A server that so often in a row can't be reached is dead.
_MOST_REFUSALS = 3


class ParentLink:
    """Sends messages to the parent until it hangs up.

    Attributes
    ----------
    resumption : Resumption or None
        Where an earlier client was cut off; None for the first.
    source : str
        Name of the source that is served.
    experiment : dict or None
        What is to be run, see `acquisition.micromanager.mda`.
    stopping : threading.Event
        Set when the parent has hung up.
    ending : threading.Event
        Set when the parent wants no more than what has come by now, or has hung up.
    meanwhile : callable or None
        Called again and again while the parent has no room for a message.
    """

    def __init__(self) -> None:
        order = json.loads(_read_line())
        self._input = _put_input_aside()
        self.options = MicroManagerOptions(**order["options"])
        self.resumption = Resumption.read(order["resumption"])
        self.source: str = order["source"]
        self.experiment: dict[str, Any] | None = order["experiment"]
        self._time_to_stop: float = order["time_to_stop"]
        self.stopping = threading.Event()
        self.ending = threading.Event()
        self.meanwhile: Callable[[], object] | None = None
        self._secret: bytes = order["secret"].encode("ascii")
        self._frames = FramesUnderWay(**order["memory"], most=wire.FRAMES_UNDER_WAY)
        # Not the shared context, in which pycromanager has its sockets.
        self._context = zmq.Context()
        self._socket = wire.bounded(self._context.socket(zmq.PUSH))
        self._socket.setsockopt(zmq.SNDTIMEO, int(1000 * _WAIT))
        self._socket.connect(f"tcp://127.0.0.1:{order['port']}")
        self._next_heartbeat = 0.0
        threading.Thread(target=self._wait_for_the_end, name="parent", daemon=True).start()

    @property
    def goes_on(self) -> bool:
        """Whether an earlier client was cut off, of which something may be left as it set it."""
        begun = self.experiment is not None and self.experiment["progress"] is not None
        return self.resumption is not None or begun

    def send(self, kind: str, pixels: NDArray[Any] | None = None, **content: Any) -> None:
        """Send a message; waits while the parent has no room, and gives up when it hangs up."""
        place = None
        if pixels is not None and self._frames.fits(pixels):
            while place is None and not self.stopping.is_set():
                place = self._frames.put(pixels, _WAIT)
                if place is None:
                    self._do_meanwhile()
        parts = wire.encode(wire.Message(kind, content, pixels), self._secret, place)
        while not self.stopping.is_set():
            try:
                self._socket.send_multipart(parts)
            except zmq.Again:
                self._do_meanwhile()
                continue
            return

    def _do_meanwhile(self) -> None:
        if self.meanwhile is not None:
            self.meanwhile()

    def set_status(self, words: str) -> None:
        """Tell the user how things stand; empty when frames flow."""
        self.send(wire.STATUS, words=words)

    def send_news(self, words: str) -> None:
        """Tell the user what has happened."""
        self.send(wire.NEWS, words=words)

    def alive(self) -> None:
        """Tell the parent that Micro-Manager answers; call it between any two calls."""
        if time.monotonic() >= self._next_heartbeat:
            self.be_patient(wire.PATIENCE)

    def be_patient(self, seconds: float, *, wait: bool = True) -> None:
        """Announce a call that may take this long, such as the end of a slow scan.

        Parameters
        ----------
        seconds : float
        wait : bool
            For room for this message; one that has much to read from us is patient without it.
        """
        if wait:
            self.send(wire.ALIVE, patience=seconds)
        else:
            message = wire.Message(wire.ALIVE, {"patience": seconds})
            with suppress(zmq.Again):
                self._socket.send_multipart(wire.encode(message, self._secret), zmq.NOBLOCK)
        self._next_heartbeat = time.monotonic() + _HEARTBEAT

    def close(self) -> None:
        """Send what is left, unless the parent has hung up."""
        while not (self.stopping.is_set() or self._frames.wait_until_taken(_WAIT)):
            pass
        self._socket.close(0 if self.stopping.is_set() else _LINGER_MS)
        self._context.term()
        self._frames.close()

    def _wait_for_the_end(self) -> None:
        # Not sys.stdin: its lock would be held here while the interpreter ends.
        while taken := os.read(self._input, 4096):
            self._frames.taken(taken.count(wire.COPIED))
            if wire.TAKE_NO_MORE in taken:
                self.ending.set()
        self.stopping.set()
        self.ending.set()
        port = 0 if self.options.config else self.options.port
        patience = wire.TIME_TO_STOP_LATER if port else self._time_to_stop
        deadline, refusals = time.monotonic() + patience, 0
        while time.monotonic() < deadline and refusals < _MOST_REFUSALS:
            time.sleep(_WAIT)
            refusals = refusals + 1 if port and not anybody_listens(port) else 0
        os._exit(1)


def _read_line() -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            sys.exit(1)
        line += byte
    return line


def _put_input_aside() -> int:
    """Let what is loaded here find the null device as its standard input; returns the true one.

    On Windows a library that asks about a pipe (SciPy's does) waits while another thread reads it.
    """
    true_input = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return true_input
