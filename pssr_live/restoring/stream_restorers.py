"""What is done to the windows of each stream, once its first frames are there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from acquisition import FrameFormat, StreamKey, Window
from engines import IntensityScale
from pssr_live.recording import RestoredItem
from pssr_live.restoring.beginnings import FirstFrames
from pssr_live.restoring.engine_pool import SharedEngine
from pssr_live.restoring.judge_start import begin_judge
from pssr_live.restoring.window_restorer import WindowRestorer


class StreamRestorers:
    """A `WindowRestorer` for each stream, made when its first frames are there.

    Parameters
    ----------
    engines : sequence of SharedEngine or None
        Of the channels; None for one that is only recorded and shown raw.
    frame_format : FrameFormat
        Of the raw frames.
    first_frames : FirstFrames
        Of all streams.
    before_each : callable
        Called before a window is restored.
    on_scale : callable
        Told a channel, its engine and its intensity scale, once that is settled.
    """

    def __init__(
        self,
        engines: Sequence[SharedEngine | None],
        frame_format: FrameFormat,
        *,
        first_frames: FirstFrames,
        before_each: Callable[[], object],
        on_scale: Callable[[int, SharedEngine, IntensityScale], object],
    ) -> None:
        self._engines = engines
        self._format = frame_format
        self._first_frames = first_frames
        self._before_each = before_each
        self._on_scale = on_scale
        self._scales: dict[int, IntensityScale] = {}
        self._restorers: dict[StreamKey, WindowRestorer] = {}

    def has_engine(self, stream: StreamKey) -> bool:
        """Whether a stream is restored at all."""
        return self._engines[stream.channel] is not None

    def is_ready(self, stream: StreamKey, ended: bool) -> bool:  # noqa: FBT001 - a callback
        """Whether a stream's scale and judge are settled, or can be now.

        Parameters
        ----------
        stream : StreamKey
        ended : bool
            Whether no frame follows.
        """
        if stream in self._restorers:
            return True
        engine = self._engines[stream.channel]
        frames = self._first_frames.of(stream, ended=ended)
        if engine is None or frames is None:
            return False
        if stream.channel not in self._scales and not self._settle_scale(
            stream, engine, ended=ended
        ):
            return False
        intensity = self._scales[stream.channel]
        self._restorers[stream] = WindowRestorer(
            engine,
            self._format,
            intensity=intensity,
            judge=begin_judge(engine, self._format, intensity, first_frames=frames),
            before_each=self._before_each,
        )
        self._first_frames.forget(stream)
        return True

    def restore(self, window: Window) -> RestoredItem:
        """Restore a window, into memory that nobody else looks at."""
        return self._restorers[window.stream].restore(window)

    def judge(self, item: RestoredItem) -> RestoredItem:
        """Find the verdict on a restored window."""
        return self._restorers[item.window.stream].judge(item)

    def both(self, window: Window) -> RestoredItem:
        """Restore it, then judge it."""
        return self._restorers[window.stream].both(window)

    def _settle_scale(self, stream: StreamKey, engine: SharedEngine, *, ended: bool) -> bool:
        """Settle a channel's scale by its middle slice, which is most likely in focus.

        A middle slice that has not even begun when another has five frames won't come.
        """
        middle = stream._replace(z=self._format.slices // 2)
        frames = self._first_frames.of(middle, ended=ended)
        if frames is None and self._first_frames.has_begun(middle) and not ended:
            return False
        if frames is None:
            frames = self._first_frames.of(stream, ended=ended)
        if frames is None:
            return False
        intensity = engine.fix_intensity(frames, stream.channel)
        self._scales[stream.channel] = intensity
        self._on_scale(stream.channel, engine, intensity)
        return True
