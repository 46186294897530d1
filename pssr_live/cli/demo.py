"""The command ``pssr-live demo``."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from pssr_live.cli.options import (
    BackendOption,
    EnginesOption,
    FormatOption,
    FramesOption,
    HeadlessOption,
    ProvisionalOption,
    PublishOption,
    PublishToNetworkOption,
    SaveOption,
    SnapshotOption,
    UncertaintyOption,
)
from pssr_live.errors import UserError
from pssr_live.recording import ImageFormat

if TYPE_CHECKING:
    from pssr_live.cli.session import SessionOptions

DEMO_SOURCE = "simulated:"
_HEADLESS_DEMO_FRAMES = 40


def demo(
    *,
    channels: Annotated[
        int,
        typer.Option(
            "--channels", min=1, max=2, help="1: mitochondria; 2: mitochondria and the ER."
        ),
    ] = 1,
    slices: Annotated[int, typer.Option("--slices", min=1, help="In z.")] = 1,
    headless: HeadlessOption = False,
    frames: FramesOption = None,
    save: SaveOption = None,
    image_format: FormatOption = ImageFormat.OME_TIFF,
    engine: EnginesOption = None,
    backend: BackendOption = "auto",
    publish: PublishOption = None,
    publish_to_network: PublishToNetworkOption = False,
    provisional: ProvisionalOption = None,
    snapshot: SnapshotOption = None,
    uncertainty: UncertaintyOption = False,
) -> None:
    """Watch a simulated microscope being restored, live.

    Without a display it runs headless and writes a picture of raw, bilinear, restored and truth;
    the recording is kept only with --save.

    Examples
    --------
      pssr-live demo

      pssr-live demo --channels 2

      pssr-live demo --headless --frames 100 --save demo-recording

      pssr-live demo --frames 40 --snapshot window.png
    """
    from pssr_live.cli.session import SessionOptions, engines_in_one_line

    options = SessionOptions(
        engine=engines_in_one_line(engine),
        backend=backend,
        save=save,
        frames=frames,
        headless=headless,
        image_format=image_format,
        publish=publish,
        publish_to_network=publish_to_network,
        snapshot=snapshot,
        uncertainty=uncertainty,
        provisional=provisional,
    )
    said = {"channels": channels, "slices": slices}
    several = ",".join(f"{name}={count}" for name, count in said.items() if count > 1)
    run_demo(options, DEMO_SOURCE + several)


def run_demo(options: SessionOptions, source: str = DEMO_SOURCE) -> None:
    """Run ``pssr-live demo``.

    Parameters
    ----------
    options : SessionOptions
        Of the session.
    source : str
        The simulated microscope's URL.

    Raises
    ------
    UserError
        If frames can't be published where they should be, or what writes their format is not
        installed; if a picture of the window is wanted where there is none.
    """
    from acquisition import open_source
    from pssr_live.cli.session import run_headless, run_in_window
    from pssr_live.display import display_missing
    from pssr_live.session import publishing
    from pssr_live.terminal import Terminal

    options.check()
    console = Terminal()
    missing = None if options.headless else display_missing()
    if missing and options.snapshot is not None:
        raise UserError(missing, "For the picture alone set QT_QPA_PLATFORM=offscreen.")
    if missing:
        words = f"{missing} Running headless."
        console.print(words, highlight=False, markup=False, soft_wrap=True)
    with publishing(options.publish, console, to_network=options.publish_to_network) as publisher:
        if not options.headless and not missing:
            run_in_window(source, options, publisher=publisher)
            return
        from pssr_live.cli.demo_picture import draw_demo

        asked = options.save
        with _recording_folder(asked) as folder:
            frames = options.frames or _HEADLESS_DEMO_FRAMES
            options = replace(options, save=folder, frames=frames)
            session = run_headless(
                open_source(source), options, publisher, console=console, kept=asked is not None
            )
            pictures = draw_demo(folder, source) if session.statistics.restored else []
            if asked is None:
                pictures = [_kept(picture) for picture in pictures]
        for picture in pictures:
            console.print(f"Picture: {picture}", highlight=False, markup=False, soft_wrap=True)
        if asked is None:
            console.print("The recording is not kept. To keep one, add: --save FOLDER")


@contextmanager
def _recording_folder(asked: Path | None) -> Iterator[Path]:
    """The folder that was asked for, or one that is deleted with what was recorded into it."""
    if asked is not None:
        yield asked
        return
    with TemporaryDirectory(prefix="pssr-live-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "recording"


def _kept(picture: Path) -> Path:
    """Copy a picture into the current folder, beside those of earlier demos."""
    name = f"demo-{datetime.now():%Y-%m-%d-%H%M%S}{picture.stem.removeprefix('picture')}.png"
    return Path(shutil.copyfile(picture, name))
