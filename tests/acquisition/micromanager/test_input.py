"""What a client's libraries find as its standard input."""

from __future__ import annotations

import time

from acquisition.micromanager import ClientProcess, MicroManagerOptions
from tests.acquisition.micromanager import input_probe
from tests.acquisition.micromanager.conftest import LONG


def test_it_is_the_null_device_and_the_client_still_ends_when_we_hang_up() -> None:
    """A library that looks at a pipe which is being read would wait for ever on Windows."""
    client = ClientProcess(MicroManagerOptions(), None, module=input_probe.__name__)
    message, give_up = None, time.monotonic() + LONG
    while message is None:
        assert time.monotonic() < give_up, client.last_words()
        message = client.poll(0.1)
    assert message.content["words"] == "the null device"
    assert client.last_words() is None
    assert client.stop()
