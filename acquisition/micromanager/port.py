"""Whether a server is there."""

from __future__ import annotations

import socket
import sys

_PROBE_TIMEOUT = 0.3


def anybody_listens(port: int) -> bool:
    """Whether a server is at a port of this machine, however busy it is.

    A tunnel accepts for a far end that is dead, but then hangs up; a ZeroMQ server greets.
    """
    try:
        attempt = socket.create_connection(("127.0.0.1", port), _PROBE_TIMEOUT)
    except TimeoutError:
        # Where nobody listens the system refuses at once, but for Windows, which tries for longer.
        return sys.platform != "win32"
    except OSError:
        return False
    with attempt:
        try:
            return attempt.recv(1) != b""
        except TimeoutError:
            return True
        except OSError:
            return False
