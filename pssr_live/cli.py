"""The command line: what to type, checked, and handed to the code that does it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pssr_live import DEFAULT_ENGINE, __version__
from pssr_live.cli_crappify import ForceOption, calibrate, crappify
from pssr_live.cli_engines import (
    ComputeCapabilityOption,
    FrameSizeOption,
    engines_app,
    sides,
)
from pssr_live.recording.image_format import ImageFormat
from pssr_live.cli_evaluate import SeveralValues, evaluate

app = typer.Typer(
    name="pssr-live",
    help="Live super-resolution for low-dose laser-scanning microscopy.\n\n"
    "New here? Try: pssr-live demo",
    no_args_is_help=True,
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
PublishToNetworkOption = Annotated[
    bool,
    typer.Option("--publish-to-network", help="Let other computers take them, unencrypted."),
]


@app.callback(invoke_without_command=True)
def _root(
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


@app.command()
def demo(
    headless: HeadlessOption = False,
    frames: FramesOption = None,
    save: SaveOption = None,
    image_format: FormatOption = ImageFormat.OME_TIFF,
    engine: EngineOption = DEFAULT_ENGINE,
    backend: BackendOption = "auto",
    publish: PublishOption = None,
    publish_to_network: PublishToNetworkOption = False,
) -> None:
    """Watch a simulated microscope being restored, live.

    Without a display it runs headless, records, and writes a picture of raw, bilinear, restored and
    truth beside the recording.

    Examples
    --------
      pssr-live demo

      pssr-live demo --headless --frames 100 --save demo-recording
    """
    from pssr_live.run import SessionOptions, run_demo

    options = SessionOptions(
        engine, backend, save, frames, headless, image_format, publish, publish_to_network
    )
    run_demo(options)


@app.command()
def live(
    source: Annotated[
        str,
        typer.Option(
            "--source",
            help="micromanager:[PORT], micromanager+local:CONFIG.cfg, replay:PATH or simulated:",
        ),
    ],
    engine: EngineOption = DEFAULT_ENGINE,
    backend: BackendOption = "auto",
    save: SaveOption = None,
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
        int | None, typer.Option("--channel", min=0, help="Of a camera with several; from 0.")
    ] = None,
    pixel_size: Annotated[
        float | None,
        typer.Option("--pixel-size", help="In µm, where Micro-Manager is not calibrated."),
    ] = None,
) -> None:
    """Restore frames as they come, show them, and record raw and restored together.

    Examples
    --------
      pssr-live live --source micromanager: --save monday/cell-3

      pssr-live live --source replay:cells.tif --headless --save monday/cell-3

      pssr-live live --source micromanager: --save monday/cell-3 --format ome-zarr

      pssr-live live --source simulated:photons=6,seed=2 --rate 10

      pssr-live live --source micromanager: --publish tcp://127.0.0.1:5555
    """
    from pssr_live.run import SessionOptions, run_live, with_options

    named = {"wait": wait, "channel": channel, "pixel_size_um": pixel_size}
    url = with_options(source, {name: value for name, value in named.items() if value is not None})
    options = SessionOptions(
        engine, backend, save, frames, headless, image_format, publish, publish_to_network
    )
    run_live(url, rate, options, loop=loop)


@app.command()
def doctor(
    source: Annotated[
        str, typer.Option("--source", help="What frames shall come from.")
    ] = "micromanager:",
    engine: EngineOption = DEFAULT_ENGINE,
    save: Annotated[
        Path, typer.Option("--save", help="Where recordings shall go; its disk is looked at.")
    ] = Path(),
) -> None:
    """Check microscope, engine, graphics card, window and disk, with the fix for what is wrong.

    Examples:

      pssr-live doctor

      pssr-live doctor --source simulated: --save D:/recordings
    """
    from pssr_live.doctor import run_doctor

    if not run_doctor(source, engine, save):
        raise typer.Exit(1)


@app.command()
def restore(
    source: Annotated[
        Path, typer.Argument(metavar="INPUT", help="A TIFF time-lapse, or a recording's folder.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="File to write, .ome.tif or .ome.zarr; not for a recording."
        ),
    ] = None,
    image_format: Annotated[
        ImageFormat | None,
        typer.Option("--format", help="By default as --output, or the recording, says."),
    ] = None,
    engine: EngineOption = DEFAULT_ENGINE,
    backend: BackendOption = "auto",
    force: ForceOption = False,
) -> None:
    """Restore a file, or complete a recording that was cut off, with the engine it began with.

    Examples
    --------
      pssr-live restore cells.tif --output cells-restored.ome.tif

      pssr-live restore cells.tif --output cells-restored.ome.zarr

      pssr-live restore monday/cell-3
    """
    from pssr_live.run import run_restore

    run_restore(source, output, image_format, engine, backend, force=force)


app.command()(crappify)
app.command()(calibrate)


@app.command()
def train(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the run.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[HR]...", help="HR time-lapses or stills: TIFF, CZI or ND2."),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe",
            help="paper-multi-frame, paper-single-frame, paper-em, care, mito-lite, or a .toml "
            "file; default: the fast network.",
        ),
    ] = None,
    validation: Annotated[
        list[Path] | None,
        typer.Option("--validation", help="HR file kept out of training; may be repeated."),
    ] = None,
    data: Annotated[
        Path, typer.Option("--data", help="Folder that a recipe's paths start from.")
    ] = Path(),
    name: Annotated[str | None, typer.Option("--name", help="What to call the engine.")] = None,
    frames: Annotated[
        int | None, typer.Option("--frames", help="5 frames in, or 1: the centre frame alone.")
    ] = None,
    init: Annotated[
        str | None,
        typer.Option("--init", help="Begin with the weights of a bundle or a run (fine-tuning)."),
    ] = None,
    teacher: Annotated[
        str | None,
        typer.Option("--teacher", help="Learn also from what a bundle or a run makes of it."),
    ] = None,
    films: Annotated[
        int | None, typer.Option("--films", min=1, help="HR films to hold in memory.")
    ] = None,
    batch: Annotated[
        int | None, typer.Option("--batch", min=1, help="Pairs in a batch; fewer take less memory.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", help="Train about this long instead.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Same seed, same engine.")] = None,
    export: Annotated[
        Path | None, typer.Option("--export", help="Export the best network into this folder.")
    ] = None,
) -> None:
    """Train an engine on HR time-lapses.

    Stopped, or killed? The same command goes on where it was.

    Examples
    --------
      pssr-live train cell1.tif cell2.tif --validation cell3.tif --output runs/mine

      pssr-live train cell1.tif cell2.tif --init mito-lite --minutes 10 --output runs/tuned

      pssr-live train *.czi --recipe paper-multi-frame --output runs/paper

      pssr-live train --recipe mito-lite --data DATA --output runs/mito-lite
    """
    from pssr_live.training.commands import run_train
    from pssr_live.training.composing import Changes

    changes = Changes(name, frames, films, batch, minutes, seed, init, teacher)
    run_train(
        files or [],
        output,
        recipe=recipe,
        data=data,
        validation=validation or [],
        changes=changes,
        export=export,
    )


@app.command()
def export(
    source: Annotated[
        str, typer.Argument(metavar="RUN_OR_BUNDLE", help="Folder of a training run, or an engine.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the bundle to make.")],
    precision: Annotated[
        str | None,
        typer.Option("--precision", help="fp32, fp16 or int8; default: fp32, with TensorRT fp16."),
    ] = None,
    backend: Annotated[
        str, typer.Option("--backend", help="What it is for: onnx, openvino or tensorrt.")
    ] = "onnx",
    frame_size: FrameSizeOption = "440x440",
    compute_capability: ComputeCapabilityOption = None,
    calibration: Annotated[
        list[Path] | None,
        typer.Option(
            "--calibration",
            help="HR time-lapse to round int8 by, beside scenes made for it; may be repeated.",
        ),
    ] = None,
    validation: Annotated[
        list[Path] | None,
        typer.Option(
            "--validation",
            help="HR time-lapse to measure on what the precision costs; may be repeated.",
        ),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Make an engine bundle of a training run, or of an engine in another precision.

    Examples:

      pssr-live export runs/mine --output engines/mine

      pssr-live export mito-lite --precision int8 --output engines/mito-lite-int8

      pssr-live export runs/mine --backend tensorrt --compute-capability 8.6 --output engines/mine
    """
    from pssr_live.training.exporting import Order, export_engine

    order = Order(
        backend=backend,
        precision=precision,
        frame_size=sides(frame_size),
        compute_capabilities=compute_capability or (),
        calibration=calibration or (),
        validation=validation or (),
    )
    export_engine(source, output, order, force=force)


app.command(cls=SeveralValues)(evaluate)


def main() -> None:
    """Run the command line; exit status 0, 1 for a failure, 2 for wrong usage."""
    debug = "--debug" in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    try:
        app()
    except Exception as error:
        if debug:
            raise
        typer.secho(f"Error: {describe(error)}", fg=typer.colors.RED, err=True)
        sys.exit(1)


def describe(error: Exception) -> str:
    """Say in one line what went wrong and what to do.

    Parameters
    ----------
    error : Exception
        Ours carry a fix; others are named, with the way to see more.

    Returns
    -------
    str
    """
    if hasattr(error, "fix"):
        return str(error)
    if isinstance(error, OSError):
        place = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror or error}{place}."
    return f"{type(error).__name__}: {error}. Run the command with --debug and report what it says."


if __name__ == "__main__":
    main()
