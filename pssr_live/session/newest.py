"""The newest restored frame, for whoever looks: one place, overwritten, never a queue."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquisition import FrameFormat, LentMemory, PixelType, Window
from pssr_live.recording import EngineRecord
from pssr_live.trust import Trust


@dataclass(frozen=True, slots=True)
class Origin:
    """What the restored frames of one segment have in common.

    Attributes
    ----------
    segment : int
        Its number in the session, from 0.
    format : FrameFormat
        Of its raw frames.
    engine : EngineRecord
        What restores them, with the intensity scale.
    recording : str
        Name of the folder being recorded into, empty where there is none.
    """

    segment: int
    format: FrameFormat
    engine: EngineRecord
    recording: str


@dataclass(frozen=True, slots=True)
class RestoredFrame:
    """A restored frame beside the raw frame it shows; the arrays can't be written to.

    Attributes
    ----------
    raw : ndarray, shape (H, W)
        The centre frame as scanned.
    restored : ndarray, shape (sH, sW)
        The same, restored, in the same units.
    index : int
        The source's number.
    sequence : int
        Rises from frame to frame over the whole session.
    acquired : float
        Seconds on the source's clock.
    received, completed : float
        ``time.perf_counter()`` when this frame was received, and when its window's last was.
    offered : float
        ``time.perf_counter()`` when it was restored and handed to those who look.
    origin : Origin
        Where it comes from.
    mean : ndarray of float32, shape (H, W), or None
        Mean of the window's raw frames; None unless somebody asked for it.
    trust : Trust or None
        How far it can be believed, with the residual map; None if nothing can tell.
    """

    raw: NDArray[PixelType]
    restored: NDArray[PixelType]
    index: int
    sequence: int
    acquired: float
    received: float
    completed: float
    offered: float
    origin: Origin
    mean: NDArray[np.float32] | None = None
    trust: Trust | None = None


class Newest:
    """Hands the newest restored frame from the restorer to all who look: viewer and publisher.

    Restored pixels are handed on as they are, to all of them the same. The raw frame beside them,
    which the ring will overwrite, is copied, and only after the last offer was taken by one; a slow
    viewer, or none, costs nothing.

    Attributes
    ----------
    mean_wanted : bool
        Whether somebody looks at the mean of each window.
    """

    def __init__(self) -> None:
        self.mean_wanted = False
        self._changed = threading.Condition()
        self._frame: RestoredFrame | None = None
        self._wanted = True
        self._offered = -1
        self._raw: LentMemory[PixelType] = LentMemory((0, 0), np.dtype(np.uint16))

    def wants(self, sequence: int) -> bool:
        """Whether a frame at this place in the session would be looked at."""
        return self._wanted and sequence > self._offered

    def offer(
        self,
        sequence: int,
        window: Window,
        restored: NDArray[PixelType],
        origin: Origin,
        trust: Trust | None = None,
    ) -> None:
        """Show a frame, if it is newer than the last shown.

        Parameters
        ----------
        sequence : int
            Its place in the session.
        window : Window
            What it was restored from.
        restored : ndarray, shape (sH, sW)
            Must never change again; `acquisition.LentMemory` is where it should lie.
        origin : Origin
            Its segment's.
        trust : Trust, optional
            The verdict on it; its residual map is copied.
        """
        if not self.wants(sequence):
            return
        offered = time.perf_counter()
        frame = RestoredFrame(
            raw=_read_only(self._copy(window.pixels[window.pixels.shape[0] // 2])),
            restored=_read_only(restored),
            index=window.index,
            sequence=sequence,
            acquired=window.acquired,
            received=window.received,
            completed=window.completed,
            offered=offered,
            origin=origin,
            mean=window.pixels.mean(axis=0, dtype=np.float32) if self.mean_wanted else None,
            trust=trust.kept() if trust is not None else None,
        )
        with self._changed:
            # A segment that finishes offers beside the one after it.
            if sequence <= self._offered:
                return
            self._offered = sequence
            self._frame = frame
            self._wanted = False
            self._changed.notify_all()

    def take(self, after: int) -> RestoredFrame | None:
        """Take the newest frame.

        Parameters
        ----------
        after : int
            The `sequence` of the frame that the taker has; -1 for none.

        Returns
        -------
        RestoredFrame or None
            None if there is none newer.
        """
        return self.wait(after, timeout=0.0)

    def wait(self, after: int, timeout: float) -> RestoredFrame | None:
        """Take the newest frame as soon as there is one, see `take`.

        Parameters
        ----------
        after : int
            The `sequence` of the frame that the taker has; -1 for none.
        timeout : float
            Seconds to wait at most.

        Returns
        -------
        RestoredFrame or None
            None if there was none newer in time.
        """
        with self._changed:
            self._wanted = True
            self._changed.wait_for(lambda: self._newer_than(after) is not None, timeout)
            self._wanted = True
            return self._newer_than(after)

    def _copy(self, raw: NDArray[PixelType]) -> NDArray[PixelType]:
        memory = self._raw
        if (raw.shape, raw.dtype) != (memory.shape, memory.dtype):
            memory = self._raw = LentMemory(raw.shape, raw.dtype)
        copy = memory.take()
        np.copyto(copy, raw)
        return copy

    def _newer_than(self, after: int) -> RestoredFrame | None:
        frame = self._frame
        return frame if frame is not None and frame.sequence > after else None


def _read_only(pixels: NDArray[PixelType]) -> NDArray[PixelType]:
    view = pixels.view()
    view.flags.writeable = False
    return view
