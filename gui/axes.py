"""Which streams an experiment has, as far as they are told apart in the window."""

from __future__ import annotations

from typing import NamedTuple

from acquisition import Channel


class Axes(NamedTuple):
    """Channels, z slices and positions; one of each where nothing else is said.

    Attributes
    ----------
    channels : tuple of Channel
        At least one.
    slices : int
        Of each channel.
    z_step_um : float or None
        From slice to slice in µm.
    positions : tuple of str
        Their names; at least one.
    """

    channels: tuple[Channel, ...] = (Channel(),)
    slices: int = 1
    z_step_um: float | None = None
    positions: tuple[str, ...] = ("",)

    @property
    def streams(self) -> int:
        """How many streams there are."""
        return len(self.channels) * self.slices * len(self.positions)

    def name_of(self, channel: int) -> str:
        """Name a channel in words."""
        return self.channels[channel].name or f"channel {channel}"


ONE_OF_EACH = Axes()
