"""Java objects that Micro-Manager keeps for us, let go of by their names.

The bridge lets go of them when Python's objects vanish, and waits for the answer without an end;
of a client that was killed they stay in Micro-Manager for good.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import zmq

# Name and class of an object in Java.
Handle = tuple[str, str]


class _NoEnd:
    """In the place of `atexit`, where an interpreter is ended at once."""

    @staticmethod
    def register(function: Callable[[], object]) -> Callable[[], object]:
        """Take no note."""
        return function


def note_nothing_for_the_end() -> None:
    """Have the bridge note nothing for the interpreter's end, for one that never comes to it.

    It would note a function for every object that it is ever given, and keep all of them: three for
    each image of an experiment.
    """
    from pyjavaz import bridge

    bridge.atexit = _NoEnd


def held(port: int) -> list[Handle]:
    """List the objects that this process holds in the Micro-Manager at a port; 0 for none."""
    if not port:
        return []
    from pyjavaz.bridge import Bridge

    cached = Bridge._cached_bridges_by_port.get(port)
    bridge = cached() if cached is not None else None
    shadows = list(bridge._java_objects) if bridge is not None else []
    return [(shadow._hash_code, shadow._java_class) for shadow in shadows]


def release(port: int, handles: Iterable[Handle], seconds: float) -> bool:
    """Let Micro-Manager forget objects; returns whether each was answered for within so long."""
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.setsockopt(zmq.LINGER, 0)
        socket.connect(f"tcp://127.0.0.1:{port}")
        for name, java_class in handles:
            request = {"command": "destructor", "hash-code": name, "java_class_name": java_class}
            socket.send(json.dumps(request).encode("iso-8859-1"))
            if not socket.poll(int(1000 * seconds)):
                return False
            socket.recv_multipart()
    return True
