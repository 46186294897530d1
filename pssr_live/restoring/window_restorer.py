"""What is done to each window of a segment: it is restored, then the restored frame is judged."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from acquisition import FrameFormat, LentMemory, PixelType, Window
from engines import IntensityScale
from pssr_live.recording import RestoredItem
from pssr_live.restoring.engine_pool import SharedEngine
from pssr_live.trust import Judge


class WindowRestorer:
    """Restores and judges; the two may be done by different threads.

    Parameters
    ----------
    engine : SharedEngine
        Restores.
    frame_format : FrameFormat
        Of the raw frames.
    intensity : IntensityScale
        Of the whole segment.
    judge : Judge or None
        None where frames are too small to be judged.
    before_each : callable
        Called before a window is restored.
    """

    def __init__(
        self,
        engine: SharedEngine,
        frame_format: FrameFormat,
        *,
        intensity: IntensityScale,
        judge: Judge | None,
        before_each: Callable[[], object],
    ) -> None:
        self._engine = engine
        self._intensity = intensity
        self._judge = judge
        self._before_each = before_each
        height, width = (engine.scale_factor * side for side in frame_format.shape)
        self._memory: LentMemory[PixelType] = LentMemory((height, width), frame_format.dtype)
        self._half_widths = (
            LentMemory(frame_format.shape, np.dtype(np.float32))
            if engine.uncertainty is not None
            else None
        )

    def restore(self, window: Window) -> RestoredItem:
        """Restore a window, into memory that nobody else looks at."""
        self._before_each()
        pixels = self._memory.take()
        half_width = self._half_widths.take() if self._half_widths is not None else None
        started = time.perf_counter()
        self._engine.restore(window.pixels, self._intensity, pixels, half_width=half_width)
        finished = time.perf_counter()
        return RestoredItem(window, pixels, half_width, None, started, finished, finished)

    def judge(self, item: RestoredItem) -> RestoredItem:
        """Find the verdict on a restored window."""
        trust = None
        if self._judge is not None:
            trust = self._judge.look(item.window, item.pixels, item.half_width)
        return item._replace(trust=trust, judged=time.perf_counter())

    def both(self, window: Window) -> RestoredItem:
        """Restore it, then judge it."""
        return self.judge(self.restore(window))
