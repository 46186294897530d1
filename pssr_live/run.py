"""A session from the command line: in the window where there is a display, else headless."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from rich.console import Console

from acquisition import FrameSource, open_source
from pssr_live.display import display_missing
from pssr_live.engine_keeper import EngineKeeper
from pssr_live.errors import UserError
from pssr_live.headless import follow_to_end
from pssr_live.live import LiveSession
from pssr_live.publish import Publisher, publishing
from pssr_live.recording.image_format import ImageFormat

DEMO_SOURCE = "simulated:"
_HEADLESS_DEMO_FRAMES = 40


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
    if not kind.startswith("micromanager"):
        names = ", ".join(options)
        raise UserError(
            f"{url} takes no {names}: that is for Micro-Manager.",
            "Use it with --source micromanager:",
        )
    written = [f"{name}={value:g}" for name, value in options.items()]
    return f"{kind}:{','.join([rest, *written] if rest else written)}"


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """What the command line says of a session, whatever its source; see `pssr_live.cli`."""

    engine: str
    backend: str
    save: Path | None
    frames: int | None
    headless: bool
    image_format: ImageFormat
    publish: str | None
    publish_to_network: bool
    raw_only: bool = False


def run_live(source: str, rate: str | None, options: SessionOptions, *, loop: bool) -> None:
    """Run ``pssr-live live``; its options, see `pssr_live.cli`.

    Raises
    ------
    UserError
        If a window was wanted and there is no display, frames can't be published there, or what
        writes their format is not installed.
    """

    def make_source() -> FrameSource:
        return open_source(source, rate=rate, loop=loop)

    make_source()
    options.image_format.require()
    missing = None if options.headless else display_missing()
    if missing:
        raise UserError(missing, "Run without a window: add --headless")
    console = Console()
    with publishing(options.publish, console, to_network=options.publish_to_network) as publisher:
        if options.headless:
            _run_headless(make_source, options, publisher, console)
        else:
            _run_window(make_source, options, publisher)


def run_demo(options: SessionOptions) -> None:
    """Run ``pssr-live demo``; its options, see `pssr_live.cli`.

    Raises
    ------
    UserError
        If frames can't be published where they should be, or what writes their format is not
        installed.
    """
    options.image_format.require()
    console = Console()
    missing = None if options.headless else display_missing()
    if missing:
        console.print(f"{missing} Running headless.", highlight=False)
    with publishing(options.publish, console, to_network=options.publish_to_network) as publisher:
        if not options.headless and not missing:
            _run_window(_demo_source, options, publisher)
            return
        from pssr_live.demo_picture import draw_demo

        folder = options.save or Path("recordings") / datetime.now().strftime(
            "demo-%Y-%m-%d-%H%M%S"
        )
        frames = options.frames or _HEADLESS_DEMO_FRAMES
        options = replace(options, save=folder, frames=frames)
        session = _run_headless(_demo_source, options, publisher, console)
        if session.statistics.restored:
            picture = draw_demo(folder, DEMO_SOURCE)
            console.print(f"Picture: {picture}", highlight=False, markup=False, soft_wrap=True)


def _demo_source() -> FrameSource:
    return open_source(DEMO_SOURCE)


def _run_headless(
    make_source: Callable[[], FrameSource],
    options: SessionOptions,
    publisher: Publisher | None,
    console: Console,
) -> LiveSession:
    session = _make_session(make_source, options, publisher, options.save)
    session.start()
    follow_to_end(session, options.frames, console)
    return session


def _run_window(
    make_source: Callable[[], FrameSource], options: SessionOptions, publisher: Publisher | None
) -> None:
    from pssr_live.window_app import run_window

    run_window(partial(_make_session, make_source, options, publisher), options.save)


def _make_session(
    make_source: Callable[[], FrameSource],
    options: SessionOptions,
    publisher: Publisher | None,
    folder: Path | None,
) -> LiveSession:
    session = LiveSession(
        make_source(),
        EngineKeeper(options.engine, options.backend),
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
    engine: str,
    backend: str,
    dask: str | None,
    *,
    force: bool,
) -> None:
    """Run ``pssr-live restore``; its arguments, see `pssr_live.cli`.

    Raises
    ------
    UserError
        If inputs and output don't fit, or something could not be restored.
    """
    from pssr_live.restore_jobs import find_jobs
    from pssr_live.restore_many import restore_one_by_one

    console = Console()
    jobs = find_jobs(inputs, output, image_format)
    if dask is None:
        restore_one_by_one(jobs, engine, backend, console, force=force)
    else:
        from pssr_live.cluster import restore_on_dask

        restore_on_dask(jobs, engine, backend, dask, console, force=force)
