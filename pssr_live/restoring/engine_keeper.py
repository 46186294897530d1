"""The engines that a session has open: one for each frame size, shared by its segments."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquisition import WINDOW_LENGTH, FrameFormat, PixelType
from engines.intensity import IntensityScale
from engines.selection import Selection, open_engine
from pssr_live.recording.session_file import UncertaintyRecord
from pssr_live.restoring.uncertainty import promised_uncertainty

_Key = tuple[int, int, np.dtype[PixelType]]


class SharedEngine:
    """An engine that several segments use in turn, with the intensity scale they share.

    Attributes
    ----------
    selection : Selection
        The engine, and why its backend was chosen.
    path : str
        The name or folder that it was opened by.
    uncertainty : UncertaintyRecord or None
        What predicts how far off it may be; None if it was not asked.
    """

    def __init__(
        self, selection: Selection, path: str, uncertainty: UncertaintyRecord | None = None
    ) -> None:
        self.selection = selection
        self.path = path
        self.uncertainty = uncertainty
        self._intensity: IntensityScale | None = None
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

    def fix_intensity(self, first_frames: NDArray[PixelType]) -> IntensityScale:
        """Return the session's scale, estimated from its first five frames and never again.

        Parameters
        ----------
        first_frames : ndarray, shape (n, H, W)
            The first frames of a segment, five where there are so many.

        Returns
        -------
        IntensityScale
        """
        if self._intensity is not None:
            return self._intensity
        intensity = IntensityScale.from_window(first_frames)
        # A stretch cut short tells too little of the noise to bind the rest of the session.
        if len(first_frames) >= WINDOW_LENGTH:
            self._intensity = intensity
        return intensity

    def new_buffer(self, frame_format: FrameFormat) -> NDArray[PixelType]:
        """Make room for one restored frame."""
        height, width = frame_format.shape
        scale = self.scale_factor
        return np.empty((height * scale, width * scale), frame_format.dtype)

    def new_half_width(self, frame_format: FrameFormat) -> NDArray[np.float32] | None:
        """Make room for the half-widths of one frame's intervals; None if it predicts none."""
        return np.empty(frame_format.shape, np.float32) if self.uncertainty is not None else None

    def restore(
        self,
        window: NDArray[PixelType],
        intensity: IntensityScale,
        out: NDArray[PixelType],
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


def _lasting(name: str) -> str:
    """A bundle's folder as a path that holds from any directory; other names as they are."""
    return str(Path(name).resolve()) if Path(name).is_dir() else name


class EngineKeeper:
    """Opens engines by frame format and keeps them until the session ends.

    Parameters
    ----------
    name : str
        Of a bundled engine or baseline, or the folder of a bundle.
    backend : str
        ``auto`` or a backend's name.
    uncertain : bool
        Whether it shall say how far off it may be.

    Attributes
    ----------
    opening : str
        What is being done to open an engine, in words; empty while none is being opened.
    """

    def __init__(self, name: str, backend: str = "auto", *, uncertain: bool = False) -> None:
        self.name = name
        self.uncertain = uncertain
        self.opening = ""
        self.backend = backend
        self._open: dict[_Key, SharedEngine] = {}
        self._lock = threading.Lock()

    def open(self, frame_format: FrameFormat) -> SharedEngine:
        """Open the engine for frames of one format, or return it if it is open.

        Raises
        ------
        EngineError
            If it can't serve.
        """
        key = (frame_format.height, frame_format.width, frame_format.dtype)
        with self._lock:
            if key not in self._open:
                try:
                    self._open[key] = self._open_anew(frame_format)
                finally:
                    self.opening = ""
            return self._open[key]

    def _open_anew(self, frame_format: FrameFormat) -> SharedEngine:
        self._say("")
        selection = open_engine(
            self.name,
            backend=self.backend,
            height=frame_format.height,
            width=frame_format.width,
            dtype=frame_format.dtype,
            on_trial=self._say,
            uncertain=self.uncertain,
        )
        promised = promised_uncertainty(self.name, self.backend) if self.uncertain else None
        return SharedEngine(selection, _lasting(self.name), promised)

    def _say(self, trial: str) -> None:
        self.opening = ": ".join(filter(None, (f"Opening the engine {self.name}", trial)))

    def close(self) -> None:
        """Free all engines."""
        with self._lock:
            for shared in self._open.values():
                shared.close()
            self._open.clear()
