"""Where an image belongs in an experiment of Micro-Manager: its Coords, as text."""

from __future__ import annotations

import re
from typing import NamedTuple

from acquisition.channel import StreamKey
from acquisition.micromanager.answers import OddAnswerError

_ONE = re.compile(r"<([^<>]*)>")
_AXES = ("time", "position", "channel", "z")
_ALONG_TIME, _ALONG_OTHERS = 2**40, 10_000


class ImageCoords(NamedTuple):
    """Which image of an experiment it is.

    Attributes
    ----------
    time, position, channel, z : int
        From 0.
    """

    time: int = 0
    position: int = 0
    channel: int = 0
    z: int = 0

    @property
    def stream(self) -> StreamKey:
        """Of which stream it is."""
        return StreamKey(self.position, self.channel, self.z)

    @classmethod
    def of(cls, stream: StreamKey, time: int) -> ImageCoords:
        """Name an image of a stream."""
        return cls(time, *stream)

    def __str__(self) -> str:
        """Write them as Micro-Manager's ``createCoords`` reads them."""
        return ",".join(f"{axis}={index}" for axis, index in zip(_AXES, self, strict=True))


def read_coords(text: str) -> tuple[list[ImageCoords], list[str]]:
    """Read a list of Coords, as Java prints it.

    Parameters
    ----------
    text : str
        Such as ``[<channel=1 time=2>, <>]``; an index of 0 is left out.

    Returns
    -------
    list of ImageCoords
        In the order in which they should be shown: time point by time point.
    list of str
        Names of axes that are none of ours; images that lie along one are left out.

    Raises
    ------
    OddAnswerError
        If an index can't be.

    Examples
    --------
    >>> read_coords("[<channel=1 time=2>, <>]")[0][1]
    ImageCoords(time=2, position=0, channel=1, z=0)
    """
    found: list[ImageCoords] = []
    strange: set[str] = set()
    for one in _ONE.findall(text):
        indices = dict(part.partition("=")[::2] for part in one.split())
        others = {axis for axis, index in indices.items() if axis not in _AXES and index != "0"}
        strange |= others
        if not others:
            found.append(ImageCoords(*(_index(one, indices.get(axis, "0")) for axis in _AXES)))
            if found[-1].time >= _ALONG_TIME or max(found[-1].stream) >= _ALONG_OTHERS:
                raise OddAnswerError("for the coordinates of an image", one)
    return sorted(found), sorted(strange)


def _index(coords: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise OddAnswerError("for the coordinates of an image", coords)
    return int(text)
