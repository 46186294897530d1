"""Another program's client of the same Micro-Manager: it speaks the wire protocol by itself."""

from __future__ import annotations

import json
from typing import Any

import zmq


class OtherClient:
    """Calls the core, and holds the port for as long as a call takes.

    Parameters
    ----------
    port : int
        Of Micro-Manager.
    """

    def __init__(self, port: int) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.REQ)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.connect(f"tcp://127.0.0.1:{port}")
        self._send(command="constructor", classpath="mmcorej.CMMCore")
        self._core: str = self.answer()["hash-code"]

    def begin(self, method: str, argument_type: str, argument: Any) -> None:
        """Call a method of one argument, and do not wait."""
        content = {"hash-code": self._core, "name": method, "argument-types": [argument_type]}
        self._send(command="run-method", arguments=[argument], **content)

    def answer(self) -> Any:
        """Wait for the end of a call."""
        return json.loads(self._socket.recv_multipart()[0])

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
        self._context.term()

    def _send(self, **request: Any) -> None:
        self._socket.send(json.dumps(request).encode("iso-8859-1"))
