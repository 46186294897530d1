"""Frames from a microscope that Micro-Manager drives."""

from acquisition.micromanager.options import MicroManagerOptions
from acquisition.micromanager.source import MicroManagerSource

__all__ = ["MicroManagerOptions", "MicroManagerSource"]
