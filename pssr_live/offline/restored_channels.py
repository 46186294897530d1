"""The channels of an experiment that are restored into one file, and what the file says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from acquisition import Channel, FrameFormat, readable
from acquisition.images import RESTORED_NOTE
from engines import IntensityScale
from pssr_live._version import __version__
from pssr_live.errors import UserError
from pssr_live.offline.file_notes import made_by_notes
from pssr_live.recording import ImageDescription
from pssr_live.restoring import EngineChoice, SharedEngine


class RestoredChannel(NamedTuple):
    """A channel that is restored.

    Attributes
    ----------
    number : int
        Of the channel in the experiment.
    label : str
        How notes call it: its name, or a number where that tells it from no other.
    choice : EngineChoice
    intensity : IntensityScale
    """

    number: int
    label: str
    choice: EngineChoice
    intensity: IntensityScale

    def notes(self, notes: Mapping[str, str]) -> dict[str, str]:
        """Say of the channel what is said of a whole file otherwise."""
        return {
            f"{name} of {self.label}": note for name, note in notes.items() if name != RESTORED_NOTE
        }

    @property
    def scale_notes(self) -> dict[str, str]:
        """What the file says of its intensity scale."""
        return self.notes(
            {
                "intensity offset": repr(self.intensity.offset),
                "intensity gain": repr(self.intensity.gain),
            }
        )

    def notes_by(self, shared: SharedEngine) -> dict[str, str]:
        """Say what restores it."""
        notes = made_by_notes(shared, self.choice, self.intensity)
        return {RESTORED_NOTE: notes[RESTORED_NOTE]} | self.notes(notes)

    def described(self, about: FrameFormat, shared: SharedEngine) -> Channel:
        """Describe it as a channel of the restored file."""
        channel = about.channels[self.number]
        named = len(about.channels) > 1 or channel.name
        name = f"{self.label} restored by" if named else "restored by"
        return replace(channel, name=f"{name} {shared.name} (predicted)")


def label_of(about: FrameFormat, number: int) -> str:
    """How notes call a channel, see `RestoredChannel`."""
    name = about.channels[number].name
    alike = [channel.name for channel in about.channels].count(name)
    return readable(name) if name and alike == 1 else f"channel {number}"


def describe(
    about: FrameFormat,
    channels: Sequence[RestoredChannel],
    shared: Mapping[int, SharedEngine],
    *,
    notes: Mapping[str, str],
) -> ImageDescription:
    """Describe the file that holds the restored channels.

    Parameters
    ----------
    about : FrameFormat
        Of the experiment.
    channels : sequence of RestoredChannel
    shared : mapping of int to SharedEngine
        What restores each channel, by its number in the experiment.
    notes : mapping of str to str
        What is said besides.

    Raises
    ------
    UserError
        If engines restore to different sizes.
    """
    scales = {engine.scale_factor for engine in shared.values()}
    if len(scales) > 1:
        raise UserError(
            "Engines that restore to different sizes can't write into one file.",
            "Restore one channel at a time: --channel GFP --output GFP.ome.tif",
        )
    (scale,) = scales
    said: dict[str, str] = {}
    for one in channels:
        said |= one.notes_by(shared[one.number])
    return ImageDescription(
        name="restored",
        channels=tuple(one.described(about, shared[one.number]) for one in channels),
        shape=(about.height * scale, about.width * scale),
        dtype=about.dtype,
        significant_bits=8 * about.dtype.itemsize,
        pixel_size_um=(about.pixel_size_um or 0.0) / scale or None,
        interval_s=about.interval_s,
        acquired_at=None,
        slices=about.slices,
        z_step_um=about.z_step_um,
        placed=True,
        notes=said | {**notes, "software": f"pssr-live {__version__}"},
    )
