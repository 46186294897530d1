"""The engines that are open: one for each choice and frame format, shared by all who ask for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from acquisition import WINDOW_LENGTH, FrameFormat, PixelType
from engines import AUTO, IntensityScale, Selection, open_engine
from pssr_live.restoring.engine_choice import EngineChoice

_Key = tuple[str, str, bool, int, int, np.dtype[PixelType]]


class SharedEngine:
    """An engine that several segments use in turn, with the intensity scale they share.

    Attributes
    ----------
    selection : Selection
        The engine, and why its backend was chosen.
    path : str
        The name or folder that it was opened by.
    trained_on : InputRange or None
        What its training windows were like; None for a baseline.
    uncertainty : UncertaintyRecord or None
        What predicts how far off it may be; None if it was not asked.
    """

    def __init__(self, selection: Selection, choice: EngineChoice) -> None:
        self.selection = selection
        self.path = choice.path
        self.trained_on = choice.trained_on
        self.uncertainty = choice.uncertainty
        # By channel: several may be restored by the same engine.
        self._intensities: dict[int, IntensityScale] = {}
        # An engine serves one thread at a time: a segment that finishes, and the one after it.
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The engine's name."""
        return self.selection.engine.name

    @property
    def scale_factor(self) -> int:
        """Restored pixels to one LR pixel along a side."""
        return self.selection.engine.scale_factor

    def fix_intensity(self, first_frames: NDArray[PixelType], channel: int = 0) -> IntensityScale:
        """Return a channel's scale in the session, estimated from its first frames, never again.

        Parameters
        ----------
        first_frames : ndarray, shape (n, H, W)
            The first frames of a segment, five where there are so many.
        channel : int
            Which one's they are.

        Returns
        -------
        IntensityScale
        """
        if channel in self._intensities:
            return self._intensities[channel]
        intensity = IntensityScale.from_window(first_frames)
        # A stretch cut short tells too little of the noise to bind the rest of the session.
        if len(first_frames) >= WINDOW_LENGTH:
            self._intensities[channel] = intensity
        return intensity

    def new_buffer(self, frame_format: FrameFormat) -> NDArray[PixelType]:
        """Make room for one restored frame: (scale * H, scale * W), of the format's dtype."""
        height, width = frame_format.shape
        scale = self.scale_factor
        return np.empty((height * scale, width * scale), frame_format.dtype)

    def new_half_width(self, frame_format: FrameFormat) -> NDArray[np.float32] | None:
        """Make room for the half-widths (H, W) of a frame's intervals; None if it predicts none."""
        return np.empty(frame_format.shape, np.float32) if self.uncertainty is not None else None

    def restore(
        self,
        window: NDArray[PixelType],
        intensity: IntensityScale,
        out: NDArray[PixelType],
        *,
        half_width: NDArray[np.float32] | None = None,
    ) -> None:
        """Restore one window, see `engines.engine.Engine.restore`.

        Parameters
        ----------
        window : ndarray, shape (5, H, W)
        intensity : IntensityScale
        out : ndarray, shape (sH, sW)
            Where to put the restored frame.
        half_width : ndarray of float32, shape (H, W), optional
            Where to put that of the intervals that an engine with `uncertainty` predicts. A copy:
            the engine writes over its own with the next frame, which may be another segment's.
        """
        with self._lock:
            self.selection.engine.restore(window, intensity, out)
            predicted = self.selection.engine.half_width
            if half_width is not None and predicted is not None:
                np.copyto(half_width, predicted)

    def close(self) -> None:
        """Free the engine."""
        with self._lock:
            self.selection.engine.close()


class EnginePool:
    """Opens engines, and keeps them for whoever asks for the same again.

    Its methods may be called from any thread.

    Parameters
    ----------
    most : int, optional
        Engines kept open; before another is opened, the one opened first is closed. All are kept
        where it is not given.
    on_opened : callable
        Told in words which engine was opened, and why on this backend.
    auto : str
        What ``auto`` means: by speed for what is shown live, ``precise`` for what is restored from
        a file, which shall give the same pixels on any day.

    Attributes
    ----------
    opening : str
        What is being done to open an engine, in words; empty while none is being opened.
    on_opening : callable
        Told `opening` whenever it changes; nothing is told unless it is set.
    on_opened : callable
        As it was given.
    """

    def __init__(
        self,
        *,
        most: int | None = None,
        on_opened: Callable[[str], object] = lambda _: None,
        auto: str = AUTO,
    ) -> None:
        self.opening = ""
        self.on_opening: Callable[[str], object] = lambda _: None
        self._most = most
        self._auto = auto
        self.on_opened = on_opened
        self._open: dict[_Key, SharedEngine] = {}
        # Guards `_open`, and lets one engine be opened at a time: two would be timed wrongly.
        self._lock = threading.Lock()
        self._given_up = threading.Event()

    def __enter__(self) -> EnginePool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self, choice: EngineChoice, frame_format: FrameFormat) -> SharedEngine:
        """Open an engine for frames of one format, or return it if it is open.

        Parameters
        ----------
        choice : EngineChoice
            Which one.
        frame_format : FrameFormat
            Of the raw frames.

        Returns
        -------
        SharedEngine

        Raises
        ------
        OpeningGivenUpError
            If `give_up` was called.
        EngineError
            If it can't serve.
        """
        height, width = frame_format.shape
        key = (choice.path, choice.backend, choice.uncertain, height, width, frame_format.dtype)
        with self._lock:
            if key not in self._open:
                while self._most is not None and len(self._open) >= self._most:
                    self._open.pop(next(iter(self._open))).close()
                try:
                    shared = self._open[key] = self._open_anew(choice, frame_format)
                finally:
                    self._report("")
                self.on_opened(f"{shared.name}: {shared.selection.report.reason}")
            return self._open[key]

    def _open_anew(self, choice: EngineChoice, frame_format: FrameFormat) -> SharedEngine:
        def report(trial: str) -> None:
            self._report(": ".join(filter(None, (f"Opening the engine {choice.name}", trial))))

        report("")
        selection = open_engine(
            choice.bundle or choice.name,
            backend=self._auto if choice.backend == AUTO else choice.backend,
            height=frame_format.height,
            width=frame_format.width,
            dtype=frame_format.dtype,
            uncertain=choice.uncertain,
            on_trial=report,
            given_up=self._given_up.is_set,
        )
        return SharedEngine(selection, choice)

    def _report(self, opening: str) -> None:
        self.opening = opening
        self.on_opening(opening)

    def give_up(self) -> None:
        """Let an engine that is being opened be given up after the trial under way, until `close`.

        Returns at once.
        """
        self._given_up.set()

    def close(self) -> None:
        """Free all engines; others may be opened afterwards."""
        with self._lock:
            for shared in self._open.values():
                shared.close()
            self._open.clear()
            self._given_up.clear()
