"""The frames of a running session in napari, as --publish sends them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import zmq
from numpy.typing import NDArray

from acquisition import PixelType
from engines import SCALE_FACTOR

ADDRESS = "tcp://127.0.0.1:5555"
_POLL_MS = 100


class LiveFrame(NamedTuple):
    """One message: which stream it is of, what is said of it, its pixels, shape (H, W)."""

    topic: str
    header: dict[str, Any]
    pixels: NDArray[PixelType]


def listen(address: str, newest: dict[str, LiveFrame]) -> Iterator[None]:
    """Subscribe, and keep the newest frame of each stream for whoever shows it.

    Parameters
    ----------
    address : str
        As given to ``--publish``.
    newest : dict of str to LiveFrame
        By topic. Who shows a frame takes it out; until then a newer one takes its place, so a slow
        viewer has no backlog.

    Yields
    ------
    None
        When a frame has come, and ten times a second while none comes.

    Raises
    ------
    ValueError
        If what comes is not a frame of pssr-live.
    """
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.rcvhwm = 2
        socket.linger = 0
        socket.connect(address)
        socket.subscribe("")
        while True:
            if socket.poll(_POLL_MS):
                frame = _frame(socket.recv_multipart())
                newest[frame.topic] = frame
            yield


def _frame(parts: list[bytes]) -> LiveFrame:
    if len(parts) != 3:
        raise ValueError("what comes from there is not a frame of pssr-live")
    header = json.loads(parts[1])
    if header["dtype"] not in ("uint8", "uint16"):
        raise ValueError(f"a frame of {header['dtype']} came, not of uint8 or uint16")
    order = {"little": "<", "big": ">"}[header["byte_order"]]
    dtype = np.dtype(header["dtype"])
    pixels = np.frombuffer(parts[2], dtype.newbyteorder(order)).reshape(header["shape"])
    return LiveFrame(parts[0].decode(), header, pixels.astype(dtype, copy=False))


class LivePanel:
    """An address, and a button that connects and disconnects.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        It gets the layers.

    Attributes
    ----------
    native : QWidget
        By which napari shows it.
    worker : napari's GeneratorWorker, or None
        What listens now.
    """

    def __init__(self, napari_viewer: Any) -> None:
        from magicgui.widgets import Container, Label, LineEdit, PushButton

        self._viewer = napari_viewer
        self.worker: Any = None
        self.address = LineEdit(label="address", value=ADDRESS)
        self.connect = PushButton(text="Connect")
        self.news = Label(value="Start pssr-live with --publish and this address.")
        container = Container(widgets=[self.address, self.connect, self.news])
        self.native = container.native
        self.native.destroyed.connect(lambda *_: self._let_go())
        # By a function of its own: a connected method alone would not keep the panel alive.
        self.connect.changed.connect(lambda _: self.begin() if self.worker is None else self.stop())

    def begin(self) -> None:
        """Listen, in a thread of its own."""
        from napari.qt.threading import create_worker

        newest: dict[str, LiveFrame] = {}
        self.worker = create_worker(listen, self.address.value, newest)
        self.worker.yielded.connect(lambda _: self._show_newest(newest))
        self.worker.errored.connect(self._fail)
        self.worker.finished.connect(self._end)
        self.connect.text = "Disconnect"
        self.news.value = f"Waiting for frames from {self.address.value}"
        self.worker.start()

    def stop(self) -> None:
        """Listen no longer; the last frames stay."""
        if self.worker is not None:
            self.worker.quit()

    def _show_newest(self, newest: dict[str, LiveFrame]) -> None:
        while newest:
            self._show(newest.popitem()[1])

    def _show(self, frame: LiveFrame) -> None:
        header = frame.header
        name = f"live {frame.topic}" + (" (predicted)" if header["prediction"] else "")
        known = next((layer for layer in self._viewer.layers if layer.name == name), None)
        if known is not None and known.data.shape == frame.pixels.shape:
            known.data = frame.pixels
        else:
            if known is not None:
                self._viewer.layers.remove(known)
            self._add(name, frame)
        trust = header.get("trust")
        light = f", {trust['light']}" if trust else ""
        self.news.value = f"{frame.topic}: frame {header['sequence']}{light}"

    def _add(self, name: str, frame: LiveFrame) -> None:
        header = frame.header
        finer = SCALE_FACTOR if header["prediction"] else 1
        known, intensity = header["pixel_size_um"], header["intensity"]
        side = known or 1 / finer
        # The centre of the first restored pixel lies this far from that of the first raw one.
        off = (side - side * finer) / 2
        black = intensity["offset"]
        self._viewer.add_image(
            frame.pixels,
            name=name,
            scale=(side, side),
            translate=(off, off),
            units=("um", "um") if known else ("pixel", "pixel"),
            contrast_limits=(black, black + intensity["gain"]),
        )

    def _fail(self, error: Exception) -> None:
        self.news.value = f"Not connected: {error}. Give the address that --publish was given."

    def _end(self) -> None:
        self.worker = None
        self.connect.text = "Connect"

    def _let_go(self) -> None:
        """Stop, and touch no widget any more: they are gone with the window."""
        worker, self.worker = self.worker, None
        if worker is not None:
            worker.quit()
            for signal in (worker.yielded, worker.errored, worker.finished):
                signal.disconnect()
