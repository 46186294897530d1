"""What the two processes say to each other: the client that talks to Micro-Manager, and us.

Words go one way, through a ZeroMQ socket of the loopback interface; each message begins with a
secret that the parent handed over, since any program of this machine could write to a port. Pixels
lie in shared memory, and the message says where; only frames too large for it go through the socket
themselves. The other way there is one pipe: a line with the options, then one byte for each frame
copied out of the shared memory, and another one to end with what has come by then; the end of the
pipe means stop.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import zmq
from numpy.typing import NDArray

from acquisition.plain import plain_content

# Frames under way between the processes; what is more waits in Micro-Manager's own buffer.
FRAMES_UNDER_WAY = 16
# Seconds within which Micro-Manager answers any call but those announced as long.
PATIENCE = 10.0
LONG_PATIENCE = 120.0
# Seconds to stop in: a slow scan ends with its frame.
LAST_PATIENCE = 6.0
# Seconds for which a client whose parent has gone still tries to stop the camera.
TIME_TO_STOP_LATER = 60.0

# What the pipe brings after its first line.
COPIED, TAKE_NO_MORE = b"+", b"."

TakePixels = Callable[[int, tuple[int, ...], str], NDArray[Any]]

ALIVE = "alive"
BACK = "back"
BEGAN = "began"
DUE = "due"
ENDED = "ended"
FINISHED = "finished"
FORMAT = "format"
FRAME = "frame"
LOST = "lost"
MISSED = "missed"
NEWS = "news"
REFUSED = "refused"
SETTINGS = "settings"
STATUS = "status"
URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the client.

    Attributes
    ----------
    kind : str
        One of the names above.
    content : dict
        What it says.
    pixels : ndarray or None
        Of a frame.
    """

    kind: str
    content: dict[str, Any]
    pixels: NDArray[Any] | None = None


def encode(message: Message, secret: bytes, place: int | None = None) -> list[Any]:
    """Make the parts of a ZeroMQ message.

    Parameters
    ----------
    message : Message
    secret : bytes
    place : int or None
        Where its pixels lie in shared memory; None to send them along.
    """
    pixels = message.pixels
    header: dict[str, Any] = {"kind": message.kind, "content": message.content}
    if pixels is None:
        return [secret, json.dumps(header).encode("utf-8")]
    header |= {"shape": pixels.shape, "dtype": pixels.dtype.str, "place": place}
    words = json.dumps(header).encode("utf-8")
    return [secret, words] if place is not None else [secret, words, np.ascontiguousarray(pixels)]


def decode(parts: list[bytes], secret: bytes, take: TakePixels) -> Message | None:
    """Read a ZeroMQ message; None for one that is not our client's.

    Parameters
    ----------
    parts : list of bytes
    secret : bytes
    take : callable
        Given place, shape and dtype, takes pixels out of shared memory.
    """
    if parts[0] != secret:
        return None
    header = json.loads(parts[1])
    pixels = None
    if len(parts) > 2:
        pixels = np.frombuffer(parts[2], header["dtype"]).reshape(header["shape"])
    elif "place" in header:
        pixels = take(header["place"], header["shape"], header["dtype"])
    # Much of it was said by Micro-Manager, its devices or their drivers.
    return Message(header["kind"], plain_content(header["content"]), pixels)


def bounded(socket: zmq.Socket[bytes]) -> zmq.Socket[bytes]:
    """Let a socket hold few messages, and forget them when it is closed."""
    socket.setsockopt(zmq.SNDHWM, FRAMES_UNDER_WAY // 2)
    socket.setsockopt(zmq.RCVHWM, FRAMES_UNDER_WAY // 2)
    return socket
