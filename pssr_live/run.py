"""A session from the command line: in the window where there is a display, else headless."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from rich.console import Console

from acquisition import FrameSource, open_source
from acquisition.timelapse import RAW_FILE
from pssr_live.display import display_missing
from pssr_live.engine_keeper import EngineKeeper
from pssr_live.errors import UserError
from pssr_live.headless import follow_to_end
from pssr_live.live import LiveSession
from pssr_live.publish import Publisher, publishing
from pssr_live.recording.image_format import ImageFormat

_DEMO_SOURCE = "simulated:"
_HEADLESS_DEMO_FRAMES = 40
_SUFFIXES = {None: "ome.tif", ImageFormat.OME_TIFF: "ome.tif", ImageFormat.OME_ZARR: "ome.zarr"}


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
            picture = draw_demo(folder, _DEMO_SOURCE)
            console.print(f"Picture: {picture}", highlight=False, markup=False, soft_wrap=True)


def _demo_source() -> FrameSource:
    return open_source(_DEMO_SOURCE)


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
        image_format=options.image_format,
        frame_limit=options.frames,
    )
    if publisher is not None:
        publisher.follow(session.newest)
    return session


def run_restore(
    source: Path,
    output: Path | None,
    image_format: ImageFormat | None,
    engine: str,
    backend: str,
    *,
    force: bool,
) -> None:
    """Run ``pssr-live restore``; its arguments, see `pssr_live.cli`.

    Raises
    ------
    UserError
        If input and output don't fit, or the output is there already.
    """
    from pssr_live.complete import complete_recording
    from pssr_live.recording.session_file import SessionRecord
    from pssr_live.restore import restore_file

    console = Console()
    if source.is_dir():
        if output is not None:
            raise UserError(
                "A recording is completed in its own folder.",
                f"Leave --output out, or name the file: "
                f"pssr-live restore {source / RAW_FILE} --output {output}",
            )
        begun_as = SessionRecord.read(source).image_format
        if image_format not in (None, begun_as):
            anew = f"{source.name}-restored.{_SUFFIXES[image_format]}"
            raise UserError(
                f"{source} was begun as {begun_as}, and is completed as that.",
                f"Leave --format out, or restore its raw frames into a file of their own: "
                f'pssr-live restore "{source / RAW_FILE}" --output "{anew}"',
            )
        frames = complete_recording(source, engine, backend, console)
        console.print(f"{source}: {frames} frames restored", highlight=False, soft_wrap=True)
        return
    if output is None:
        name = source.name.split(".")[0]
        raise UserError(
            "Where should the restored frames go?",
            f"pssr-live restore {source} --output {name}-restored.{_SUFFIXES[image_format]}",
        )
    if image_format not in (None, ImageFormat.of(output)):
        raise UserError(
            f"{output} does not end as {image_format} does.",
            f"Leave --format out, or name it --output {output.name.split('.')[0]}."
            f"{_SUFFIXES[image_format]}",
        )
    frames = restore_file(source, output, engine, backend, console, force=force)
    console.print(f"{output}: {frames} frames restored", highlight=False, soft_wrap=True)
