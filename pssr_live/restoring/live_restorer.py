"""Frames restored one by one as they come, in the thread of whoever has them: any camera stack."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from acquisition import (
    ONE_STREAM,
    WINDOW_LENGTH,
    Frame,
    FrameFormat,
    PixelType,
    RingBuffer,
    StreamKey,
    Window,
)
from engines import AUTO
from pssr_live.defaults import DEFAULT_ENGINE
from pssr_live.errors import UserError
from pssr_live.restoring.beginnings import FirstFrames
from pssr_live.restoring.channel_engines import ChannelEngines
from pssr_live.restoring.engine_pool import EnginePool
from pssr_live.restoring.stream_restorers import StreamRestorers
from pssr_live.trust import Trust

# Frames of a stream that may wait for being restored, with room for a window.
_CAPACITY = 4 * WINDOW_LENGTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A restored frame.

    Attributes
    ----------
    pixels : ndarray of the raw frames' dtype, shape (sH, sW)
        In the same counts as the raw frame; its own memory.
    index : int
        Number of the raw frame in its stream.
    stream : StreamKey
        Which one it is of.
    trust : Trust or None
        How far it can be believed, as in a recording; None where frames are too small to tell.
    """

    pixels: NDArray[PixelType]
    index: int
    stream: StreamKey
    trust: Trust | None


class LiveRestorer:
    """Restores frames in the order in which they are added, by the rules of a live session.

    A frame is restored from itself and its two neighbours in time on either side, so it is ready
    when the second frame after it was added; the first frames of a stream wait for the first five,
    which settle the intensity scale. At the ends of a stream, and beside a gap in its numbers, the
    edge frame is repeated. No frame is skipped: as many are restored as were added.

    All work is done in the thread that calls, and an object is for one thread at a time.

    Parameters
    ----------
    frame_format : FrameFormat, optional
        Of the frames, with their channels, slices and positions. The first frame's size and type,
        and a single stream, where it is not given.
    engine : str or sequence of str
        The name of a bundled engine, a bundle's folder, or as the command line takes it for several
        channels: ``["GFP=mito-lite", "mCherry=none"]``.
    backend : str
        ``auto`` or a backend's name.

    Raises
    ------
    UserError, EngineError
        If there is no such engine or channel. The engine is opened here if the format is given,
        else with the first frame, which takes seconds.

    Examples
    --------
    >>> import numpy
    >>> from pssr_live import LiveRestorer
    >>> camera = numpy.random.default_rng(0).poisson(20, (8, 64, 64)).astype(numpy.uint16)
    >>> with LiveRestorer(engine="mito-lite") as restorer:
    ...     shown = [restorer.add(frame) for frame in camera]
    ...     shown += restorer.finish()
    >>> [restored.index for restored in shown if restored is not None]
    [0, 1, 2, 3, 4, 5, 6, 7]
    """

    def __init__(
        self,
        frame_format: FrameFormat | None = None,
        engine: str | Sequence[str] = DEFAULT_ENGINE,
        *,
        backend: str = AUTO,
    ) -> None:
        texts = [engine] if isinstance(engine, str) else engine
        self._choices = ChannelEngines.parse(texts, backend=backend)
        for choice in self._choices.choices:
            choice.check()
        self._engines = EnginePool()
        self._streams: dict[StreamKey, _Stream] = {}
        self._first_frames = FirstFrames()
        self._restorers: StreamRestorers | None = None
        self._added = 0
        self._ended = False
        # Restored before anybody asked, so that its window was not written over.
        self._done: deque[Restored] = deque()
        self.format = frame_format
        if frame_format is not None:
            self._open(frame_format)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(
        self, frame: ArrayLike | Frame, *, stream: StreamKey = ONE_STREAM, index: int | None = None
    ) -> Restored | None:
        """Add the next frame of a stream, and take a restored one if one is ready.

        Parameters
        ----------
        frame : array of uint8 or uint16, shape (H, W), or acquisition.Frame
            Copied. A Frame brings its own stream and index.
        stream : StreamKey
            Its channel, slice and position.
        index : int, optional
            Its number in the stream; by default the one after the last. A jump means that frames
            are missing, and no window spans it.

        Returns
        -------
        Restored or None
            The oldest frame that is ready, of whatever stream; one a call, see `ready`.

        Raises
        ------
        UserError
            If it is not a frame of detector counts, has another size or type than the first, is of
            no stream of the format, or its number has been there. Nothing is changed then.
        EngineError
            If the engine can't restore frames of this size.
        """
        if self._ended:
            raise UserError(
                "No frame can be added after finish() or close().", "Make another LiveRestorer."
            )
        if isinstance(frame, Frame):
            stream, index = frame.stream, frame.index
        pixels = _counts(frame.pixels if isinstance(frame, Frame) else frame)
        self._check(pixels, stream, index)
        if self.format is None:
            height, width = pixels.shape
            bits = 8 * pixels.dtype.itemsize
            self._open(
                FrameFormat(height=height, width=width, dtype=pixels.dtype, significant_bits=bits)
            )
        assert self._restorers is not None  # noqa: S101 - opened with the format
        if self._restorers.has_engine(stream):
            self._append(pixels, stream, index)
        return self._next()

    def ready(self) -> list[Restored]:
        """Take all frames that are ready now, in the order in which they were added.

        Raises
        ------
        EngineError
            If the engine fails.
        """
        taken = []
        while (restored := self._next()) is not None:
            taken.append(restored)
        return taken

    def finish(self) -> list[Restored]:
        """Say that no frame follows, and take all that are left: the last two of each stream.

        Raises
        ------
        EngineError
            If the engine fails.
        """
        self._ended = True
        for stream in self._streams.values():
            stream.ring.end()
        return self.ready()

    def close(self) -> None:
        """Free the engine. Frames that were not taken are gone. May be called more than once."""
        self._ended = True
        self._streams.clear()
        self._done.clear()
        self._engines.close()

    def _open(self, frame_format: FrameFormat) -> None:
        choices = self._choices.for_channels(frame_format.channels)
        engines = [
            None if choice is None else self._engines.open(choice, frame_format)
            for choice in choices
        ]
        self._restorers = StreamRestorers(
            engines,
            frame_format,
            first_frames=self._first_frames,
            before_each=lambda: None,
            on_scale=lambda *_: None,
        )
        self.format = frame_format

    def _check(self, pixels: NDArray[PixelType], stream: StreamKey, index: int | None) -> None:
        last = self._streams[stream].last_index if stream in self._streams else -1
        if index is not None and index <= last:
            after = f"after frame {last}" if last >= 0 else "as the first"
            raise UserError(
                f"Frame {index} of a stream came {after}.",
                "Number the frames of a stream from 0 upwards, or give no index.",
            )
        if self.format is None:
            if stream != ONE_STREAM:
                raise UserError(
                    f"A frame of {StreamKey(*stream)} came, and nobody said which streams there "
                    "are.",
                    "Give LiveRestorer a FrameFormat with all channels, slices and positions.",
                )
            return
        if pixels.shape != self.format.shape or pixels.dtype != self.format.dtype:
            raise UserError(
                f"A frame of {pixels.shape[0]} x {pixels.shape[1]} {pixels.dtype} came among "
                f"frames of {self.format.height} x {self.format.width} {self.format.dtype}.",
                "Make another LiveRestorer for frames of another size or type.",
            )
        if stream not in self.format.streams:
            raise UserError(
                f"A frame of {StreamKey(*stream)} came, and {self.format} has no such stream.",
                "Give LiveRestorer a FrameFormat with all channels, slices and positions.",
            )

    def _append(self, pixels: NDArray[PixelType], stream: StreamKey, index: int | None) -> None:
        assert self.format is not None  # noqa: S101 - opened by now
        if stream not in self._streams:
            self._streams[stream] = _Stream(self.format)
        of_stream = self._streams[stream]
        while of_stream.is_full:
            self._done.append(self._restore(stream, settle=True))
        now = time.perf_counter()
        frame = Frame(
            pixels=pixels,
            index=of_stream.last_index + 1 if index is None else index,
            acquired=np.nan,
            received=now,
            stream=stream,
        )
        self._first_frames.keep(frame)
        of_stream.append(frame, self._added)
        self._added += 1

    def _next(self) -> Restored | None:
        if self._done:
            return self._done.popleft()
        assert self._restorers is not None or not self._streams  # noqa: S101 - opened first
        ready = [
            (of_stream.places[0], stream)
            for stream, of_stream in self._streams.items()
            if of_stream.window() is not None
            and self._restorers is not None
            and self._restorers.is_ready(stream, self._ended)
        ]
        return self._restore(min(ready)[1]) if ready else None

    def _restore(self, stream: StreamKey, *, settle: bool = False) -> Restored:
        """Restore the next window of a stream.

        Parameters
        ----------
        stream : StreamKey
            One that has a window.
        settle : bool
            Whether to settle its scale by what is there, since nothing more can wait.
        """
        assert self._restorers is not None  # noqa: S101 - opened with the format
        if settle:
            self._restorers.is_ready(stream, ended=True)
        of_stream = self._streams[stream]
        window = of_stream.window()
        assert window is not None  # noqa: S101 - looked for by now
        item = self._restorers.both(replace(window, stream=stream))
        of_stream.move_on()
        trust = item.trust.kept() if item.trust is not None else None
        return Restored(pixels=item.pixels, index=window.index, stream=stream, trust=trust)


class _Stream:
    """The newest frames of one stream, and which of them are still to be restored."""

    def __init__(self, frame_format: FrameFormat) -> None:
        one = replace(frame_format, channels=(frame_format.channels[0],), slices=1, positions=("",))
        self.ring = RingBuffer(one, _CAPACITY)
        self.last_index = -1
        # Of the frames to be restored: their places among all that were added.
        self.places: deque[int] = deque()
        self._position = 0

    @property
    def is_full(self) -> bool:
        """Whether another frame would be written over one that a window still needs."""
        needed = self._position - WINDOW_LENGTH // 2
        return self.ring.written - needed >= self.ring.capacity

    def append(self, frame: Frame, place: int) -> None:
        self.ring.append(frame)
        self.last_index = frame.index
        self.places.append(place)

    def window(self) -> Window | None:
        """Look at the next window; None while its frames are to come."""
        return self.ring.window(self._position)

    def move_on(self) -> None:
        self._position += 1
        self.places.popleft()


def _counts(frame: ArrayLike) -> NDArray[PixelType]:
    pixels = np.asarray(frame)
    if pixels.ndim != 2 or not pixels.size:
        raise UserError(
            f"A frame is an array of height and width, not of the shape {pixels.shape}.",
            "Add one plane of one channel at a time.",
        )
    # Some cameras' libraries give the bytes of a count in another order.
    native = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    if native.dtype not in (np.uint8, np.uint16):
        holes = native.dtype.kind == "f" and not bool(np.isfinite(native).all())
        raise UserError(
            f"A frame is made of a detector's counts, uint8 or uint16, not of {native.dtype}"
            f"{', and this one has pixels without a number (NaN)' if holes else ''}.",
            "Add it as the camera gave it; whole numbers of another type as "
            "frame.astype(numpy.uint16).",
        )
    return native
