"""The command ``pssr-live live``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pssr_live.cli.options import (
    BackendOption,
    CropBottomOption,
    EnginesOption,
    FormatOption,
    FramesOption,
    HeadlessOption,
    PositionOption,
    ProvisionalOption,
    PublishOption,
    PublishToNetworkOption,
    SaveOption,
    SnapshotOption,
    UncertaintyOption,
    WindowAlongOption,
    ZOption,
    numbers_or_names,
)
from pssr_live.errors import UserError
from pssr_live.recording import ImageFormat

if TYPE_CHECKING:
    from pssr_live.cli.session import SessionOptions
    from pssr_live.cli.source_options import SourceOptions


def live(
    context: typer.Context,
    *,
    source: Annotated[
        str,
        typer.Option(
            "--source",
            help="micromanager:[PORT], micromanager+local:CONFIG.cfg, a recorded file or "
            "replay:PATH, or simulated:; without it the window asks.",
            show_default=False,
        ),
    ] = "",
    engine: EnginesOption = None,
    backend: BackendOption = "auto",
    save: SaveOption = None,
    uncertainty: UncertaintyOption = False,
    raw_only: Annotated[
        bool,
        typer.Option("--raw-only", help="Record raw frames only; restore the recording later."),
    ] = False,
    image_format: FormatOption = ImageFormat.OME_TIFF,
    frames: FramesOption = None,
    rate: Annotated[
        str | None,
        typer.Option("--rate", help="Frames per second, or max; default: the source's own."),
    ] = None,
    loop: Annotated[bool, typer.Option("--loop", help="Replay again and again.")] = False,
    headless: HeadlessOption = False,
    publish: PublishOption = None,
    publish_to_network: PublishToNetworkOption = False,
    wait: Annotated[
        float | None,
        typer.Option(
            "--wait", min=0, help="Seconds to wait for a Micro-Manager that does not run yet."
        ),
    ] = None,
    channel: Annotated[
        list[str] | None,
        typer.Option(
            "--channel",
            help="Channel, by its name or number from 0, where a file has several; may be "
            "repeated. For a camera, by its number.",
        ),
    ] = None,
    z: ZOption = None,
    position: PositionOption = None,
    window_along: WindowAlongOption = "time",
    crop_bottom: CropBottomOption = 0,
    interval: Annotated[
        str | None,
        typer.Option(
            "--interval",
            metavar="TIME",
            help="Run an experiment with this time between time points, as in 2s, 500ms or 1min. "
            "For a file that does not state it: time between frames.",
        ),
    ] = None,
    channels: Annotated[
        str | None,
        typer.Option(
            "--channels",
            metavar="PRESET,...",
            help="For an experiment: presets of Micro-Manager's channel group.",
        ),
    ] = None,
    duration: Annotated[
        str | None,
        typer.Option(
            "--duration",
            metavar="TIME",
            help="How long an experiment runs, as in 30min; default: until it is stopped.",
        ),
    ] = None,
    experiment: Annotated[
        Path | None,
        typer.Option(
            "--experiment",
            metavar="PLAN.yaml",
            help="Run a useq MDASequence: time points, channels, exposures, slices, positions.",
        ),
    ] = None,
    pixel_size: Annotated[
        float | None,
        typer.Option(
            "--pixel-size", help="Pixel size in µm, where Micro-Manager is not calibrated."
        ),
    ] = None,
    provisional: ProvisionalOption = None,
    snapshot: SnapshotOption = None,
) -> None:
    """Restore frames as they come, show them, and record raw and restored together.

    Examples
    --------
      pssr-live live --source micromanager: --save monday/cell-3

      pssr-live live --source cells.tif --headless --save monday/cell-3

      pssr-live live --source cells.czi --channel GFP --rate 4

      pssr-live live --source two-colours.tif --engine GFP=mito-lite --engine mCherry=none

      pssr-live live --source block.tif --window-along z --engine engines/em --headless --save block

      pssr-live live --source micromanager: --save monday/cell-3 --format ome-zarr

      pssr-live live --source micromanager: --save monday/cell-3 --raw-only

      pssr-live live --source micromanager: --save monday/cell-3 --uncertainty

      pssr-live live --source micromanager: --interval 2s --channels GFP,mCherry --duration 30min

      pssr-live live --source micromanager: --experiment plan.yaml --save monday/cell-3

      pssr-live live --source simulated:photons=6,seed=2 --rate 10

      pssr-live live --source micromanager: --publish tcp://127.0.0.1:5555
    """
    from acquisition.images import StreamChoice
    from acquisition.plans import parse_duration
    from pssr_live.cli.session import SessionOptions, engines_in_one_line
    from pssr_live.cli.source_options import MicroscopeOption, SourceOptions, of_microscope
    from pssr_live.display import display_missing

    if not source and (headless or display_missing()):
        raise typer.BadParameter(
            "needed where no window asks for it", context, param_hint="--source"
        )
    runs = of_microscope(source)
    named: dict[str, MicroscopeOption | None] = {
        "wait": wait,
        "pixel_size_um": pixel_size,
        "interval": interval if runs else None,
        "channels": tuple(filter(None, map(str.strip, channels.split(",")))) if channels else None,
        "duration": duration,
        "experiment": str(experiment) if experiment is not None else None,
    }
    microscope = {name: value for name, value in named.items() if value is not None}
    of_file = parse_duration(interval) if interval is not None and not runs else None
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
        raw_only=raw_only,
        uncertainty=uncertainty,
        provisional=provisional,
    )
    choice = StreamChoice(numbers_or_names(channel), z, position, window_along, crop_bottom)
    run_live(
        source,
        SourceOptions(
            rate=rate, loop=loop, microscope=microscope, choice=choice, interval_s=of_file
        ),
        options,
    )


def run_live(source: str, source_options: SourceOptions, options: SessionOptions) -> None:
    """Run ``pssr-live live``.

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
    from pssr_live.cli.session import run_headless, run_in_window
    from pssr_live.display import display_missing
    from pssr_live.session import publishing
    from pssr_live.terminal import Terminal

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
            # Whoever looks at one frame needs no neighbours: single images and stacks will do.
            engines = options.choose(options.engine).choices
            stills = all(choice.frames == 1 for choice in engines)
            played = replace(source_options, stills=stills).source(source)
            run_headless(played, options, publisher, console=console)
        else:
            run_in_window(source, options, source_options=source_options, publisher=publisher)


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
