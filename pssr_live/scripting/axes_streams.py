"""The streams of a pycro-manager acquisition, whose images say by axes where they belong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from acquisition import FrameFormat, PixelType, StreamKey
from acquisition.plans import StreamPlaces

_TIME, _CHANNEL, _Z, _CAMERA = "time", "channel", "z", "camera"


class AxesStreams:
    """Numbers channels, slices and positions of an acquisition; any other axis makes a position.

    Parameters
    ----------
    events : iterable, optional
        The acquisition's events, or lists of them, as `multi_d_acquisition_events` makes them.
    """

    def __init__(self, events: Iterable[Any] = ()) -> None:
        self._places = StreamPlaces()
        self._counts: dict[StreamKey, int] = {}
        self._last_times: dict[StreamKey, int] = {}
        starts: dict[Any, float] = {}
        heights: dict[Any, float] = {}
        for event in _flat(events):
            axes = event.get("axes", {})
            self._place(axes)
            if "min_start_time" in event:
                starts.setdefault(axes.get(_TIME), float(event["min_start_time"]))
            if "z" in event:
                heights.setdefault(axes.get(_Z), float(event["z"]))
        self.planned = self._places.any
        self._interval_s = _step(starts)
        self._z_step_um = _step(heights)

    def is_new_run(self, axes: Mapping[str, Any], name: str = "") -> bool:
        """Whether an image's time point has been there: another acquisition has begun."""
        time = axes.get(_TIME)
        if not isinstance(time, int | np.integer):
            return False
        last = self._last_times.get(self._place(axes, name))
        return last is not None and int(time) <= last

    def begin_anew(self) -> None:
        """Count from 0 again."""
        self._counts.clear()
        self._last_times.clear()

    def find(self, axes: Mapping[str, Any], name: str = "") -> tuple[StreamKey, int, int]:
        """Find the stream of an image, its number in it and its time point.

        Parameters
        ----------
        axes : mapping
            As its metadata has them.
        name : str
            Of its position, where the metadata has one.
        """
        stream = self._place(axes, name)
        count = self._counts.get(stream, 0)
        self._counts[stream] = count + 1
        time = axes.get(_TIME)
        if not isinstance(time, int | np.integer):
            return stream, count, count
        self._last_times[stream] = int(time)
        return stream, count, int(time)

    def format(self, image: NDArray[PixelType], metadata: Mapping[str, Any]) -> FrameFormat:
        """Make the format of the acquisition's frames of one of them.

        Parameters
        ----------
        image : ndarray of uint8 or uint16, shape (H, W)
        metadata : mapping
            Its own.
        """
        bits, most = int(number(metadata, "BitDepth") or 0), 8 * image.dtype.itemsize
        pixel_size = number(metadata, "PixelSize_um") or number(metadata, "PixelSizeUm")
        return self.complete(
            FrameFormat(
                height=image.shape[0],
                width=image.shape[1],
                dtype=image.dtype,
                significant_bits=bits if 0 < bits <= most else most,
                pixel_size_um=pixel_size or None,
                interval_s=self._interval_s,
                camera=str(metadata.get("Core-Camera") or metadata.get("Camera") or ""),
                z_step_um=self._z_step_um,
            )
        )

    def complete(self, frame_format: FrameFormat) -> FrameFormat:
        """Write all streams there are by now into a format."""
        return self._places.complete(frame_format)

    def _place(self, axes: Mapping[str, Any], name: str = "") -> StreamKey:
        channel, camera = axes.get(_CHANNEL, ""), axes.get(_CAMERA)
        called = f"{channel} camera {camera}".strip() if camera is not None else str(channel)
        others = sorted((k, v) for k, v in axes.items() if k not in (_TIME, _CHANNEL, _Z, _CAMERA))
        words = [
            str(value) if axis == "position" and isinstance(value, str) else f"{axis} {value}"
            for axis, value in others
        ]
        return self._places.place(
            ((channel, camera), called), axes.get(_Z, 0), (tuple(others), name or " ".join(words))
        )


def number(metadata: Mapping[str, Any], key: str) -> float | None:
    """Read a number from an image's metadata; None where there is none."""
    try:
        return float(metadata[key])
    except (KeyError, TypeError, ValueError):
        return None


def _flat(events: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    for event in events:
        if isinstance(event, Mapping):
            yield event
        else:
            yield from _flat(event)


def _step(values: Mapping[Any, float]) -> float | None:
    """Return the step from one to the next, if it is always the same."""
    steps = np.diff(list(values.values()))
    if not len(steps) or not np.allclose(steps, steps[0]):
        return None
    return float(abs(steps[0])) or None
