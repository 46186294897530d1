"""Which engine restores which channel, as it was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from acquisition import Channel, channels_called, numbered, readable
from engines import AUTO
from pssr_live.defaults import DEFAULT_ENGINE
from pssr_live.errors import UserError
from pssr_live.recording import AskedRecord
from pssr_live.restoring.engine_choice import EngineChoice

NO_ENGINE = "none"
# A path may hold a comma or a blank, hardly this.
_BETWEEN = "; "


class ChannelEngines:
    """An engine for each channel, or none, where it is only shown and recorded raw.

    Channels of the same engine share one `EngineChoice`, so that it is loaded once.

    Parameters
    ----------
    usual : str
        The engine of every channel that is not named: a bundled one, a baseline, a bundle's folder,
        or ``none``.
    named : mapping of str to str
        The engines of others, by the channel's name or number from 0.
    backend, uncertain
        See `EngineChoice`.
    """

    def __init__(
        self,
        usual: str = DEFAULT_ENGINE,
        named: Mapping[str, str] | None = None,
        *,
        backend: str = AUTO,
        uncertain: bool = False,
    ) -> None:
        self._usual = usual
        self._says_usual = True
        self._named = dict(named or {})
        self._choices = {
            engine: EngineChoice(engine, backend, uncertain=uncertain)
            for engine in (usual, *self._named.values())
            if engine != NO_ENGINE
        }

    @classmethod
    def parse(cls, texts: Sequence[str], *, backend: str = AUTO, uncertain: bool = False) -> Self:
        """Understand what was typed for ``--engine``, once or several times.

        Parameters
        ----------
        texts : sequence of str
            ``ENGINE`` for all channels, or for those that no ``CHANNEL=ENGINE`` names; none for the
            engine that is usual.
        backend, uncertain
            See `EngineChoice`.

        Raises
        ------
        UserError
            If a channel is given two engines, or all are.
        """
        usual: str | None = None
        named: dict[str, str] = {}
        for text in texts:
            channel, equals, engine = (part.strip() for part in text.partition("="))
            # A folder may have an equals sign in its name.
            if not equals or Path(text).is_dir():
                if usual is not None:
                    raise UserError(
                        f"Two engines for the same channels: {readable(usual)} and "
                        f"{readable(text)}.",
                        "Name the channel of each: --engine GFP=mito-lite --engine mCherry=none",
                    )
                usual = text
            elif not channel or not engine:
                raise UserError(
                    f"--engine {readable(text)} has no {'engine' if channel else 'channel'} in it.",
                    "Give both, as in --engine GFP=mito-lite",
                )
            elif channel in named:
                raise UserError(
                    f"Channel {readable(channel)} is given two engines.", "Leave one of them out."
                )
            else:
                named[channel] = engine
        engines = cls(usual or DEFAULT_ENGINE, named, backend=backend, uncertain=uncertain)
        engines._says_usual = usual is not None
        return engines

    @classmethod
    def parse_line(cls, line: str, *, backend: str = AUTO, uncertain: bool = False) -> Self:
        """Understand what `in_one_line` has written, see `parse`."""
        return cls.parse(line.split(_BETWEEN), backend=backend, uncertain=uncertain)

    @classmethod
    def all_by(cls, choice: EngineChoice) -> Self:
        """Restore every channel by one engine."""
        engines = cls(choice.name)
        engines._choices = {choice.name: choice}
        return engines

    @property
    def choices(self) -> tuple[EngineChoice, ...]:
        """Every engine that was named, once each; those of channels that may not be there too."""
        return tuple(self._choices.values())

    def of_one_channel(self, channels: Sequence[Channel]) -> EngineChoice:
        """Return the engine of the only channel that there is.

        Raises
        ------
        UserError
            If it is given none; see also `for_channels`.
        """
        (choice,) = self.for_channels(channels)
        if choice is None:
            raise UserError("Its only channel is given no engine.", "Leave --engine out.")
        return choice

    @property
    def asked(self) -> AskedRecord | None:
        """What to write down before one is opened; None if nothing is to be restored."""
        if not self.choices:
            return None
        usual = self._choices.get(self._usual)
        first = self.choices[0].asked
        asked = first.model_copy(update={"engine": NO_ENGINE}) if usual is None else usual.asked
        named = {
            channel: NO_ENGINE if engine == NO_ENGINE else self._choices[engine].asked.engine
            for channel, engine in self._named.items()
        }
        return asked.model_copy(update={"named": named})

    @classmethod
    def as_asked(cls, asked: AskedRecord) -> Self:
        """Take what was written down as `asked`."""
        return cls(asked.engine, asked.named, backend=asked.backend, uncertain=asked.uncertain)

    @property
    def typed(self) -> list[str]:
        """What can be typed for ``--engine`` to ask for the same."""
        named = [f"{channel}={engine}" for channel, engine in self._named.items()]
        return [self._usual, *named] if self._says_usual else named

    @property
    def usual(self) -> str:
        """The engine of the channels that are not named, or ``none``."""
        return self._usual

    def for_channels(
        self, channels: Sequence[Channel], *, others_may_follow: bool = False
    ) -> tuple[EngineChoice | None, ...]:
        """Return the engine of each channel, now that it is known which there are.

        Parameters
        ----------
        channels : sequence of Channel
            As in `acquisition.FrameFormat`.
        others_may_follow : bool
            Whether channels that have names may come later: then one that has none takes the
            engine that is usual.

        Returns
        -------
        tuple of EngineChoice or None
            None for a channel that is not restored.

        Raises
        ------
        UserError
            If there is no channel of a name, or more than one; if one is named twice.
        """
        unnamed = not any(channel.name for channel in channels)
        named = {} if others_may_follow and unnamed else self._by_channel(channels)
        return tuple(
            self._choices.get(named.get(number, self._usual)) for number in range(len(channels))
        )

    def or_else(
        self, begun_with: Sequence[EngineChoice | None], channels: Sequence[Channel]
    ) -> tuple[EngineChoice | None, ...]:
        """Return the engine of each channel; of one for which none was typed, what it began with.

        Raises
        ------
        UserError
            See `for_channels`.
        """
        named = self._by_channel(channels)
        return tuple(
            chosen if self._says_usual or number in named else before
            for number, (chosen, before) in enumerate(
                zip(self.for_channels(channels), begun_with, strict=True)
            )
        )

    def _by_channel(self, channels: Sequence[Channel]) -> dict[int, str]:
        """Find the channels that are named."""
        engines: dict[int, str] = {}
        taken: dict[int, str] = {}
        for said, engine in self._named.items():
            called = channels_called(said, channels)
            if len(called) != 1:
                raise UserError(_problem(said, len(called)), _fix(channels))
            if called[0] in taken:
                raise UserError(
                    f"{readable(taken[called[0]])} and {readable(said)} are the same channel, and "
                    "have an engine each.",
                    "Leave one of them out.",
                )
            taken[called[0]] = said
            engines[called[0]] = engine
        return engines


def in_one_line(typed: Sequence[str]) -> str:
    """Write what was typed for ``--engine``, once or several times, as one text."""
    return _BETWEEN.join(typed)


def with_channel_engine(
    line: str, channels: Sequence[Channel], *, channel: int, engine: str
) -> str:
    """Give one channel another engine.

    Parameters
    ----------
    line : str
        See `in_one_line`.
    channels : sequence of Channel
    channel : int
        Of them.
    engine : str
        ``none`` to only show and record it.
    """
    engines = ChannelEngines.parse_line(line)
    chosen = [one.name if one else NO_ENGINE for one in engines.for_channels(channels)]
    chosen[channel] = engine
    names = [one.name for one in channels]
    called = [
        name if name and names.count(name) == 1 and not set("=;") & set(name) else str(number)
        for number, name in enumerate(names)
    ]
    others = [
        f"{name}={one}" for name, one in zip(called, chosen, strict=True) if one != engines.usual
    ]
    return in_one_line([engines.usual, *others])


def with_whole_paths(texts: Sequence[str]) -> tuple[str, ...]:
    """Write folders of engines in what was typed for ``--engine`` so that others find them too."""
    return tuple(map(_with_whole_path, texts))


def _with_whole_path(text: str) -> str:
    if Path(text).is_dir():
        return str(Path(text).absolute())
    channel, equals, engine = text.partition("=")
    whole = str(Path(engine).absolute()) if equals and Path(engine).is_dir() else engine
    return f"{channel}{equals}{whole}"


def _problem(said: str, count: int) -> str:
    name = readable(said)
    return f"There is no channel {name}." if not count else f"{count} channels are called {name}."


def _fix(channels: Sequence[Channel]) -> str:
    if len(channels) == 1:
        return "There is one: give the engine alone, as in --engine mito-lite"
    return f"Name one of these, or its number: {numbered([one.name for one in channels])}."
