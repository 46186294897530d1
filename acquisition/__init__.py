"""How frames come in: the frame, the ring buffer and the sources that fill it."""

from acquisition.channel import Channel, StreamKey, channels_called
from acquisition.errors import EndOfFrames, FormatChanged, RunEnded, SourceError
from acquisition.frame import (
    NOTHING_MISSING,
    ONE_STREAM,
    Frame,
    FrameFormat,
    Missing,
    PixelType,
)
from acquisition.interleaved_ring import InterleavedRing, frames_needed, new_ring
from acquisition.lent_memory import LentMemory
from acquisition.power import awake, full_speed
from acquisition.ring import Overtaken, RingBuffer
from acquisition.source import FrameSource, brings_experiments, full_url, open_source
from acquisition.stream_order import StreamOrder
from acquisition.window import WINDOW_LENGTH, Window, run_starts, window_positions

__all__ = [
    "NOTHING_MISSING",
    "ONE_STREAM",
    "WINDOW_LENGTH",
    "Channel",
    "EndOfFrames",
    "FormatChanged",
    "Frame",
    "FrameFormat",
    "FrameSource",
    "InterleavedRing",
    "LentMemory",
    "Missing",
    "Overtaken",
    "PixelType",
    "RingBuffer",
    "RunEnded",
    "SourceError",
    "StreamKey",
    "StreamOrder",
    "Window",
    "awake",
    "brings_experiments",
    "channels_called",
    "frames_needed",
    "full_speed",
    "full_url",
    "new_ring",
    "open_source",
    "run_starts",
    "window_positions",
]
