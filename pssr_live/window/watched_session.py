"""A session of another process, as that one tells of it: frames by ZeroMQ, the rest by lines."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import zmq
from numpy.typing import NDArray

from acquisition import Channel, PixelType, StreamKey
from gui import Axes, Preview, SessionState, Status
from pssr_live.window.status import status_from

_POLL_MS = 100
# Messages that are still under way when the last line has come.
_LAST_MESSAGES_MS = 1000
# A raw frame, its restored one, and the two that follow.
_QUEUED_MESSAGES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    session: str
    axes: Axes
    status: Status
    pixel_size_um: float | None
    highest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    header: dict[str, Any]
    raw: NDArray[PixelType]
    restored: NDArray[PixelType] | None
    serial: int


class WatchedSession:
    """Keeps the newest pair of each stream, and what was said last of the session.

    Parameters
    ----------
    address : str
        Of its publisher, see `pssr_live.session.Publisher`.
    lines : iterable of bytes
        A JSON object each, see `pssr_live.scripting.script_window`; their end is the end of all.

    Attributes
    ----------
    ended : threading.Event
        Set when nothing more will come.
    """

    def __init__(self, address: str, lines: Iterable[bytes]) -> None:
        self.ended = threading.Event()
        self._over = threading.Event()
        self._told: _Told | None = None
        self._shown = ""
        self._pairs: dict[tuple[StreamKey, bool], _Pair] = {}
        self._serial = 0
        self._last_restored: tuple[dict[str, Any], NDArray[PixelType]] | None = None
        # Guards the pairs, which one thread puts there and another takes.
        self._lock = threading.Lock()
        self._socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.SUB)
        self._socket.setsockopt(zmq.RCVHWM, _QUEUED_MESSAGES)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.connect(address)
        self._socket.subscribe("")
        for target, name in ((self._receive, "frames"), (self._hear, "lines")):
            arguments = (lines,) if target == self._hear else ()
            threading.Thread(target=target, args=arguments, name=name, daemon=True).start()

    def status(self) -> Status:
        """Say how the session is doing; that it is over, before another is told of."""
        told = self._told
        if told is None:
            return Status()
        if told.session != self._shown:
            before, self._shown = self._shown, told.session
            if before:
                return Status(state=SessionState.STOPPED)
        if self.ended.is_set() and not told.status.state.over:
            return replace(told.status, state=SessionState.STOPPED)
        return told.status

    def newest(self, after: int) -> list[Preview]:
        """Return what is newer than a serial, see `gui.MainWindow`."""
        told = self._told
        if told is None or told.session != self._shown:
            return []
        with self._lock:
            pairs = [pair for pair in self._pairs.values() if pair.serial > after]
        pairs.sort(key=lambda pair: pair.serial)
        return [_preview(one, told) for one in pairs if one.header["session"] == told.session]

    def _hear(self, lines: Iterable[bytes]) -> None:
        try:
            for line in lines:
                self._told = _read(json.loads(line))
        finally:
            self._over.set()

    def _receive(self) -> None:
        try:
            # What is under way when the last line has come still belongs to it.
            while not self._over.is_set() or self._socket.poll(_LAST_MESSAGES_MS):
                if self._socket.poll(_POLL_MS):
                    _, header, pixels = self._socket.recv_multipart()
                    self._take(json.loads(header), pixels)
        finally:
            self._socket.close()
            self.ended.set()

    def _take(self, header: dict[str, Any], content: bytes) -> None:
        """Put a raw frame and its restored one together, which is sent right before it."""
        pixels = np.frombuffer(content, header["dtype"]).reshape(header["shape"])
        if header["stream"] == "restored":
            self._last_restored = header, pixels
            return
        restored, self._last_restored = self._last_restored, None
        has_engine = header["intensity"] is not None
        if has_engine and (restored is None or _of(restored[0]) != _of(header)):
            # It was dropped on the way; the next pair comes soon.
            return
        *_, stream, provisional = _of(header)
        with self._lock:
            self._serial += 1
            self._pairs[stream, provisional] = _Pair(
                header=header,
                raw=pixels,
                restored=restored[1] if has_engine and restored else None,
                serial=self._serial,
            )


def _of(header: dict[str, Any]) -> tuple[str, int, StreamKey, bool]:
    numbers = (header[name]["number"] for name in ("position", "channel", "z"))
    return header["session"], header["sequence"], StreamKey(*numbers), header["provisional"]


def _preview(pair: _Pair, told: _Told) -> Preview:
    header = pair.header
    acquired = header["acquired_s"]
    return Preview(
        raw=pair.raw,
        restored=pair.restored,
        index=header["index"],
        sequence=header["sequence"],
        acquired=np.nan if acquired is None else acquired,
        pixel_size_um=told.pixel_size_um,
        highest=told.highest,
        stream=_of(header)[2],
        axes=told.axes,
        time_point=header["time_point"],
        provisional=header["provisional"],
        serial=pair.serial,
    )


def _read(line: dict[str, Any]) -> _Told:
    told = line["format"]
    return _Told(
        session=line["session"],
        axes=Axes(
            channels=tuple(
                Channel(name, tuple(colour) if colour else None)
                for name, colour in told["channels"]
            ),
            slices=told["slices"],
            z_step_um=told["z_step_um"],
            positions=tuple(told["positions"]),
        ),
        status=status_from(line["standing"]),
        pixel_size_um=told["pixel_size_um"],
        highest=2 ** told["significant_bits"] - 1,
    )
