"""What tests of publishing share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np

from acquisition import Window
from pssr_live.recording import EngineRecord
from pssr_live.session import Newest, Origin
from tests.places import ROOT
from tests.pssr_live.scripted import SMALL
from tests.pssr_live.sessions import TIMEOUT

ANY_PORT = "tcp://127.0.0.1:*"
PAGE = (ROOT / "docs" / "publish.md").read_text(encoding="utf-8")
ENGINE = EngineRecord(
    name="bilinear", path="bilinear", backend="numpy", digest="", scale_factor=4, offset=3, gain=2
)


# The program that leaves out what is older than an interval may be slow here.
ORIGIN = Origin(segment=0, format=replace(SMALL, interval_s=TIMEOUT), engine=ENGINE, recording="")


def wait_until(reached: Callable[[], Any]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def offer(newest: Newest, sequence: int, side: int = 16, level: int | None = None) -> None:
    level = sequence if level is None else level
    raw = np.full((5, side // 4, side // 4), level, np.uint16)
    now = time.perf_counter()
    window = Window(
        pixels=raw,
        index=sequence,
        acquired=0.1 * sequence,
        received=now,
        completed=now,
        sequence=sequence,
        first=sequence,
        last=sequence,
    )
    newest.offer(sequence, window, np.full((side, side), level, np.uint16), origin=ORIGIN)


@contextmanager
def offering(newest: Newest, level_of: Callable[[int], int], side: int = 16) -> Iterator[None]:
    """Frames for as long as somebody needs who may miss some."""
    over = threading.Event()

    def run() -> None:
        for sequence in count():
            if over.wait(0.02):
                return
            offer(newest, sequence, side, level_of(sequence))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
