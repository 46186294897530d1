"""The command line: what to type, checked, and handed to the code that does it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pssr_live._version import __version__
from pssr_live.cli.bench import bench
from pssr_live.cli.crappify import ForceOption, calibrate, crappify
from pssr_live.cli.engines import engines_app
from pssr_live.cli.evaluate import SeveralValues, evaluate
from pssr_live.cli.forked_children import keep_signal_handlers_from_forked_children
from pssr_live.cli.output import make_output_last
from pssr_live.cli.train import export, train
from pssr_live.defaults import DEFAULT_ENGINE
from pssr_live.errors import describe
from pssr_live.recording import ImageFormat

app = typer.Typer(
    name="pssr-live",
    help="Live super-resolution for low-dose laser-scanning microscopy.\n\n"
    "New here? Try: pssr-live demo\n\n"
    "Without a command: the window, which asks where frames shall come from.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(engines_app, name="engines")

EngineOption = Annotated[
    str, typer.Option("--engine", help="A bundled engine, a baseline, or a bundle's folder.")
]
BackendOption = Annotated[
    str, typer.Option("--backend", help="What runs the engine; auto takes the fastest that works.")
]
SaveOption = Annotated[
    Path | None, typer.Option("--save", help="New folder to record raw and restored frames into.")
]
FormatOption = Annotated[
    ImageFormat,
    typer.Option("--format", help="What restored frames are recorded as; raw ones are OME-TIFF."),
]
FramesOption = Annotated[
    int | None, typer.Option("--frames", min=1, help="Stop after so many frames.")
]
HeadlessOption = Annotated[
    bool, typer.Option("--headless", help="No window: progress and a summary in the terminal.")
]
PublishOption = Annotated[
    str | None,
    typer.Option(
        "--publish",
        metavar="ADDRESS",
        help="Send the newest frames to other programs by ZeroMQ, as in tcp://127.0.0.1:5555.",
    ),
]
SnapshotOption = Annotated[
    Path | None,
    typer.Option(
        "--snapshot",
        metavar="FILE.png",
        help="Save the window's picture at the end; with --frames the window then closes itself.",
    ),
]
UncertaintyOption = Annotated[
    bool,
    typer.Option(
        "--uncertainty",
        help="Let an engine that has learnt to say how far off it expects to be, pixel by pixel.",
    ),
]
ChannelOption = Annotated[
    int | None,
    typer.Option("--channel", min=0, help="Which, where a file has several; from 0."),
]
ZOption = Annotated[
    int | None,
    typer.Option("--z", min=0, help="Which slice, where a file has several; from 0."),
]
PositionOption = Annotated[
    int | None,
    typer.Option("--position", min=0, help="Which, where a file has several; from 0."),
]
IntervalOption = Annotated[
    float | None,
    typer.Option(
        "--interval", metavar="SECONDS", help="From frame to frame, where a file does not say it."
    ),
]
PublishToNetworkOption = Annotated[
    bool,
    typer.Option("--publish-to-network", help="Let other computers take them, unencrypted."),
]


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)
    ] = False,
    debug: Annotated[  # taken out of the arguments by `main`, wherever it stands
        bool, typer.Option("--debug", help="Show the traceback of an error.")
    ] = False,
) -> None:
    del debug
    if version:
        typer.echo(f"pssr-live {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        _open_window_or_help(context)


def _open_window_or_help(context: typer.Context) -> None:
    from pssr_live.cli.display import display_missing

    if missing := display_missing():
        typer.echo(context.get_help())
        typer.echo(missing)
        raise typer.Exit(2)
    from pssr_live.cli.run import run_start

    run_start()


@app.command()
def demo(
    *,
    headless: HeadlessOption = False,
    frames: FramesOption = None,
    save: SaveOption = None,
    image_format: FormatOption = ImageFormat.OME_TIFF,
    engine: EngineOption = DEFAULT_ENGINE,
    backend: BackendOption = "auto",
    publish: PublishOption = None,
    publish_to_network: PublishToNetworkOption = False,
    snapshot: SnapshotOption = None,
    uncertainty: UncertaintyOption = False,
) -> None:
    """Watch a simulated microscope being restored, live.

    Without a display it runs headless, records, and writes a picture of raw, bilinear, restored and
    truth beside the recording.

    Examples
    --------
      pssr-live demo

      pssr-live demo --headless --frames 100 --save demo-recording

      pssr-live demo --frames 40 --snapshot window.png
    """
    from pssr_live.cli.run import SessionOptions, run_demo

    options = SessionOptions(
        engine=engine,
        backend=backend,
        save=save,
        frames=frames,
        headless=headless,
        image_format=image_format,
        publish=publish,
        publish_to_network=publish_to_network,
        snapshot=snapshot,
        uncertainty=uncertainty,
    )
    run_demo(options)


@app.command()
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
    engine: EngineOption = DEFAULT_ENGINE,
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
        typer.Option("--wait", min=0, help="Seconds to wait for a Micro-Manager not yet there."),
    ] = None,
    channel: Annotated[
        int | None,
        typer.Option("--channel", min=0, help="Of a camera or a file with several; from 0."),
    ] = None,
    z: ZOption = None,
    position: PositionOption = None,
    interval: IntervalOption = None,
    pixel_size: Annotated[
        float | None,
        typer.Option("--pixel-size", help="In µm, where Micro-Manager is not calibrated."),
    ] = None,
    snapshot: SnapshotOption = None,
) -> None:
    """Restore frames as they come, show them, and record raw and restored together.

    Examples
    --------
      pssr-live live --source micromanager: --save monday/cell-3

      pssr-live live --source cells.tif --headless --save monday/cell-3

      pssr-live live --source cells.czi --channel 1 --rate 4

      pssr-live live --source micromanager: --save monday/cell-3 --format ome-zarr

      pssr-live live --source micromanager: --save monday/cell-3 --raw-only

      pssr-live live --source micromanager: --save monday/cell-3 --uncertainty

      pssr-live live --source simulated:photons=6,seed=2 --rate 10

      pssr-live live --source micromanager: --publish tcp://127.0.0.1:5555
    """
    from acquisition.images import StreamChoice
    from pssr_live.cli.display import display_missing
    from pssr_live.cli.run import SessionOptions, SourceOptions, run_live

    if not source and (headless or display_missing()):
        raise typer.BadParameter(
            "needed where no window asks for it", context, param_hint="--source"
        )
    named = {"wait": wait, "channel": channel, "pixel_size_um": pixel_size}
    microscope = {name: value for name, value in named.items() if value is not None}
    options = SessionOptions(
        engine=engine,
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
    )
    choice = StreamChoice(None, z, position)
    run_live(
        source,
        SourceOptions(
            rate=rate, loop=loop, microscope=microscope, choice=choice, interval_s=interval
        ),
        options,
    )


@app.command()
def doctor(
    *,
    source: Annotated[
        str, typer.Option("--source", help="What frames shall come from.")
    ] = "micromanager:",
    engine: EngineOption = DEFAULT_ENGINE,
    save: Annotated[
        Path, typer.Option("--save", help="Where recordings shall go; its disk is looked at.")
    ] = Path(),
    test_camera: Annotated[
        bool,
        typer.Option(
            "--test-camera",
            help="Start the microscope's camera for a moment, count its frames and stop it again; "
            "without this nothing is touched there.",
        ),
    ] = False,
) -> None:
    """Check microscope, engine, graphics card, window and disk, with the fix for what is wrong.

    Examples:

      pssr-live doctor

      pssr-live doctor --test-camera

      pssr-live doctor --source simulated: --save D:/recordings
    """
    from pssr_live.cli.doctor import run_doctor

    if not run_doctor(source, engine, save, test_camera=test_camera):
        raise typer.Exit(1)


@app.command()
def restore(
    *,
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT",
            help="TIFF, CZI, ND2, NDTiff or OME-Zarr time-lapses, recordings, or folders of such.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write, .ome.tif or .ome.zarr, or a folder for several; default: a file "
            "ending in -restored.ome.tif beside each. A recording is completed in its own folder.",
        ),
    ] = None,
    image_format: Annotated[
        ImageFormat | None,
        typer.Option("--format", help="By default as --output, or the recording, says."),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            "--engine",
            help="A bundled engine, a baseline, or a bundle's folder; default: of a recording the "
            f"one it was begun with, else {DEFAULT_ENGINE}.",
        ),
    ] = None,
    backend: BackendOption = "auto",
    dask: Annotated[
        str | None,
        typer.Option(
            "--dask",
            metavar="[ADDRESS]",
            help="Restore on several processes, or on the cluster of a Dask scheduler.",
        ),
    ] = None,
    uncertainty: UncertaintyOption = False,
    channel: ChannelOption = None,
    z: ZOption = None,
    position: PositionOption = None,
    interval: IntervalOption = None,
    force: ForceOption = False,
) -> None:
    """Restore files, or complete recordings that were cut off, with the engine they began with.

    Stopped, or killed? The same command goes on where it was; what is done is left as it is.

    Examples
    --------
      pssr-live restore cells.tif --output cells-restored.ome.tif

      pssr-live restore cells.tif --output cells-restored.ome.zarr

      pssr-live restore cells.czi --channel 1 --z 4 --position 0

      pssr-live restore monday/cell-3

      pssr-live restore monday/cell-3 --uncertainty

      pssr-live restore monday tuesday/*.tif --output restored

      pssr-live restore monday --dask

      pssr-live restore monday --dask tcp://scheduler:8786
    """
    from acquisition.images import StreamChoice
    from pssr_live.cli.run import run_restore

    run_restore(
        inputs,
        output,
        image_format,
        engine=engine,
        backend=backend,
        dask=dask,
        force=force,
        uncertain=uncertainty,
        stream=StreamChoice(channel, z, position),
        interval_s=interval,
    )


app.command()(bench)
app.command()(crappify)
app.command()(calibrate)
app.command()(train)
app.command()(export)
app.command(cls=SeveralValues)(evaluate)


def main() -> None:
    """Run the command line; exit status 0, 1 for a failure, 2 for wrong usage."""
    make_output_last()
    keep_signal_handlers_from_forked_children()
    debug = "--debug" in sys.argv
    sys.argv = _with_dask_address([word for word in sys.argv if word != "--debug"])
    try:
        app()
    except Exception as error:
        if debug:
            raise
        from acquisition.names import printable

        typer.secho(f"Error: {printable(describe(error))}", fg=typer.colors.RED, err=True)
        sys.exit(1)


def _with_dask_address(words: list[str]) -> list[str]:
    """Let --dask stand without an address, for this computer."""
    following = [*words[1:], ""]
    return [
        "--dask=local" if word == "--dask" and "://" not in after else word
        for word, after in zip(words, following, strict=True)
    ]


if __name__ == "__main__":
    main()
