"""A session from the command line: in the window where there is a display, else headless."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from rich.console import Console

from acquisition import FrameSource, full_url, open_source
from acquisition.images.choice import StreamChoice
from acquisition.timelapse import ANY_STREAM
from pssr_live.cli.display import display_missing
from pssr_live.errors import UserError
from pssr_live.recording import ImageFormat
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession, Publisher, follow_to_end, publishing
from pssr_live.terminal import Terminal

DEMO_SOURCE = "simulated:"
_HEADLESS_DEMO_FRAMES = 40
_MICROSCOPE = "micromanager"
_REPLAY = "replay:"


def with_options(url: str, options: Mapping[str, float]) -> str:
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
    written = [f"{name}={value:g}" for name, value in options.items()]
    return f"{kind}:{','.join([rest, *written] if rest else written)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """What the command line says of any source that will be opened.

    Attributes
    ----------
    rate : str or None
        Of a replay or the simulation.
    loop : bool
        Of a replay.
    microscope : mapping of str to float
        Options of Micro-Manager's; of these ``channel`` is also for a file.
    choice : StreamChoice
        Slice and position of a file.
    interval_s : float or None
        From frame to frame of a file.
    """

    rate: str | None = None
    loop: bool = False
    microscope: Mapping[str, float] = field(default_factory=dict)
    choice: StreamChoice = ANY_STREAM
    interval_s: float | None = None

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
            "--interval": self.interval_s,
        }
        given = [name for name, value in for_files.items() if value is not None]
        if given:
            raise UserError(
                f"{url} takes no {', '.join(given)}: that is for a recorded file.",
                "Leave it out, or name a file: --source cells.tif",
            )
        return open_source(with_options(url, self.microscope), rate=self.rate, loop=self.loop)

    def _replay(self, url: str) -> FrameSource:
        _check_interval(self.interval_s)
        others = {name: value for name, value in self.microscope.items() if name != "channel"}
        channel = self.microscope.get("channel")
        return open_source(
            with_options(url, others),
            rate=self.rate,
            loop=self.loop,
            choice=self.choice._replace(channel=None if channel is None else int(channel)),
            interval_s=self.interval_s,
        )

    def chosen_source(self, url: str) -> FrameSource:
        """Make a source that was chosen later, with those of the options that are for its kind.

        Raises
        ------
        SourceError, UserError
            If there is no such source.
        """
        if full_url(url).startswith(_REPLAY):
            channel = {n: value for n, value in self.microscope.items() if n == "channel"}
            return replace(self, microscope=channel).source(url)
        mine = replace(self, loop=False, choice=ANY_STREAM, interval_s=None)
        if url.startswith(_MICROSCOPE):
            return replace(mine, rate=None).source(url)
        return replace(mine, microscope={}).source(url)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """What the command line says of a session, whatever its source; see `pssr_live.cli.main`."""

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
    chosen: dict[str, EngineChoice] = field(default_factory=dict)

    def choose(self, engine: str) -> EngineChoice:
        """Choose an engine, on what the command line says; the same one every time.

        Raises
        ------
        EngineError
            If it can't say how far off it may be, and shall.
        """
        if engine not in self.chosen:
            choice = EngineChoice(engine, self.backend, uncertain=self.uncertainty)
            if self.uncertainty or not self.raw_only:
                # Of raw frames nothing is restored but what is looked at.
                choice.check()
            self.chosen[engine] = choice
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


def run_live(source: str, source_options: SourceOptions, options: SessionOptions) -> None:
    """Run ``pssr-live live``; its options, see `pssr_live.cli.main`.

    Parameters
    ----------
    source : str
        A URL; empty to have it chosen in the window.
    source_options : SourceOptions
        Of this source, or of any that is chosen.
    options : SessionOptions
        Of the session.

    Raises
    ------
    UserError
        If a window was wanted and there is no display, frames can't be published there, what
        writes their format is not installed, or an option would do nothing.
    """
    if source:
        source_options.source(source)
    options.check()
    if options.headless and options.save is None:
        _refuse_what_is_for_recordings(options)
    missing = None if options.headless else display_missing()
    if missing:
        raise UserError(missing, "Run without a window: add --headless")
    console = Terminal()
    with publishing(options.publish, console, to_network=options.publish_to_network) as publisher:
        if options.headless:
            _run_headless(
                source=source_options.source(source),
                options=options,
                publisher=publisher,
                console=console,
            )
        else:
            _run_window(
                source=source, source_options=source_options, options=options, publisher=publisher
            )


def _check_interval(interval_s: float | None) -> None:
    if interval_s is not None and not (math.isfinite(interval_s) and interval_s > 0):
        raise UserError(
            f"An interval of {interval_s:g} s is none.",
            "Give the seconds from one frame to the next, such as --interval 0.5.",
        )


def _refuse_what_is_for_recordings(options: SessionOptions) -> None:
    """Tell whoever means to record, and would not: cells can't be imaged twice."""
    for_recordings = {
        "--raw-only": options.raw_only,
        "--format": options.image_format is not ImageFormat.OME_TIFF,
        "--uncertainty": options.uncertainty and options.publish is None,
    }
    for name, given in for_recordings.items():
        if given:
            raise UserError(
                f"{name} is for a recording, and nothing would be recorded.",
                f"Add --save FOLDER, or leave {name} out.",
            )


def run_start() -> None:
    """Run ``pssr-live`` alone: the window with its first page, and the engine used last."""
    _run_window(
        source="", source_options=SourceOptions(), options=SessionOptions(engine=""), publisher=None
    )


def run_demo(options: SessionOptions) -> None:
    """Run ``pssr-live demo``; its options, see `pssr_live.cli.main`.

    Raises
    ------
    UserError
        If frames can't be published where they should be, or what writes their format is not
        installed; if a picture of the window is wanted where there is none.
    """
    options.check()
    console = Terminal()
    missing = None if options.headless else display_missing()
    if missing and options.snapshot is not None:
        raise UserError(missing, "For the picture alone set QT_QPA_PLATFORM=offscreen.")
    if missing:
        console.print(f"{missing} Running headless.", highlight=False, markup=False)
    with publishing(options.publish, console, to_network=options.publish_to_network) as publisher:
        if not options.headless and not missing:
            _run_window(
                source=DEMO_SOURCE,
                source_options=SourceOptions(),
                options=options,
                publisher=publisher,
            )
            return
        from pssr_live.cli.demo_picture import draw_demo

        folder = options.save or Path("recordings") / datetime.now().strftime(
            "demo-%Y-%m-%d-%H%M%S"
        )
        frames = options.frames or _HEADLESS_DEMO_FRAMES
        options = replace(options, save=folder, frames=frames)
        session = _run_headless(
            source=open_source(DEMO_SOURCE), options=options, publisher=publisher, console=console
        )
        if session.statistics.restored:
            picture = draw_demo(folder, DEMO_SOURCE)
            console.print(f"Picture: {picture}", highlight=False, markup=False, soft_wrap=True)


def _run_headless(
    *,
    source: FrameSource,
    options: SessionOptions,
    publisher: Publisher | None,
    console: Console,
) -> LiveSession:
    session = _make_session(
        source=source,
        engine=options.engine,
        options=options,
        publisher=publisher,
        folder=options.save,
    )
    session.start()
    follow_to_end(session, options.frames, console)
    return session


def _run_window(
    *,
    source: str,
    source_options: SourceOptions,
    options: SessionOptions,
    publisher: Publisher | None,
) -> None:
    from pssr_live.window import Choice, run_window

    def make_session(choice: Choice, folder: Path | None) -> LiveSession:
        chosen = source_options.chosen_source(choice.source)
        return _make_session(
            source=chosen, engine=choice.engine, options=options, publisher=publisher, folder=folder
        )

    run_window(
        make_session,
        Choice(source, options.engine),
        save=options.save,
        frames=options.frames,
        picture=options.snapshot,
    )


def _make_session(
    *,
    source: FrameSource,
    engine: str,
    options: SessionOptions,
    publisher: Publisher | None,
    folder: Path | None,
) -> LiveSession:
    session = LiveSession(
        source,
        options.choose(engine),
        save=folder,
        save_restored=not options.raw_only,
        image_format=options.image_format,
        frame_limit=options.frames,
    )
    if publisher is not None:
        publisher.follow(session.newest)
    return session


def run_restore(
    inputs: Sequence[Path],
    output: Path | None,
    image_format: ImageFormat | None,
    *,
    engine: str | None,
    backend: str,
    dask: str | None,
    force: bool,
    uncertain: bool = False,
    stream: StreamChoice = ANY_STREAM,
    interval_s: float | None = None,
) -> None:
    """Run ``pssr-live restore``; its arguments, see `pssr_live.cli.main`.

    Raises
    ------
    UserError
        If inputs and output don't fit, or something could not be restored.
    """
    from pssr_live.offline import find_jobs, restore_on_dask, restore_one_by_one

    console = Terminal()
    _check_interval(interval_s)
    jobs = find_jobs(
        inputs, output, image_format, uncertain=uncertain, stream=stream, interval_s=interval_s
    )
    if dask is None:
        restore_one_by_one(jobs, console, engine=engine, backend=backend, force=force)
    else:
        restore_on_dask(jobs, dask, console, engine=engine, backend=backend, force=force)
