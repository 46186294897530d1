"""The newest restored frame of each stream, for whoever looks: overwritten, never a queue."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from acquisition import ONE_STREAM, FrameFormat, LentMemory, PixelType, StreamKey, Window
from pssr_live.recording import EngineRecord
from pssr_live.trust import Trust

# A stream, and whether the frame is provisional.
_Place = tuple[StreamKey, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What the restored frames of one channel have in common in one segment.

    Attributes
    ----------
    segment : int
        Its number in the session, from 0.
    format : FrameFormat
        Of its raw frames.
    engine : EngineRecord or None
        What restores them, with the intensity scale; None for a channel that is shown as it comes.
    recording : str
        Name of the folder being recorded into, empty where there is none.
    """

    segment: int
    format: FrameFormat
    engine: EngineRecord | None
    recording: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredFrame:
    """A restored frame beside the raw frame it shows; the arrays can't be written to.

    Attributes
    ----------
    raw : ndarray, shape (H, W)
        The centre frame as scanned.
    restored : ndarray, shape (sH, sW), or None
        The same, restored, in the same units; None in a channel without an engine.
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
    stream : StreamKey
        Which one it is of.
    time_point : int
        Of the experiment.
    provisional : bool
        Whether frames after it were still to come when it was restored: it will be shown anew.
    serial : int
        Rises from offer to offer, whatever the stream.
    """

    raw: NDArray[PixelType]
    restored: NDArray[PixelType] | None
    index: int
    sequence: int
    acquired: float
    received: float
    completed: float
    offered: float
    origin: Origin
    mean: NDArray[np.float32] | None = None
    trust: Trust | None = None
    stream: StreamKey = ONE_STREAM
    time_point: int = 0
    provisional: bool = False
    serial: int = 0


class Newest:
    """Hands the newest restored frames from the restorer to all who look: viewer and publisher.

    There is one of each stream, and a provisional one where such are made.

    Restored pixels are handed on as they are, to all of them the same. The raw frame beside them,
    which the ring will overwrite, is copied. A newer frame takes the place of one that nobody has
    taken yet, whose memory is lent again: whoever comes late gets the newest, however long the next
    takes. Two are passed over until the one before was taken: those that come before anybody has
    looked at all, who then costs nothing, and those that are not restored, which come as fast as
    the camera and are copied by the thread that reads it; of these `NewestRaw` shows the newest.

    Attributes
    ----------
    mean_wanted : bool
        Whether somebody looks at the mean of each window.
    """

    def __init__(self) -> None:
        self.mean_wanted = False
        self._changed = threading.Condition()
        self._frames: dict[_Place, RestoredFrame] = {}
        # Offered, and not looked at yet.
        self._untaken: set[_Place] = set()
        # Whether anybody has looked so far.
        self._looked_at = False
        self._serial = 0
        self._raw: LentMemory[PixelType] = LentMemory((0, 0), np.dtype(np.uint16))

    def wants(
        self, sequence: int, stream: StreamKey = ONE_STREAM, *, provisional: bool = False
    ) -> bool:
        """Whether it is worth making a frame, at this place in the session, only to be shown."""
        return (stream, provisional) not in self._untaken and self._is_new(
            sequence, stream, provisional=provisional
        )

    def offer(
        self,
        sequence: int,
        window: Window,
        restored: NDArray[PixelType] | None,
        *,
        origin: Origin,
        trust: Trust | None = None,
        stream: StreamKey = ONE_STREAM,
        provisional: bool = False,
    ) -> None:
        """Show a frame, if it is newer than the last shown of its stream.

        Parameters
        ----------
        sequence : int
            Its place in the session.
        window : Window
            What it was restored from.
        restored : ndarray, shape (sH, sW), or None
            Must never change again; `acquisition.LentMemory` is where it should lie. None where
            there is none.
        origin : Origin
            Its channel's.
        trust : Trust, optional
            The verdict on it; its residual map is copied.
        stream : StreamKey
            Which one it is of, in the session.
        provisional : bool
            Whether it will be restored anew.
        """
        # The last of a run stays on the screen.
        is_last = window.after == 0 and not provisional
        replaces = is_last or (restored is not None and self._looked_at)
        if not replaces and (stream, provisional) in self._untaken:
            return
        if not self._is_new(sequence, stream, provisional=provisional):
            return
        offered = time.perf_counter()
        frame = RestoredFrame(
            raw=_read_only(self._copy(window.pixels[window.pixels.shape[0] // 2])),
            restored=None if restored is None else _read_only(restored),
            index=window.index,
            sequence=sequence,
            acquired=window.acquired,
            received=window.received,
            completed=window.completed,
            offered=offered,
            origin=origin,
            mean=window.pixels.mean(axis=0, dtype=np.float32) if self.mean_wanted else None,
            trust=trust.kept() if trust is not None else None,
            stream=stream,
            time_point=window.time_point,
            provisional=provisional,
        )
        with self._changed:
            # A segment that finishes offers beside the one after it.
            if not self._is_new(sequence, stream, provisional=provisional):
                return
            self._serial += 1
            self._frames[stream, provisional] = replace(frame, serial=self._serial)
            self._untaken.add((stream, provisional))
            self._changed.notify_all()

    def take(self, after: int) -> RestoredFrame | None:
        """Take the newest frame that is not provisional, of whatever stream.

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
            self._look()
            self._changed.wait_for(lambda: self._newer_than(after) is not None, timeout)
            self._look()
            return self._newer_than(after)

    def take_each(self, after: int) -> list[RestoredFrame]:
        """Take the newest frame of each stream, and its provisional one.

        Parameters
        ----------
        after : int
            The highest `serial` that the taker has seen; 0 for none.

        Returns
        -------
        list of RestoredFrame
            Those offered since, in the order of their offers.
        """
        return self.wait_each(after, timeout=0.0)

    def wait_each(self, after: int, timeout: float) -> list[RestoredFrame]:
        """Take the newest frame of each stream as soon as there is one, see `take_each`."""
        with self._changed:
            self._look()
            self._changed.wait_for(lambda: self._serial > after, timeout)
            self._look()
            new = [frame for frame in self._frames.values() if frame.serial > after]
        return sorted(new, key=lambda frame: frame.serial)

    def _look(self) -> None:
        self._looked_at = True
        self._untaken.clear()

    def _is_new(self, sequence: int, stream: StreamKey, *, provisional: bool) -> bool:
        """Whether a frame is newer than the last of its kind; a provisional one, than any."""
        kinds = (False, True) if provisional else (False,)
        shown = [self._frames.get((stream, kind)) for kind in kinds]
        return all(frame is None or sequence > frame.sequence for frame in shown)

    def _copy(self, raw: NDArray[PixelType]) -> NDArray[PixelType]:
        memory = self._raw
        if (raw.shape, raw.dtype) != (memory.shape, memory.dtype):
            memory = self._raw = LentMemory(raw.shape, raw.dtype)
        copy = memory.take()
        np.copyto(copy, raw)
        return copy

    def _newer_than(self, after: int) -> RestoredFrame | None:
        final = [frame for (_, provisional), frame in self._frames.items() if not provisional]
        frame = max(final, key=lambda frame: frame.sequence, default=None)
        return frame if frame is not None and frame.sequence > after else None


def _read_only(pixels: NDArray[PixelType]) -> NDArray[PixelType]:
    view = pixels.view()
    view.flags.writeable = False
    return view
