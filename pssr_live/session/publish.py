"""The newest frames for other programs, over ZeroMQ; what a message holds: docs/publish.md.

A subscriber that is too slow must see fresh frames, not a backlog. The publisher's thread takes the
newest frame only, and what waits between it and a subscriber is kept short: two messages and little
more than the system's smallest buffers. ZeroMQ drops what doesn't fit, so nobody holds up anybody.
"""

from __future__ import annotations

import ipaddress
import json
import math
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import zmq
from numpy.typing import NDArray
from rich.console import Console

from acquisition import PixelType, StreamKey
from pssr_live.errors import UserError, describe
from pssr_live.session.newest import Newest, RestoredFrame
from pssr_live.trust import UNCERTAINTY, figures_of, uncertainty_of

HEADER_FORMAT = 1
RESTORED, RAW = "restored", "raw"
_EXAMPLE = "tcp://127.0.0.1:5555"
# A raw frame and its restored one must both fit.
_QUEUED_MESSAGES = 2
# ZeroMQ hears all requests that wait, in one go: between two frames no more than these.
_QUEUED_REQUESTS = 16
_HEARING_AT_MOST = 0.01
# There are two streams: who asks for thousands has a fault, or means harm.
_REQUESTS_WORTH_A_WORD = 1000
_SEND_BUFFER_BYTES = 2**16
# So many names of streams are kept apart; beyond, ZeroMQ alone knows who wants which.
_MOST_PREFIXES = 1000
# All that subscribers send is the names of streams.
_LONGEST_REQUEST = 255
_SUBSCRIBE, _UNSUBSCRIBE = b"\1", b"\0"
_LINGER_MS = 500
_POLL = 0.1


class Publisher:
    """Sends the newest frames of one session after another to all who subscribe.

    It has a thread of its own and waits for nobody; while nobody listens, no frame is copied.

    Parameters
    ----------
    address : str
        Where to, ``tcp://127.0.0.1:5555``; port ``*`` takes any that is free.
    to_network : bool
        Whether it may be an address that other computers reach.
    on_warning : callable
        Told, from the publisher's thread, what its user should know.
    raw_of_provisional : bool
        Whether the raw frame is sent beside a provisional one too, and so twice.

    Raises
    ------
    UserError
        If it can't or must not be published there.

    Attributes
    ----------
    address : str
        Where it is, with the port that was free if any was asked for.
    on_network : bool
        Whether other computers reach it.
    published, skipped : int
        Frames sent, and passed over, while somebody listened.
    error : Exception or None
        What ended it early.
    """

    def __init__(
        self,
        address: str,
        *,
        to_network: bool = False,
        on_warning: Callable[[str], object] = lambda _: None,
        raw_of_provisional: bool = False,
    ) -> None:
        host, port = _parse(address)
        self.on_network = not _is_loopback(host)
        if self.on_network and not to_network:
            raise UserError(
                f"{address} can be reached from other computers, and anybody there could watch.",
                f"Stay on this one with --publish tcp://127.0.0.1:{port}, or add "
                "--publish-to-network.",
            )
        self.published = 0
        self.skipped = 0
        self.error: Exception | None = None
        self._context = zmq.Context()
        # Like PUB to its subscribers, but it says what is subscribed to.
        self._socket = self._context.socket(zmq.XPUB)
        self._socket.sndhwm = _QUEUED_MESSAGES
        self._socket.rcvhwm = _QUEUED_REQUESTS
        self._socket.sndbuf = _SEND_BUFFER_BYTES
        self._socket.maxmsgsize = _LONGEST_REQUEST
        self._socket.ipv6 = ":" in host
        try:
            self._socket.bind(f"tcp://{host}:{port}")
        except zmq.ZMQError as error:
            self._context.destroy(linger=0)
            raise _refused(address, error) from error
        self.address = self._socket.getsockopt_string(zmq.LAST_ENDPOINT)
        self._prefixes: set[str] = set()
        self._requests = 0
        self._on_warning = on_warning
        self._raw_of_provisional = raw_of_provisional
        self._session: tuple[Newest, str] | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publisher")
        self._thread.start()

    def follow(self, newest: Newest) -> str:
        """Publish a session's frames from now on.

        Parameters
        ----------
        newest : Newest
            Where the session puts them.

        Returns
        -------
        str
            The name that their headers give the session.
        """
        name = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._session = newest, name
        return name

    def close(self) -> None:
        """Send the last frame and end. May be called more than once."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        followed: tuple[Newest, str] | None = None
        # What the next frame must be newer than; None while nobody listens.
        after: int | None = None
        # The last frame's number, by stream.
        sent: dict[StreamKey, int] = {}
        try:
            while True:
                # In this order: a frame that came before the closing is still sent.
                closing = self._closing.is_set()
                self._hear(0.0 if self._prefixes else _POLL)
                session = self._session
                if session is not followed:
                    followed, after, sent = session, 0, {}
                if session is not None and self._prefixes:
                    newest, name = session
                    if after is None:
                        # What lies there was left by somebody who has not looked for long.
                        after = max((frame.serial for frame in newest.take_each(0)), default=0)
                    for frame in newest.wait_each(after, 0.0 if closing else _POLL):
                        self._publish(frame, name)
                        self.published += 1
                        after = frame.serial
                        if not frame.provisional:
                            before = sent.get(frame.stream, frame.index - 1)
                            self.skipped += max(0, frame.index - before - 1)
                            sent[frame.stream] = frame.index
                else:
                    after, sent = None, {}
                if closing:
                    return
        except Exception as error:
            # Whatever it is: a session that goes on has to say that nothing is published any more.
            self.error = error
        finally:
            self._context.destroy(linger=_LINGER_MS)

    def _hear(self, timeout: float) -> None:
        """Take note of what is subscribed to; wait for the first subscriber if told so.

        Whoever sends very many requests must not keep frames from the others: what is not heard
        now is heard after the next frame.
        """
        heard_enough = time.perf_counter() + timeout + _HEARING_AT_MOST
        while time.perf_counter() < heard_enough:
            if not self._socket.poll(int(1e3 * timeout)):
                return
            self._requests += 1
            if self._requests == _REQUESTS_WORTH_A_WORD:
                self._on_warning(
                    f"Subscribers have sent {self._requests:,} subscriptions: it is enough to "
                    f"subscribe to {RESTORED} or {RAW} once. Frames are published all the same."
                )
            request = self._socket.recv()
            wish, prefix = request[:1], request[1:].decode(errors="replace")
            kinds = [k for k in (RESTORED, RAW) if prefix.startswith(k) or k.startswith(prefix)]
            if wish == _SUBSCRIBE and kinds:
                few = len(self._prefixes) < _MOST_PREFIXES
                self._prefixes.add(prefix if few else (kinds[0] if len(kinds) == 1 else ""))
            elif wish == _UNSUBSCRIBE:
                self._prefixes.discard(prefix)
            timeout = 0.0

    def _publish(self, frame: RestoredFrame, session: str) -> None:
        for kind, pixels in ((RESTORED, frame.restored), (RAW, frame.raw)):
            topic = topic_of(frame, kind)
            wanted = any(topic.startswith(prefix) for prefix in self._prefixes)
            twice = frame.provisional and kind == RAW and not self._raw_of_provisional
            if wanted and pixels is not None and not twice:
                header = json.dumps(header_of(frame, kind, pixels, session=session))
                parts: list[bytes | zmq.Frame] = [topic.encode(errors="replace"), header.encode()]
                self._socket.send_multipart([*parts, zmq.Frame(pixels)], copy=False)


def topic_of(frame: RestoredFrame, kind: str) -> str:
    """Name what a message is subscribed to by.

    Of one stream its kind alone; of several ``restored/GFP/0``: kind, channel and slice.
    """
    frame_format = frame.origin.format
    if len(frame_format.streams) == 1:
        return kind
    stream = frame.stream
    return f"{kind}/{frame_format.channels[stream.channel].name or stream.channel}/{stream.z}"


def header_of(
    frame: RestoredFrame, stream: str, pixels: NDArray[PixelType], *, session: str
) -> dict[str, Any]:
    """Say all there is to say of one message's pixels, see docs/publish.md.

    Parameters
    ----------
    frame : RestoredFrame
        What is published.
    stream : str
        `RESTORED` or `RAW`.
    pixels : ndarray, shape (H, W)
        Of that stream.
    session : str
        Its name.

    Returns
    -------
    dict
        As it goes into JSON.
    """
    origin, engine = frame.origin, frame.origin.engine
    restored = stream == RESTORED and engine is not None
    pixel_size = origin.format.pixel_size_um
    if pixel_size is not None and restored and engine is not None:
        pixel_size /= engine.scale_factor
    now, published = time.perf_counter(), time.time()
    return {
        "format": HEADER_FORMAT,
        "stream": stream,
        "prediction": restored,
        "session": session,
        "segment": origin.segment,
        "recording": origin.recording or None,
        "sequence": frame.sequence,
        "index": frame.index,
        "shape": list(pixels.shape),
        "dtype": str(pixels.dtype),
        "byte_order": sys.byteorder,
        "pixel_size_um": pixel_size,
        "interval_s": origin.format.interval_s,
        "acquired_s": frame.acquired if math.isfinite(frame.acquired) else None,
        "received": published - (now - frame.received),
        "published": published,
        "latency_ms": 1e3 * (now - frame.completed),
        "intensity": {"offset": engine.offset, "gain": engine.gain} if engine else None,
        "engine": {"name": engine.name, "sha256": engine.digest, "backend": engine.backend}
        if restored and engine is not None
        else None,
        "trust": _trust_of(frame) if restored else None,
        "provisional": frame.provisional,
        "time_point": frame.time_point,
        "channel": {
            "number": frame.stream.channel,
            "name": origin.format.channels[frame.stream.channel].name,
        },
        "z": {"number": frame.stream.z, "step_um": origin.format.z_step_um},
        "position": {
            "number": frame.stream.position,
            "name": origin.format.positions[0],
        },
    }


def _trust_of(frame: RestoredFrame) -> dict[str, Any] | None:
    """Verdict and figures; null in JSON for what could not be measured."""
    trust = frame.trust
    if trust is None:
        return None
    figures = {**figures_of(trust), UNCERTAINTY: uncertainty_of(trust)}
    return {"light": trust.light.word, "cause": trust.cause, "reason": trust.reason} | {
        name: value if math.isfinite(value) else None for name, value in figures.items()
    }


@contextmanager
def publishing(
    address: str | None, console: Console, *, to_network: bool
) -> Iterator[Publisher | None]:
    """Publish while a command runs, and say at its end how many frames went out.

    Parameters
    ----------
    address : str or None
        See `Publisher`; None not to publish.
    console : Console
        Printed to.
    to_network : bool
        See `Publisher`.

    Yields
    ------
    Publisher or None

    Raises
    ------
    UserError
        Before anything else is done, if it can't be published there.
    """
    if address is None:
        if to_network:
            raise UserError(
                "--publish-to-network does not say where to publish.",
                "Add --publish tcp://*:5555",
            )
        yield None
        return
    publisher = Publisher(
        address,
        to_network=to_network,
        on_warning=lambda words: _print(console, words, style="yellow"),
    )
    words = f"Publishing on {publisher.address}"
    if publisher.on_network:
        words += ": anybody who reaches this computer can watch, nothing is encrypted."
    _print(console, words, style="yellow" if publisher.on_network else None)
    try:
        yield publisher
    finally:
        publisher.close()
        _print(
            console,
            f"Published {publisher.published} frames on {publisher.address}; "
            f"{publisher.skipped} were passed over while somebody listened",
        )
        if publisher.error is not None:
            _print(console, f"Then publishing failed: {describe(publisher.error)}", style="red")


def _print(console: Console, words: str, style: str | None = None) -> None:
    console.print(words, highlight=False, markup=False, soft_wrap=True, style=style)


def _parse(address: str) -> tuple[str, str]:
    found = re.fullmatch(r"tcp://(\[[0-9a-fA-F:.]+\]|[^:/\[\]]+):(\d{1,5}|\*)", address)
    if found is None or (found[2] != "*" and not 0 < int(found[2]) < 2**16):
        raise UserError(f"Frames can't be published on {address}.", f"Write it as {_EXAMPLE}")
    host = "127.0.0.1" if found[1] == "localhost" else found[1]
    return host, found[2]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _refused(address: str, error: zmq.ZMQError) -> UserError:
    if error.errno == zmq.EADDRINUSE:
        return UserError(
            f"Another program uses {address} already.",
            "Choose another port, or any that is free: --publish tcp://127.0.0.1:*",
        )
    return UserError(
        f"Nothing can be published on {address}: {zmq.strerror(error.errno or 0)}.",
        f"Try --publish {_EXAMPLE}",
    )
