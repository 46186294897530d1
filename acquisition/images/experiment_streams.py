"""All streams of a file, or those that were chosen: its positions, channels and slices."""

from __future__ import annotations

from typing import NamedTuple

from acquisition.channel import Channel, StreamKey
from acquisition.errors import SourceError
from acquisition.images.choice import (
    StreamChoice,
    check_along_z,
    check_axes,
    check_colours,
    check_number,
    cropped,
    find_channel,
    in_colour,
    several_slices,
)
from acquisition.images.image_file import ImageFile
from acquisition.images.series import CHANNEL, COLOUR, DEPTH, ImageSeries, Key, Stream
from acquisition.names import readable

# By channel and slice as they are counted in the file.
_Keys = dict[tuple[int, int], dict[int, Key]]


class ExperimentStreams(NamedTuple):
    """What a file holds, as far as it was chosen.

    Attributes
    ----------
    positions : tuple of str
        Their names; empty where there is one.
    channels : tuple of Channel
    slices : int
    z_step_um : float or None
        None for a single slice.
    along_z : bool
        Whether the frames of the stream are the slices.
    streams : dict of StreamKey to Stream
        In order; also those of which no frame is there.
    """

    positions: tuple[str, ...]
    channels: tuple[Channel, ...]
    slices: int
    z_step_um: float | None
    along_z: bool
    streams: dict[StreamKey, Stream]


def choose_streams(
    file: ImageFile, choice: StreamChoice, *, stills: bool = False
) -> ExperimentStreams:
    """Take all positions, channels and slices of a file, or those that were chosen.

    Parameters
    ----------
    file : ImageFile
    choice : StreamChoice
        What is not chosen is all taken.
    stills : bool
        Take channels and slices at a single time too.

    Raises
    ------
    SourceError
        If there is none such; if it is a picture in colour, or nothing in it is a time-lapse; if
        positions are not alike.
    """
    name = readable(file.path.name)
    check_number(name, "position", choice.position, count=len(file.series))
    chosen = range(len(file.series)) if choice.position is None else [choice.position]
    series = [cropped(name, file.series[position], choice.crop_bottom) for position in chosen]
    _check_alike(name, series)
    widest = max(series, key=lambda one: one.size(CHANNEL) * one.size(DEPTH))
    channels = _chosen_channels(name, widest, choice)
    deepest = max(one.size(DEPTH) for one in series)
    check_number(name, "Z slice", choice.z, count=deepest, option="z")
    slices = range(deepest) if choice.z is None else [choice.z]
    if choice.along_z:
        for one in series:
            check_along_z(name, one, choice)
        if len(channels) > 1:
            raise SourceError(
                f"{name} has {len(channels)} channels, and a window along z is of one.",
                f"Choose one: --channel 0 to {widest.size(CHANNEL) - 1}.",
            )
        slices = range(1)
    streams: dict[StreamKey, Stream] = {}
    for position, one in enumerate(series):
        along = DEPTH if choice.along_z else one.frame_axis
        check_axes(name, one, along)
        if one.size(along) == 1 and len(slices) > 1 and not stills:
            raise several_slices(name, one, along)
        keys = _by_stream(one, along)
        for channel, number in enumerate(channels):
            for z, depth in enumerate(slices):
                found = dict(sorted(keys.get((number, depth), {}).items()))
                streams[StreamKey(position, channel, z)] = Stream(one, along, found)
    single = all(one.size(one.frame_axis) == 1 for one in series)
    if len(channels) > 1 and single and not stills:
        raise SourceError(
            f"{name} has {len(channels)} channels at a single time.",
            "If they are times, swap channels and frames in ImageJ with Image > Properties… and "
            "save it.",
        )
    several = len(file.series) > 1
    return ExperimentStreams(
        positions=tuple(_name(file.series[n], n) if several else "" for n in chosen),
        channels=_described(widest, channels),
        slices=len(slices),
        z_step_um=widest.z_step_um if len(slices) > 1 or choice.along_z else None,
        along_z=choice.along_z,
        streams=streams,
    )


def _chosen_channels(name: str, series: ImageSeries, choice: StreamChoice) -> list[int]:
    check_colours(name, series)
    numbers = [find_channel(name, series, said) for said in choice.channels]
    if numbers:
        return sorted(set(numbers))
    if series.size(COLOUR) > 1:
        raise in_colour(name, series)
    return list(range(series.size(CHANNEL)))


def _by_stream(series: ImageSeries, along: str) -> _Keys:
    """Group planes by their channel, or their colour in a picture, and slice."""
    names = list(series.sizes)
    channel = COLOUR if series.size(COLOUR) > 1 else CHANNEL
    # Slices that follow one another as frames are of no slice.
    axes = (channel, "" if along == DEPTH else DEPTH, along)
    columns = [names.index(axis) if axis in names else None for axis in axes]
    streams: _Keys = {}
    for key in series.planes:
        c, z, t = (0 if column is None else key[column] for column in columns)
        streams.setdefault((c, z), {})[t] = key
    return streams


def _check_alike(name: str, series: list[ImageSeries]) -> None:
    """Refuse positions that can't be frames of one experiment."""
    first = series[0]
    for one in series[1:]:
        sizes = (one.height, one.width, one.dtype) == (first.height, first.width, first.dtype)
        names = [channel.name for channel in one.channels]
        same = names == [channel.name for channel in first.channels]
        if not (sizes and same and one.size(COLOUR) == first.size(COLOUR)):
            what = "other channels" if sizes else "images of another size or pixel type"
            raise SourceError(
                f"{name} has {what} at some positions than at others.",
                f"Choose one: --position 0 to {len(series) - 1}.",
            )


def _described(series: ImageSeries, numbers: list[int]) -> tuple[Channel, ...]:
    """Say what is known of the chosen channels; a colour that all have tells none apart."""
    if len(series.channels) != series.size(CHANNEL):
        return (Channel(),) * len(numbers)
    colours = {one.colour for one in series.channels}
    told_apart = len(series.channels) == 1 or len(colours) > 1
    found = [
        series.channels[number] if number < len(series.channels) else Channel()
        for number in numbers
    ]
    return tuple(one if told_apart else Channel(one.name, None, one.wavelength_nm) for one in found)


def _name(series: ImageSeries, number: int) -> str:
    return series.name or f"position {number}"
