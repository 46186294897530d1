"""Where in an experiment a page belongs."""

from __future__ import annotations

from typing import NamedTuple


class Plane(NamedTuple):
    """The place of one page of a file that holds several channels or slices.

    Attributes
    ----------
    channel, z, time_point : int
        From 0, along the axes of the file.
    """

    channel: int = 0
    z: int = 0
    time_point: int = 0
