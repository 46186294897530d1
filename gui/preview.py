"""What the window is told: the newest pair of images, and how the session is doing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquisition import ONE_STREAM, PixelType, StreamKey
from gui.axes import ONE_OF_EACH, Axes

Light = Literal["green", "amber", "red", ""]
_NOT_SAID = -1


class SessionState(StrEnum):
    """Where a session stands.

    In ``WAITING`` the microscope is there but no frame has come for a while; ``DISCONNECTED`` means
    that it is gone and waited for.
    """

    IDLE = "idle"
    STARTING = "starting"
    LIVE = "live"
    WAITING = "waiting"
    DISCONNECTED = "disconnected"
    FINISHING = "finishing"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def label(self) -> str:
        """The state in plain words."""
        return _LABELS[self]

    @property
    def running(self) -> bool:
        """Whether frames are coming, or will come as soon as there are any."""
        return self in _RUNNING

    @property
    def over(self) -> bool:
        """Whether nothing more will come or be written."""
        return self in (SessionState.STOPPED, SessionState.FAILED)

    @property
    def busy(self) -> bool:
        """Whether something would be lost if the program ended now."""
        return self.running or self is SessionState.FINISHING


_RUNNING = {
    SessionState.STARTING,
    SessionState.LIVE,
    SessionState.WAITING,
    SessionState.DISCONNECTED,
}
_LABELS = {
    SessionState.IDLE: "Not started",
    SessionState.STARTING: "Starting",
    SessionState.LIVE: "Live",
    SessionState.WAITING: "No frames",
    SessionState.DISCONNECTED: "Disconnected",
    SessionState.FINISHING: "Finishing",
    SessionState.STOPPED: "Stopped",
    SessionState.FAILED: "Failed",
}


class Verdict(NamedTuple):
    """What a recording says of how far a restored frame can be believed.

    Attributes
    ----------
    light : {"green", "amber", "red", ""}
        Empty where nothing could be told.
    reason : str
        Why it is not green, in plain words.
    """

    light: Light
    reason: str


class Interval(NamedTuple):
    """What an engine predicts of its own error.

    Attributes
    ----------
    half_width : ndarray of float32, shape (H, W)
        In counts, of the interval round the restored pixels of each LR pixel; only read.
    span : float
        The restored frame's range of brightness, in counts.
    level : float
        The part of the pixels that their intervals are meant to hold, 0 to 1.
    """

    half_width: NDArray[np.float32]
    span: float
    level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A raw frame and the same frame restored. The arrays are only read.

    Attributes
    ----------
    raw : ndarray of uint8 or uint16, shape (H, W)
        Detector counts as scanned.
    restored : ndarray of the raw frame's dtype, shape (sH, sW), or None
        Restored counts, in the raw data's units; covers the same field of view. None in a channel
        that has no engine.
    index : int
        The source's own number of the frame.
    sequence : int
        The frame's place among all frames of a session; a provisional preview and the final one of
        the same frame have the same.
    acquired : float
        Seconds on the source's clock since its first frame; NaN where that is not known.
    mean : ndarray of float32, shape (H, W), or None
        Mean of the raw frames that it was restored from; None unless it was asked for.
    trust_map : callable, or None
        Returns, as an ndarray of float32 of shape (H, W), how much more (positive) or less
        (negative) the restored image shows than was measured, in standard deviations. Called only
        where it is looked at; None where nobody knows.
    unresolved_map : callable, or None
        Returns, as an ndarray of float32 of shape (H, W), 1 where structure can't be told apart and
        0 elsewhere. Called only where it is looked at; None where nobody knows.
    interval : Interval or None
        How far off the engine itself expects the restored pixels to be; None if it was not asked.
    pixel_size_um : float or None
        Side of an LR pixel in µm; None if nobody knows.
    highest : int or None
        The most counts that a pixel of the raw frame can have; None for the most of its dtype.
    origin : object
        Whatever its maker wants to know of it again; the window does not look at it.
    stream : StreamKey
        Which channel and slice it is of.
    axes : Axes
        Which there are; the same for all previews of a session.
    time_point : int
        Of the experiment: previews of several streams that belong together have the same. Its
        `index`, where nothing else is said.
    provisional : bool
        Whether frames after it were still to come when it was restored: a final one follows.
    projected : bool
        Whether its pixels are the brightest of all slices.
    verdict : Verdict or None
        On this frame, as it was recorded; None while the window is told of it by a `Status`.
    serial : int
        Rises from preview to preview within a session, whatever the stream. Its `sequence`, where
        nothing else is said.
    """

    raw: NDArray[PixelType]
    restored: NDArray[PixelType] | None
    index: int
    sequence: int
    acquired: float
    mean: NDArray[np.float32] | None = None
    trust_map: Callable[[], NDArray[np.float32]] | None = None
    unresolved_map: Callable[[], NDArray[np.float32]] | None = None
    interval: Interval | None = None
    pixel_size_um: float | None = None
    highest: int | None = None
    origin: object = None
    stream: StreamKey = ONE_STREAM
    axes: Axes = ONE_OF_EACH
    time_point: int = _NOT_SAID
    provisional: bool = False
    projected: bool = False
    verdict: Verdict | None = None
    serial: int = _NOT_SAID

    def __post_init__(self) -> None:
        if self.time_point == _NOT_SAID:
            object.__setattr__(self, "time_point", self.index)
        if self.serial == _NOT_SAID:
            object.__setattr__(self, "serial", self.sequence)
        for pixels in (self.raw, self.restored):
            if pixels is not None and (pixels.ndim != 2 or pixels.size == 0):
                raise ValueError(f"an image is (height, width), not {pixels.shape}")
        if self.raw.dtype not in (np.dtype(np.uint8), np.dtype(np.uint16)):
            raise ValueError(f"images are uint8 or uint16, not {self.raw.dtype}")
        if self.restored is not None and self.restored.dtype != self.raw.dtype:
            raise ValueError(f"raw is {self.raw.dtype} but restored is {self.restored.dtype}")
        if self.mean is not None and self.mean.shape != self.raw.shape:
            raise ValueError(f"raw is {self.raw.shape} but has a mean of {self.mean.shape}")
        if self.interval is not None and self.interval.half_width.shape != self.raw.shape:
            shape = self.interval.half_width.shape
            raise ValueError(f"raw is {self.raw.shape} but has half-widths of {shape}")

    @property
    def nbytes(self) -> int:
        """What its pixels take in memory."""
        half_width = self.interval.half_width if self.interval is not None else None
        images = (self.raw, self.restored, self.mean, half_width)
        return sum(image.nbytes for image in images if image is not None)

    def covers_same_field(self, other: Preview) -> bool:
        """Whether another's raw frame has as many pixels, of the same size."""
        return (self.raw.shape, self.pixel_size_um) == (other.raw.shape, other.pixel_size_um)

    @property
    def saturated(self) -> int:
        """Counts at which a pixel says no more than "at least so many"."""
        return int(np.iinfo(self.raw.dtype).max) if self.highest is None else self.highest


class Stages(NamedTuple):
    """How long what is seen took, stage by stage, in ms.

    Attributes
    ----------
    neighbours : float
        Waiting for the two frames after it, which the engine needs.
    queue, engine : float
        Waiting for the engine, and in it.
    display : float or None
        From the engine to the screen; None while unknown.
    """

    neighbours: float
    queue: float
    engine: float
    display: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How the session is doing.

    Attributes
    ----------
    state : SessionState
        Where it stands.
    received, restored : int
        Frames that came in, and that went through the engine.
    dropped : int
        Frames left out of the live picture because a newer one had already come.
    gaps : int
        Places where the source's frame numbers jump: frames lost before they came in.
    frames_per_second : float or None
        Restored frames per second, lately; None while unknown.
    latency_ms : float or None
        From a frame to its restored frame, with the wait for the frames after it; None while
        unknown.
    stages : Stages or None
        Where the time from a frame to the screen goes; None while unknown.
    backlog : int
        Frames received that are still to be restored.
    minutes_left, frames_left : float or None, int or None
        How much more the disk has room for, raw and restored; None while unknown.
    engine, backend, source : str
        What restores, what runs it, and where frames come from.
    recording : str
        The folder being recorded to; before the start, the one that will be; after the end, the one
        that was. Empty when there is none.
    recorded : (int, float) or None
        Raw frames of that recording which are on disk, and seconds since it began; None while there
        is none.
    recording_frames, recording_seconds : int or None, float or None
        When it ends by itself: at so many raw frames of all streams, or after so many seconds; None
        for never.
    not_recording : str
        Why a recording that is wanted is not being written, in plain words; empty while it is, or
        none is wanted.
    task : str
        What long work is under way, in words; empty when there is none.
    progress : float or None
        What part of it is done, 0 to 1; None while nobody knows.
    message : str
        Anything else the user should know, in plain words.
    streams : str
        Which streams there are, and which of them have stopped, in words; empty where there is one.
    light : {"green", "amber", "red", ""}
        Whether the frames look like those the engine was trained on; empty while unknown.
    light_reason : str
        Why the light is not green, in plain words.
    """

    state: SessionState = SessionState.IDLE
    received: int = 0
    restored: int = 0
    dropped: int = 0
    gaps: int = 0
    frames_per_second: float | None = None
    latency_ms: float | None = None
    stages: Stages | None = None
    backlog: int = 0
    minutes_left: float | None = None
    frames_left: int | None = None
    engine: str = ""
    backend: str = ""
    source: str = ""
    recording: str = ""
    recorded: tuple[int, float] | None = None
    recording_frames: int | None = None
    recording_seconds: float | None = None
    not_recording: str = ""
    task: str = ""
    progress: float | None = None
    message: str = ""
    streams: str = ""
    light: Light = ""
    light_reason: str = ""
