"""A session from the command line: in the window, or headless."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from acquisition import FrameSource
from pssr_live.cli.source_options import SourceOptions
from pssr_live.defaults import DEFAULT_ENGINE
from pssr_live.errors import UserError
from pssr_live.recording import ImageFormat
from pssr_live.restoring import ChannelEngines, in_one_line
from pssr_live.session import LiveSession, Publisher, follow_to_end


def engines_in_one_line(typed: Sequence[str] | None) -> str:
    """Write what was typed for ``--engine``, once or several times, as the window shows it."""
    return in_one_line(typed or [DEFAULT_ENGINE])


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """What the command line says of a session, whatever its source.

    `engine` is what was typed for ``--engine``, see `engines_in_one_line`; empty where the window
    knows.
    """

    engine: str
    backend: str = "auto"
    save: Path | None = None
    frames: int | None = None
    headless: bool = False
    image_format: ImageFormat = ImageFormat.OME_TIFF
    publish: str | None = None
    publish_to_network: bool = False
    snapshot: Path | None = None
    raw_only: bool = False
    uncertainty: bool = False
    provisional: bool | None = None
    chosen: dict[str, ChannelEngines] = field(default_factory=dict)

    def choose(self, engine: str) -> ChannelEngines:
        """Choose engines, on what the command line says; the same ones every time.

        Raises
        ------
        UserError
            If a channel is given two.
        EngineError
            If one can't say how far off it may be, and shall.
        """
        if engine not in self.chosen:
            engines = ChannelEngines.parse_line(
                engine, backend=self.backend, uncertain=self.uncertainty
            )
            if self.uncertainty or not self.raw_only:
                # Of raw frames nothing is restored but what is looked at.
                for choice in engines.choices:
                    choice.check()
            self.chosen[engine] = engines
        return self.chosen[engine]

    def check(self) -> None:
        """Refuse what would fail late.

        Raises
        ------
        UserError
            If what writes the format is not installed, or there will be no picture.
        EngineError
            If the engine can't say how far off it may be, and shall.
        """
        self.image_format.require()
        if self.engine:
            self.choose(self.engine)
        if self.snapshot is None:
            return
        if self.headless:
            raise UserError("--snapshot is a picture of the window.", "Leave out --headless.")
        if self.snapshot.suffix.lower() != ".png":
            raise UserError(
                f"The window's picture is a PNG, not {self.snapshot.name}.",
                "Name it as in --snapshot window.png",
            )
        if not self.snapshot.absolute().parent.is_dir():
            raise UserError(
                f"There is no folder {self.snapshot.absolute().parent}.",
                "Make it, or choose another --snapshot.",
            )


def run_headless(
    source: FrameSource,
    options: SessionOptions,
    publisher: Publisher | None,
    *,
    console: Console,
    kept: bool = True,
) -> LiveSession:
    """Run a session to its end, with progress and a summary in the terminal.

    Parameters
    ----------
    source : FrameSource
        Not yet open.
    options : SessionOptions
    publisher : Publisher or None
        Gets the newest frames.
    console : Console
    kept : bool
        Whether what is recorded outlasts the command.

    Returns
    -------
    LiveSession
        It has ended.
    """
    session = _make_session(source, options, publisher, engine=options.engine, folder=options.save)
    session.start()
    follow_to_end(session, options.frames, console, kept=kept)
    return session


def run_in_window(
    source: str,
    options: SessionOptions,
    *,
    source_options: SourceOptions | None = None,
    publisher: Publisher | None = None,
    recording: Path | None = None,
) -> None:
    """Run sessions in the window, until it is closed.

    Parameters
    ----------
    source : str
        A URL; empty to have it chosen in the window.
    options : SessionOptions
        Of every session.
    source_options : SourceOptions, optional
        Of this source, and of any that is chosen.
    publisher : Publisher, optional
        Gets the newest frames.
    recording : Path, optional
        A recording to look at; the window of sessions comes only when it is restored again.
    """
    from pssr_live.window import Choice, run_window

    of_sources = source_options or SourceOptions()

    def make_session(choice: Choice, folder: Path | None) -> LiveSession:
        chosen = of_sources.chosen_source(choice.source)
        return _make_session(chosen, options, publisher, engine=choice.engine, folder=folder)

    run_window(
        make_session,
        Choice(source, options.engine),
        save=options.save,
        frames=options.frames,
        picture=options.snapshot,
        recording=recording,
    )


def _make_session(
    source: FrameSource,
    options: SessionOptions,
    publisher: Publisher | None,
    *,
    engine: str,
    folder: Path | None,
) -> LiveSession:
    session = LiveSession(
        source,
        options.choose(engine),
        save=folder,
        save_restored=not options.raw_only,
        image_format=options.image_format,
        frame_limit=options.frames,
        provisional=options.provisional,
    )
    if publisher is not None:
        publisher.follow(session.newest)
    return session
