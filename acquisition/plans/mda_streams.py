"""The streams of a useq MDASequence, and where each of its events belongs."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from acquisition.channel import StreamKey
from acquisition.frame import FrameFormat, PixelType
from acquisition.plans.stream_places import StreamPlaces

if TYPE_CHECKING:
    import useq
    from numpy.typing import NDArray


class MdaStreams:
    """Numbers the channels, slices and positions of a sequence as it plans them.

    Events that the plan does not hold, as of positions with a plan of their own or of a sequence
    that is made up as it goes, get streams of their own when they come.

    Parameters
    ----------
    sequence : useq.MDASequence
    cameras : int
        How many images each event gives.
    """

    def __init__(self, sequence: useq.MDASequence, cameras: int = 1) -> None:
        self._sequence = sequence
        self._cameras = cameras
        self._places = StreamPlaces()
        self._counts: dict[StreamKey, int] = {}

    def find(self, event: useq.MDAEvent) -> tuple[StreamKey, int, int]:
        """Find the stream of an event, its number in it and its time point."""
        if not self._counts:
            self._plan(event)
        index = event.index
        camera = index.get("cam", 0)
        config = event.channel.config if event.channel is not None else ""
        channel = index.get("c", config or 0), camera
        name = _channel_name(config, index.get("cam"))
        place = index.get("p", 0), index.get("g", 0)
        position = place, _position_name(event.pos_name, index.get("g"))
        stream = self._places.place((channel, name), index.get("z", 0), position)
        counted = self._counts.get(stream, 0)
        self._counts[stream] = counted + 1
        if "t" not in index:
            return stream, counted, counted
        return stream, index["t"] // self._every(index.get("c")), index["t"]

    def format(
        self, image: NDArray[PixelType], meta: Mapping[str, Any], significant_bits: int
    ) -> FrameFormat:
        """Make the format of the sequence's frames of the first one that came.

        Parameters
        ----------
        image : ndarray of uint8 or uint16, shape (H, W)
        meta : mapping
            pymmcore-plus' `FrameMetaV1`.
        significant_bits : int
            As the core says.
        """
        bits = 8 * image.dtype.itemsize
        return self._places.complete(
            FrameFormat(
                height=image.shape[0],
                width=image.shape[1],
                dtype=image.dtype,
                significant_bits=significant_bits if 0 < significant_bits <= bits else bits,
                pixel_size_um=float(meta.get("pixel_size_um") or 0) or None,
                interval_s=self._interval_s(),
                camera=str(meta.get("camera_device") or ""),
                z_step_um=z_step_um(self._sequence),
            )
        )

    @property
    def places(self) -> StreamPlaces:
        """Which streams there are."""
        return self._places

    def complete(self, frame_format: FrameFormat) -> FrameFormat:
        """Write streams that came up meanwhile into a format."""
        return self._places.complete(frame_format)

    def _plan(self, first: useq.MDAEvent) -> None:
        plan = self._sequence.z_plan
        slices = max(1, len(list(plan))) if plan is not None else 1
        for position in self._planned_positions():
            for channel in self._planned_channels(first):
                for z in range(slices):
                    self._places.place(channel, z, position)

    def _planned_channels(self, first: useq.MDAEvent) -> list[tuple[Hashable, str]]:
        configs = [channel.config for channel in self._sequence.channels]
        planned: list[tuple[Hashable, str]] = list(enumerate(configs))
        if not planned:
            config = first.channel.config if first.channel is not None else ""
            planned = [(first.index.get("c", config or 0), config)]
        several = self._cameras > 1
        return [
            ((channel, camera), _channel_name(config, camera if several else None))
            for channel, config in planned
            for camera in range(self._cameras)
        ]

    def _planned_positions(self) -> list[tuple[Hashable, str]]:
        # A sequence that is made up as it goes has no sizes.
        tiles = self._sequence.sizes.get("g", 0) if self._sequence.grid_plan is not None else 0
        names = [position.name for position in self._sequence.stage_positions] or [None]
        return [
            ((number, tile), _position_name(name, tile if tiles else None))
            for number, name in enumerate(names)
            for tile in range(max(1, tiles))
        ]

    def _every(self, channel: int | None) -> int:
        """At every which time point a channel is taken."""
        channels = self._sequence.channels
        if channel is None or channel >= len(channels):
            return 1
        return max(1, channels[channel].acquire_every)

    def _interval_s(self) -> float | None:
        interval = getattr(self._sequence.time_plan, "interval", None)
        seconds = interval.total_seconds() if isinstance(interval, timedelta) else 0.0
        return seconds or None


def z_step_um(sequence: useq.MDASequence) -> float | None:
    """Return the step from slice to slice in µm; None where it is not one for all."""
    plan = sequence.z_plan
    steps = np.diff(list(plan)) if plan is not None else np.zeros(0)
    if not len(steps) or not np.allclose(steps, steps[0]):
        return None
    return float(abs(steps[0])) or None


def _channel_name(config: str, camera: int | None) -> str:
    return " ".join(filter(None, (config, "" if camera is None else f"camera {camera}")))


def _position_name(name: str | None, tile: int | None) -> str:
    return " ".join(filter(None, (name or "", "" if tile is None else f"tile {tile}")))
