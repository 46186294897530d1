"""Ports of this machine at which nobody answers."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager

# Below those that systems hand out by themselves, so that no other test is given one meanwhile.
_FIRST, _LAST = 20_000, 30_000


def free_port() -> int:
    """A port for a server that is started later."""
    while True:
        port = random.randint(_FIRST, _LAST)
        with socket.socket() as taken:
            try:
                taken.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


@contextmanager
def deaf_port() -> Iterator[int]:
    """A port that is held, so that nobody else listens there either."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
