"""Which of a file's channels, slices and positions is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from acquisition.channel import Channel, channels_called
from acquisition.errors import SourceError
from acquisition.images.image_file import ImageFile
from acquisition.images.series import CHANNEL, COLOUR, DEPTH, TIME, UNLABELLED, ImageSeries, Stream
from acquisition.names import numbered, readable

# Which frames are neighbours: those of a stream in time, or the slices of a stack in z.
WindowAlong = Literal["time", "z"]


class StreamChoice(NamedTuple):
    """What was chosen; None for what was not, which is fine where there is one.

    Attributes
    ----------
    channel : int, str, tuple of these, or None
        A number from 0, a name, or several.
    z, position : int or None
        From 0.
    window_along : {"time", "z"}
        Which frames are neighbours: those of a stream in time, or the slices of a stack in z.
    crop_bottom : int
        Rows of pixels left out at the bottom of every image, where a data bar is burnt in.
    """

    channel: int | str | tuple[int | str, ...] | None = None
    z: int | None = None
    position: int | None = None
    window_along: WindowAlong = "time"
    crop_bottom: int = 0

    @property
    def along_z(self) -> bool:
        """Whether the slices of a stack follow one another as frames do."""
        return self.window_along == "z"

    @property
    def channels(self) -> tuple[int | str, ...]:
        """Each channel that was named; none where all are meant."""
        if self.channel is None:
            return ()
        return self.channel if isinstance(self.channel, tuple) else (self.channel,)

    @property
    def only_channel(self) -> int | str | None:
        """The channel that was named, where one is taken at a time; None where none was.

        Raises
        ------
        SourceError
            If several were.
        """
        if len(self.channels) > 1:
            raise SourceError(
                f"Only one channel can be used here, not {len(self.channels)}.",
                "Give only one --channel.",
            )
        return self.channels[0] if self.channels else None

    def in_words(self) -> dict[str, str]:
        """Say what was chosen, for the record."""
        said = {
            "channel": ", ".join(map(str, self.channels)),
            "z": "" if self.z is None else str(self.z),
            "position": "" if self.position is None else str(self.position),
            "window along": "z" if self.along_z else "",
            "rows cropped at the bottom": str(self.crop_bottom) if self.crop_bottom else "",
        }
        return {name: value for name, value in said.items() if value}


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
    check_number(name, "position", position, count=count)
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
    series = cropped(name, choose_series(file, choice.position), choice.crop_bottom)
    place = _channel(name, series, choice.only_channel)
    along = series.frame_axis
    if choice.along_z:
        check_along_z(name, series, choice)
        along = DEPTH
    elif (
        series.size(DEPTH) > 1 and series.size(along) == 1 and depth_as_frames and choice.z is None
    ):
        along = DEPTH
    elif series.size(DEPTH) > 1 and choice.z is None:
        raise several_slices(name, series, along)
    else:
        check_number(name, "Z slice", choice.z, count=series.size(DEPTH), option="z")
        place[DEPTH] = choice.z or 0
    check_axes(name, series, along)
    return series.stream(along, **place)


def cropped(name: str, series: ImageSeries, rows: int) -> ImageSeries:
    """Leave rows out at the bottom of every plane.

    Raises
    ------
    SourceError
        If nothing would be left.
    """
    if not rows:
        return series
    if not 0 < rows < series.height:
        raise SourceError(
            f"{name} has {series.height} rows: {rows} can't be cropped.",
            f"Use --crop-bottom 1 to {series.height - 1}.",
        )
    height, read = series.height - rows, series.read
    return replace(series, height=height, read=lambda address: read(address)[:height])


def check_along_z(name: str, series: ImageSeries, choice: StreamChoice) -> None:
    """Refuse to take slices for frames where that is not one stack.

    Raises
    ------
    SourceError
    """
    times, depth = series.size(series.frame_axis), series.size(DEPTH)
    if times > 1 and series.frame_axis in UNLABELLED:
        raise SourceError(
            f"{name} has {times} pages, and nothing says that they are slices in z.",
            "Say so in Fiji (Image > Properties…: slices) and save it; if they are times, leave "
            "--window-along out.",
        )
    if times > 1:
        raise SourceError(
            f"{name} has {times} frames in time{f' of {depth} slices' if depth > 1 else ''}; a "
            "window along z is of a stack at a single time.",
            "Leave --window-along out. If the frames are slices, swap them in Fiji (Image > "
            "Properties…) and save it.",
        )
    if depth == 1 or choice.z is not None:
        raise SourceError(
            f"{name} has one slice{'' if depth == 1 else ' chosen'}: a window along z needs a "
            "stack.",
            "Leave --window-along out." if depth == 1 else "Leave --z out.",
        )


def check_axes(name: str, series: ImageSeries, along: str) -> None:
    """Refuse planes of which nothing says what they are.

    Raises
    ------
    SourceError
        If there is an axis beside time (`along`), channel and depth.
    """
    known = {TIME, CHANNEL, DEPTH, COLOUR, along}
    for axis, length in series.sizes.items():
        if axis not in known and length > 1:
            raise SourceError(
                f"{name} has the axes {_letters(series)}: nothing says what the {length} planes "
                f"along {axis} are.",
                "Say so in ImageJ with Image > Hyperstacks > Stack to Hyperstack…, and save it.",
            )


def find_channel(name: str, series: ImageSeries, said: int | str) -> int:
    """Find a channel, or one of the colours of a picture, by its number or name.

    Raises
    ------
    SourceError
        If there is none such, or more than one.
    """
    colours = series.size(COLOUR) > 1
    count = series.size(COLOUR if colours else CHANNEL)
    known = series.channels if len(series.channels) == count and not colours else ()
    called = channels_called(said, known or (Channel(),) * count)
    if len(called) == 1:
        return called[0]
    names = [one.name for one in known]
    if called:
        raise SourceError(
            f"{name} has {len(called)} channels called {readable(said)}.",
            f"Choose by number: --channel 0 to {count - 1}{_listed(names)}.",
        )
    raise SourceError(
        f"{name} has no channel {readable(said)}.",
        f"Choose one of 0 to {count - 1}{_listed(names)}."
        if count > 1
        else "It has one: leave --channel out.",
    )


def _channel(name: str, series: ImageSeries, channel: int | str | None) -> dict[str, int]:
    colours, channels = series.size(COLOUR), series.size(CHANNEL)
    if colours > 1:
        check_colours(name, series)
        if channel is None:
            raise in_colour(name, series)
        return {COLOUR: find_channel(name, series, channel)}
    if channel is None and channels > 1:
        swap = (
            ""
            if series.size(TIME) > 1
            else " If these are times, swap channels and frames in ImageJ with "
            "Image > Properties… and save it."
        )
        raise SourceError(
            f"{name} has {channels} channels{_listed([one.name for one in series.channels])}.",
            f"Choose one channel: --channel 0 to {channels - 1}.{swap}",
        )
    return {CHANNEL: 0 if channel is None else find_channel(name, series, channel)}


def check_colours(name: str, series: ImageSeries) -> None:
    """Refuse several channels that are each in colour.

    Raises
    ------
    SourceError
    """
    channels = series.size(CHANNEL)
    if series.size(COLOUR) > 1 and channels > 1:
        raise SourceError(
            f"{name} has {channels} channels, each in colour.", "Export one grey channel."
        )


def in_colour(name: str, series: ImageSeries) -> SourceError:
    """Say that a picture in colour holds no counts."""
    return SourceError(
        f"{name} is in colour (RGB), not a detector's counts.",
        f"Choose one channel: --channel 0 to {series.size(COLOUR) - 1}. "
        "In a grey picture saved as RGB all are alike.",
    )


def several_slices(name: str, series: ImageSeries, along: str) -> SourceError:
    """Say that there are several slices, where one is needed."""
    count = series.size(DEPTH)
    if series.size(along) == 1:
        return SourceError(
            f"{name} is a stack in z, not in time: {count} Z slices.",
            "If its slices are times, swap slices and frames in Fiji (Image > Properties…) and "
            "save it. Otherwise restore each slice with its neighbours, --window-along z, or by "
            "itself with a single-frame engine.",
        )
    return SourceError(
        f"{name} has {count} Z slices at each time.", f"Choose one: --z 0 to {count - 1}."
    )


def check_number(name: str, what: str, chosen: int | None, *, count: int, option: str = "") -> None:
    """Refuse a number that is none of `count`.

    Raises
    ------
    SourceError
    """
    if chosen is not None and not 0 <= chosen < count:
        raise SourceError(
            f"{name} has no {what} {chosen}.",
            f"Choose one of 0 to {count - 1}."
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
