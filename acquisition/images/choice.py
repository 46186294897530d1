"""Which of a file's channels, slices and positions is meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from acquisition.errors import SourceError
from acquisition.images.image_file import ImageFile
from acquisition.images.series import CHANNEL, COLOUR, DEPTH, TIME, UNLABELLED, ImageSeries, Stream
from acquisition.names import numbered, readable


class StreamChoice(NamedTuple):
    """What was chosen; None for what was not, which is fine where there is one.

    Attributes
    ----------
    channel, z, position : int or None
        From 0.
    """

    channel: int | None = None
    z: int | None = None
    position: int | None = None

    def in_words(self) -> dict[str, str]:
        """Say what was chosen, for the record."""
        return {name: str(value) for name, value in self._asdict().items() if value is not None}


def choose_series(file: ImageFile, position: int | None) -> ImageSeries:
    """Take one position of a file.

    Raises
    ------
    SourceError
        If there are several and none was chosen, or not that one.
    """
    name, count = readable(file.path.name), len(file.series)
    if position is None and count > 1:
        raise SourceError(
            f"{name} holds {count} time-lapses, at {count} positions"
            f"{_listed([series.name for series in file.series])}.",
            f"Choose one: --position 0 to {count - 1}.",
        )
    _check(name, "position", position, count)
    return file.series[position or 0]


def choose_stream(
    file: ImageFile, choice: StreamChoice, *, depth_as_frames: bool = False
) -> Stream:
    """Take one channel, slice and position of a file.

    Parameters
    ----------
    file : ImageFile
    choice : StreamChoice
    depth_as_frames : bool
        Take the slices of a stack in z for frames.

    Raises
    ------
    SourceError
        If there are several and none was chosen, or not that one; if an axis is neither.
    """
    name = readable(file.path.name)
    series = choose_series(file, choice.position)
    place = _channel(name, series, choice.channel)
    along = series.frame_axis
    if series.size(DEPTH) > 1 and series.size(along) == 1 and depth_as_frames and choice.z is None:
        along = DEPTH
    elif series.size(DEPTH) > 1 and choice.z is None:
        raise _several_slices(name, series, along)
    else:
        _check(name, "Z slice", choice.z, series.size(DEPTH), option="z")
        place[DEPTH] = choice.z or 0
    known = {TIME, CHANNEL, DEPTH, COLOUR, along}
    for axis, length in series.sizes.items():
        if axis not in known and length > 1:
            raise SourceError(
                f"{name} has the axes {_letters(series)}: nothing says what the {length} planes "
                f"along {axis} are.",
                "Say it: in ImageJ Image > Hyperstacks > Stack to Hyperstack…, and save it.",
            )
    return series.stream(along, **place)


def _channel(name: str, series: ImageSeries, channel: int | None) -> dict[str, int]:
    colours, channels = series.size(COLOUR), series.size(CHANNEL)
    if colours > 1:
        if channels > 1:
            raise SourceError(
                f"{name} has {channels} channels, each in colour.", "Export one grey channel."
            )
        if channel is None:
            raise SourceError(
                f"{name} is in colour (RGB), which holds no detector counts.",
                f"Choose one channel: --channel 0 to {colours - 1}. "
                "In a grey picture saved as RGB all are alike.",
            )
        _check(name, "channel", channel, colours)
        return {COLOUR: channel}
    if channel is None and channels > 1:
        swap = (
            ""
            if series.size(TIME) > 1
            else " If these are times, exchange channels and frames in ImageJ with "
            "Image > Properties… and save it."
        )
        raise SourceError(
            f"{name} has {channels} channels{_listed([one.name for one in series.channels])}.",
            f"Choose one channel: --channel 0 to {channels - 1}.{swap}",
        )
    _check(name, "channel", channel, channels)
    return {CHANNEL: channel or 0}


def _several_slices(name: str, series: ImageSeries, along: str) -> SourceError:
    count = series.size(DEPTH)
    if series.size(along) == 1:
        return SourceError(
            f"{name} is a stack in z, not in time: {count} Z slices.",
            "Is it time? Swap slices and frames in Fiji (Image > Properties…) and save it. "
            "Otherwise give one plane, or a projection, over time.",
        )
    return SourceError(
        f"{name} has {count} Z slices at each time.", f"Choose one: --z 0 to {count - 1}."
    )


def _check(name: str, what: str, chosen: int | None, count: int, option: str = "") -> None:
    if chosen is not None and not 0 <= chosen < count:
        raise SourceError(
            f"{name} has no {what} {chosen}.",
            f"Take one of 0 to {count - 1}."
            if count > 1
            else f"It has one: leave --{option or what} out.",
        )


def _listed(names: Sequence[str]) -> str:
    return f" ({numbered(names)})" if any(names) else ""


def _letters(series: ImageSeries) -> str:
    long = [axis for axis, length in series.sizes.items() if length > 1]
    ordered = [axis for axis in long if axis in UNLABELLED or axis not in (TIME, CHANNEL, DEPTH)]
    ordered += [axis for axis in (TIME, CHANNEL, DEPTH) if axis in long]
    names = [*ordered, "Y", "X"]
    return "".join(names) if all(len(name) == 1 for name in names) else ", ".join(names)
