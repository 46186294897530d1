"""What the tests of the acquisition room share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from acquisition import EndOfFrames, Frame, FrameSource
from tests.places import DATA


@pytest.fixture
def data() -> Path:
    """The folder of small real time-lapses."""
    return DATA


@pytest.fixture
def stack() -> NDArray[np.uint16]:
    """Six frames of 12-bit counts that differ from one another."""
    return np.random.default_rng(7).integers(0, 4096, (6, 20, 30)).astype(np.uint16)


@pytest.fixture
def read_all() -> Callable[[FrameSource], list[Frame]]:
    """Read a source to its end."""

    def read(source: FrameSource) -> list[Frame]:
        frames = []
        while True:
            try:
                frame = source.read(10.0)
            except EndOfFrames:
                return frames
            assert frame is not None
            frames.append(frame)

    return read
