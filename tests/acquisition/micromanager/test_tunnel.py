"""A microscope behind a forwarder, which accepts connections whether or not the far end lives."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from acquisition import open_source
from acquisition.micromanager import MicroManagerSource
from tests.acquisition.micromanager.conftest import (
    assert_contiguous,
    read_frames,
    read_until_change,
    read_until_status,
)
from tests.acquisition.micromanager.harness import RunningMicroManager


def forward(source: socket.socket, target: socket.socket) -> None:
    """Pass bytes on in one direction until an end hangs up."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def tunnel(micro_manager: RunningMicroManager) -> Iterator[int]:
    """Port of a forwarder, as ``ssh -L`` is one."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    closing = threading.Event()
    threads: list[threading.Thread] = []
    ends: list[socket.socket] = []

    def accept() -> None:
        while not closing.is_set():
            try:
                near = listener.accept()[0]
            except TimeoutError:
                continue
            near.settimeout(None)
            ends.append(near)
            try:
                far = socket.create_connection(("127.0.0.1", micro_manager.port))
            except OSError:
                near.close()
                continue
            ends.append(far)
            for one, other in ((near, far), (far, near)):
                thread = threading.Thread(target=forward, args=(one, other))
                thread.start()
                threads.append(thread)

    accepting = threading.Thread(target=accept)
    accepting.start()
    yield listener.getsockname()[1]
    closing.set()
    accepting.join()
    listener.close()
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join()
    for end in ends:
        end.close()


def test_frames_come_through_a_tunnel_and_come_back_after_a_loss(
    micro_manager: RunningMicroManager, tunnel: int
) -> None:
    source = open_source(f"micromanager:{tunnel}")
    assert isinstance(source, MicroManagerSource)
    successor = None
    try:
        source.open()
        assert_contiguous(read_frames(source, 20))
        micro_manager.kill()
        read_until_status(source, "Micro-Manager has gone")
        successor = RunningMicroManager(micro_manager.port)
        read_until_change(source)
        assert_contiguous(read_frames(source, 20))
    finally:
        source.close()
        if successor is not None:
            successor.kill()
