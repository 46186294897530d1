"""A channel, and the streams of an experiment: one for each channel, z slice and position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from acquisition.names import readable


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel.

    Attributes
    ----------
    name : str
        As the microscope called it; may be empty.
    colour : tuple of int or None
        Red, green, blue, 0 to 255.
    wavelength_nm : float or None
        Of the emitted light.
    """

    name: str = ""
    colour: tuple[int, int, int] | None = None
    wavelength_nm: float | None = None

    def __post_init__(self) -> None:
        if not self.name.isprintable():
            # No file takes half a character, no terminal should get an order.
            object.__setattr__(self, "name", readable(self.name))


class StreamKey(NamedTuple):
    """Which stream a frame is of.

    Attributes
    ----------
    position, channel, z : int
        From 0, as `acquisition.FrameFormat` names them.
    """

    position: int = 0
    channel: int = 0
    z: int = 0


def channels_called(said: str | int, channels: Sequence[Channel]) -> list[int]:
    """Find the channels that are meant by a number or a name.

    Parameters
    ----------
    said : str or int
        A number from 0, where there are so many channels; else a name, in capitals or not.
    channels : sequence of Channel

    Returns
    -------
    list of int
        Their numbers: none, where nothing is called so; more than one, where several are.
    """
    name = str(said).strip()
    if name.isdecimal() and int(name) < len(channels):
        return [int(name)]
    called = name.casefold()
    return [n for n, one in enumerate(channels) if one.name.strip().casefold() == called != ""]
