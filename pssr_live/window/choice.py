"""What the user chose: where frames come from, and what restores them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from acquisition import Channel
from acquisition.micromanager import without_experiment
from pssr_live.defaults import DEFAULT_ENGINE
from pssr_live.errors import UserError
from pssr_live.restoring import NO_ENGINE, ChannelEngines


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user chose, empty until then: a source by its URL, an engine by name or folder.

    Engines of several channels stand in one text, see `pssr_live.restoring.in_one_line`.
    """

    source: str
    engine: str

    @property
    def usual_engine(self) -> str:
        """The engine of the channels that have none of their own."""
        usual = ChannelEngines.parse_line(self.engine).usual
        return DEFAULT_ENGINE if usual == NO_ENGINE else usual

    def with_usual_engine(self) -> Choice:
        """Forget which engine was chosen for which channel: another source has other channels."""
        return replace(self, engine=self.usual_engine)

    def engines_of(self, channels: Sequence[Channel]) -> list[tuple[str, str]]:
        """Name each channel and its engine; none where they are of another source."""
        try:
            engines = ChannelEngines.parse_line(self.engine).for_channels(tuple(channels))
        except UserError:
            return []
        return [
            (channel.name or f"channel {number}", engine.name if engine else NO_ENGINE)
            for number, (channel, engine) in enumerate(zip(channels, engines, strict=True))
        ]


def engine_of_last_time(remembered: str) -> str:
    """Return the engine that is remembered, where a file written by hand holds nothing else."""
    try:
        ChannelEngines.parse_line(remembered)
    except UserError:
        return DEFAULT_ENGINE
    return remembered or DEFAULT_ENGINE


def microscope_at(port: int, *before: str) -> str:
    """Return the URL of Micro-Manager at a port.

    Parameters
    ----------
    port : int
        0 for the one that was used last.
    before : str
        Sources of before, the last one first.
    """
    known = next((url for url in before if url.startswith("micromanager")), "micromanager:")
    return f"micromanager:{port}" if port else without_experiment(known)
