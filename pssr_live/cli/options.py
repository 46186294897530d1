"""Options that several commands take, and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from pssr_live.defaults import DEFAULT_ENGINE
from pssr_live.recording import ImageFormat

EngineOption = Annotated[
    str, typer.Option("--engine", help="A bundled engine, a baseline, or a bundle's folder.")
]
EnginesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--engine",
        metavar="[CHANNEL=]ENGINE",
        help="A bundled engine, a baseline, or a bundle's folder; for one channel as in "
        "GFP=mito-lite, which may be repeated; none to leave a channel as it is.",
        show_default=DEFAULT_ENGINE,
    ),
]
BackendOption = Annotated[
    str,
    typer.Option(
        "--backend",
        help="What runs the engine: one that pssr-live engines lists; fastest, which times them "
        "all; precise, the first that works in a fixed order, full precision first; or auto, "
        "the one that was the fastest here before.",
    ),
]
UncertaintyOption = Annotated[
    bool,
    typer.Option(
        "--uncertainty",
        help="Predict the uncertainty of each pixel too, with an engine that has learnt to.",
    ),
]
SaveOption = Annotated[
    Path | None, typer.Option("--save", help="New folder to record raw and restored frames into.")
]
FormatOption = Annotated[
    ImageFormat,
    typer.Option("--format", help="What restored frames are recorded as; raw ones are OME-TIFF."),
]
ProvisionalOption = Annotated[
    bool | None,
    typer.Option(
        "--provisional/--no-provisional",
        help="Show the newest frame at once, and again when its neighbours have come; default: "
        "where these take over half a second.",
        show_default=False,
    ),
]
FramesOption = Annotated[
    int | None, typer.Option("--frames", min=1, help="Stop after this many frames.")
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
    typer.Option("--publish-to-network", help="Let other computers receive them, unencrypted."),
]
SnapshotOption = Annotated[
    Path | None,
    typer.Option(
        "--snapshot",
        metavar="FILE.png",
        help="Save the window's picture at the end; with --frames the window then closes itself.",
    ),
]
ChannelOption = Annotated[
    str | None,
    typer.Option(
        "--channel", help="Channel, by its name or number from 0, where a file has several."
    ),
]
ChannelsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--channel",
        help="Channel, by its name or number from 0, where a file has several; may be repeated, "
        "for a result of each.",
    ),
]
ZOption = Annotated[
    int | None,
    typer.Option("--z", min=0, help="Slice in z, where a file has several; from 0."),
]
PositionOption = Annotated[
    int | None,
    typer.Option("--position", min=0, help="Position, where a file has several; from 0."),
]
IntervalOption = Annotated[
    float | None,
    typer.Option(
        "--interval", metavar="SECONDS", help="Time between frames, where a file does not state it."
    ),
]
WindowAlongOption = Annotated[
    Literal["time", "z"],
    typer.Option(
        "--window-along",
        help="Which frames are neighbours: those in time, or the slices of a stack in z.",
    ),
]
CropBottomOption = Annotated[
    int,
    typer.Option(
        "--crop-bottom",
        min=0,
        metavar="ROWS",
        help="Leave rows out at the bottom of each image, where a data bar is burnt in.",
    ),
]
AllowPredictedOption = Annotated[
    bool,
    typer.Option("--allow-predicted", help="Accept restored files too, which are predictions."),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite what is there.")]
FrameSizeOption = Annotated[
    str, typer.Option("--frame-size", metavar="HxW", help="Size of an LR frame in pixels.")
]
ComputeCapabilityOption = Annotated[
    list[str] | None,
    typer.Option(
        "--compute-capability",
        help="Compute capability of a GPU that will run it, such as 8.6; may be repeated. "
        "Default: the GPU here.",
    ),
]


def number_or_name(channel: str) -> int | str:
    """Read what was typed for ``--channel``."""
    return int(channel) if channel.isdecimal() else channel


def numbers_or_names(channels: list[str] | None) -> tuple[int | str, ...] | None:
    """Read what was typed for ``--channel``, however often; None where it was not."""
    return tuple(map(number_or_name, channels or ())) or None


def sides(frame_size: str) -> tuple[int, int]:
    """Read HEIGHTxWIDTH."""
    height, _, width = frame_size.partition("x")
    if not (height.isdecimal() and width.isdecimal() and int(height) and int(width)):
        raise typer.BadParameter("a frame size looks like 512x512")
    return int(height), int(width)
