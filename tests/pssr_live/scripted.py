"""A source that delivers exactly the frames a test asks for."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from acquisition import (
    NOTHING_MISSING,
    EndOfFrames,
    FormatChanged,
    Frame,
    FrameFormat,
    SourceError,
    StreamKey,
)

SMALL = FrameFormat(
    height=24,
    width=32,
    dtype=np.dtype(np.uint16),
    significant_bits=12,
    pixel_size_um=0.196,
    interval_s=0.1,
)


class ScriptedSource:
    """Delivers frames, or makes them by number; a `FrameFormat` or an error does what it says.

    None in the script stands for a time in which no frame comes.
    A frame's pixels depend on its number only, see `pixels`.
    """

    def __init__(
        self,
        script: Iterable[int | Frame | FrameFormat | Exception | None],
        frame_format: FrameFormat = SMALL,
        interval: float = 0.0,
    ) -> None:
        self.url = "scripted:"
        self.frame_count = None
        self.settings: Mapping[str, str] = {"laser": "1 %"}
        self.first_index: int | None = None
        self.urgent = False
        self.closed = False
        self.status = ""
        self.next_frame_s: float | None = None
        self.missing_after = NOTHING_MISSING
        self.connected = True
        self._script = iter(script)
        self._format = frame_format
        self._interval = interval

    def open(self) -> FrameFormat:
        return self._format

    def read(self, timeout: float) -> Frame | None:
        time.sleep(self._interval)
        try:
            step = next(self._script)
        except StopIteration:
            raise EndOfFrames from None
        if step is None:
            return None
        if isinstance(step, FrameFormat):
            self._format = step
            raise FormatChanged(step)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, Frame):
            return replace(step, received=time.perf_counter())
        return Frame(
            pixels=pixels(step, self._format),
            index=step,
            acquired=step * 0.1,
            received=time.perf_counter(),
        )

    def close(self) -> None:
        self.closed = True


def frame_of(
    number: int, stream: StreamKey, index: int, frame_format: FrameFormat = SMALL
) -> Frame:
    """Frame `index` of a stream, with the pixels of `number`."""
    return Frame(
        pixels=pixels(number, frame_format),
        index=index,
        acquired=0.1 * index,
        received=0.0,
        stream=stream,
    )


def pixels(number: int, frame_format: FrameFormat = SMALL) -> np.ndarray:
    rng = np.random.default_rng(number)
    top = 2**frame_format.significant_bits
    return rng.integers(0, top, frame_format.shape).astype(frame_format.dtype)


def unplugged() -> SourceError:
    return SourceError("The microscope was unplugged.", "Plug it in.")
