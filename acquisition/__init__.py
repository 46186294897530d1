"""How frames come in: the frame, the ring buffer and the sources that fill it."""

from acquisition.errors import EndOfFrames, FormatChanged, SourceError
from acquisition.frame import Frame, FrameFormat, PixelType
from acquisition.ring import Overtaken, RingBuffer
from acquisition.source import FrameSource, full_url, open_source
from acquisition.window import WINDOW_LENGTH, Window, run_starts, window_positions

__all__ = [
    "WINDOW_LENGTH",
    "EndOfFrames",
    "FormatChanged",
    "Frame",
    "FrameFormat",
    "FrameSource",
    "Overtaken",
    "PixelType",
    "RingBuffer",
    "SourceError",
    "Window",
    "full_url",
    "open_source",
    "run_starts",
    "window_positions",
]
