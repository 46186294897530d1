"""What the command line says of a source, and the source that comes of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from acquisition import ANY_STREAM, FrameSource, full_url, open_source
from acquisition.images import StreamChoice
from pssr_live.errors import UserError

_MICROSCOPE = "micromanager"
_REPLAY = "replay:"


MicroscopeOption = float | str | tuple[str, ...]


def of_microscope(source: str) -> bool:
    """Whether frames are to come from Micro-Manager."""
    return source.partition(":")[0] in (_MICROSCOPE, f"{_MICROSCOPE}+local")


def with_options(url: str, options: Mapping[str, MicroscopeOption]) -> str:
    """Write options of the command line behind a microscope's URL.

    Raises
    ------
    UserError
        If the source takes none.
    """
    if not options:
        return url
    kind, _, rest = url.partition(":")
    if not kind.startswith(_MICROSCOPE):
        names = ", ".join(options)
        raise UserError(
            f"{url} takes no {names}: that is for Micro-Manager.",
            "Use it with --source micromanager:",
        )
    written = [
        f"{name}={_written(name, value)}"
        for name, values in options.items()
        for value in (values if isinstance(values, tuple) else (values,))
    ]
    return f"{kind}:{','.join([rest, *written] if rest else written)}"


def _written(name: str, value: float | str) -> str:
    if not isinstance(value, str):
        return f"{value:g}"
    if "," in value:
        raise UserError(
            f"{value} contains a comma, which separates the options of Micro-Manager.",
            "Rename the file."
            if name == "experiment"
            else "Name the channel in a plan: --experiment plan.yaml",
        )
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """What the command line says of any source that will be opened.

    Attributes
    ----------
    rate : str or None
        Of a replay or the simulation.
    loop : bool
        Of a replay.
    microscope : mapping of str to float, str or tuple of str
        Options of Micro-Manager's.
    choice : StreamChoice
        Channels, slice and position of a file; of Micro-Manager's camera a channel.
    interval_s : float or None
        From frame to frame of a file.
    """

    rate: str | None = None
    loop: bool = False
    microscope: Mapping[str, MicroscopeOption] = field(default_factory=dict)
    choice: StreamChoice = ANY_STREAM
    interval_s: float | None = None
    stills: bool = False

    def source(self, url: str) -> FrameSource:
        """Make a source with these options.

        Raises
        ------
        SourceError, UserError
            If there is no such source, or it takes no such option.
        """
        url = full_url(url)
        if url.startswith(_REPLAY):
            return self._replay(url)
        for_files: dict[str, float | None] = {
            "--z": self.choice.z,
            "--position": self.choice.position,
            "--window-along": 1.0 if self.choice.along_z else None,
            "--crop-bottom": self.choice.crop_bottom or None,
            "--interval": self.interval_s,
        }
        given = [name for name, value in for_files.items() if value is not None]
        if given:
            raise UserError(
                f"{url} takes no {', '.join(given)}: that is for a recorded file.",
                "Leave it out, or name a file: --source cells.tif",
            )
        options = {**self.microscope, **self._camera_channel()}
        return open_source(with_options(url, options), rate=self.rate, loop=self.loop)

    def _replay(self, url: str) -> FrameSource:
        check_interval(self.interval_s)
        return open_source(
            with_options(url, self.microscope),
            rate=self.rate,
            loop=self.loop,
            choice=self.choice,
            interval_s=self.interval_s,
            stills=self.stills,
        )

    def _camera_channel(self) -> dict[str, float]:
        channels = self.choice.channels
        if not channels:
            return {}
        if len(channels) > 1 or not isinstance(channels[0], int):
            raise UserError(
                "A camera gives one channel, chosen by its number.", "Give it, as in --channel 1."
            )
        return {"channel": channels[0]}

    def chosen_source(self, url: str) -> FrameSource:
        """Make a source that was chosen later, with those of the options that are for its kind.

        Raises
        ------
        SourceError, UserError
            If there is no such source.
        """
        if full_url(url).startswith(_REPLAY):
            return replace(self, microscope={}).source(url)
        mine = replace(self, loop=False, interval_s=None)
        if url.startswith(_MICROSCOPE):
            return replace(mine, rate=None, choice=StreamChoice(self.choice.channel)).source(url)
        return replace(mine, microscope={}, choice=ANY_STREAM).source(url)


def check_interval(interval_s: float | None) -> None:
    """Refuse an interval that is none.

    Raises
    ------
    UserError
        If it is not a time.
    """
    if interval_s is not None and not (math.isfinite(interval_s) and interval_s > 0):
        raise UserError(
            f"An interval has to be longer than 0 s, not {interval_s:g} s.",
            "Give the seconds from one frame to the next, such as --interval 0.5.",
        )
