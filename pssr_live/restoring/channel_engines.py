"""Which engine restores which channel, as it was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from acquisition import Channel, channels_called
from acquisition.names import numbered, readable
from engines import AUTO
from pssr_live.defaults import DEFAULT_ENGINE
from pssr_live.errors import UserError
from pssr_live.recording import AskedRecord
from pssr_live.restoring.engine_choice import EngineChoice

NO_ENGINE = "none"


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
                    f"--engine {readable(text)} names no {'engine' if channel else 'channel'}.",
                    "Give both, as in --engine GFP=mito-lite",
                )
            elif channel in named:
                raise UserError(
                    f"Channel {readable(channel)} is given two engines.", "Leave one of them out."
                )
            else:
                named[channel] = engine
        return cls(usual or DEFAULT_ENGINE, named, backend=backend, uncertain=uncertain)

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

    @property
    def only(self) -> EngineChoice | None:
        """The engine that is for all channels; None where it depends on the channel."""
        return None if self._named else self._choices.get(self._usual)

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

    def for_channels(self, channels: Sequence[Channel]) -> tuple[EngineChoice | None, ...]:
        """Return the engine of each channel, now that it is known which there are.

        Parameters
        ----------
        channels : sequence of Channel
            As in `acquisition.FrameFormat`.

        Returns
        -------
        tuple of EngineChoice or None
            None for a channel that is not restored.

        Raises
        ------
        UserError
            If there is no channel of a name, or more than one; if one is named twice.
        """
        engines = [self._usual] * len(channels)
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
        return tuple(self._choices.get(engine) for engine in engines)


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
