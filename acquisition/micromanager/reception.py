"""What the client's messages mean: formats, frames, and how far an experiment has come."""

from __future__ import annotations

import math
import time
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from acquisition.channel import Channel, StreamKey
from acquisition.frame import ONE_STREAM, Frame, FrameFormat
from acquisition.micromanager.experiment_progress import ExperimentProgress
from acquisition.micromanager.resumption import Resumption
from acquisition.micromanager.wire import Message


def read_format(content: dict[str, Any]) -> FrameFormat:
    """Read the format that a message announces."""
    told = dict(content["format"])
    channels = told.pop("channels", None)
    if channels is not None:
        told["channels"] = tuple(
            Channel(name, tuple(colour) if colour else None) for name, colour in channels
        )
        told["positions"] = tuple(told["positions"])
    return FrameFormat(**told)


def format_as_json(frame_format: FrameFormat) -> dict[str, Any]:
    """Write a format as a message announces it, see `read_format`."""
    told = {**asdict(frame_format), "dtype": frame_format.dtype.name}
    told["channels"] = [(channel.name, channel.colour) for channel in frame_format.channels]
    return told


def read_frame(message: Message) -> Frame:
    """Read a frame, which reaches this process now."""
    content = message.content
    assert message.pixels is not None  # noqa: S101 - a frame has them
    index = content["index"]
    return Frame(
        pixels=message.pixels,
        index=index,
        acquired=content["acquired"],
        received=time.perf_counter(),
        tags=MappingProxyType(content["tags"]),
        lost_to=content["lost_to"],
        stream=StreamKey(*content.get("stream", ONE_STREAM)),
        time_point=content.get("time_point", index),
        late_s=math.nan if content.get("late") is None else content["late"],
    )


class Reception:
    """What has been received, so that another client can go on where one was lost.

    Attributes
    ----------
    experiment : ExperimentProgress or None
        Of Micro-Manager, that is followed.
    """

    def __init__(self) -> None:
        self._last: Frame | None = None
        self.experiment: ExperimentProgress | None = None

    def begin(self, content: dict[str, Any]) -> bool:
        """Take note of an announced format; returns whether another experiment begins with it."""
        told = content.get("experiment")
        if told is None:
            self.experiment = None
        elif self.experiment is None or self.experiment.name != told["name"]:
            self.experiment, self._last = ExperimentProgress(**told), None
            return True
        return False

    def note(self, frame: Frame, content: dict[str, Any]) -> None:
        """Take note of a frame."""
        if self.experiment is None:
            self._last = frame
            return
        self.experiment.note(frame.stream, frame.time_point, frame.index)
        self.experiment.fetched += 1
        self.experiment.began_ms = content["began_ms"]

    def resumption(self, mode: str, told: FrameFormat | None) -> Resumption | None:
        """Say where frames stand; None where none has come.

        Parameters
        ----------
        mode : str
            ``acquire`` or ``follow``; empty where Micro-Manager itself has gone.
        told : FrameFormat or None
            What was announced last.
        """
        last, experiment = self._last, self.experiment
        if told is None or (last is None and experiment is None):
            return None
        tags = dict(last.tags) if last is not None and experiment is None else {}
        began_ms = 0.0
        if last is not None and experiment is None:
            began_ms = float(tags["ElapsedTime-ms"]) - 1000 * last.acquired
        return Resumption(
            mode=mode,
            tags=tags,
            began_ms=began_ms,
            height=told.height,
            width=told.width,
            dtype=told.dtype.name,
            pixel_size_um=told.pixel_size_um,
            interval_s=told.interval_s,
            experiment=experiment,
        )
