"""Recordings and engines, opened in napari as layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from acquisition import Channel
from engines import MANIFEST_FILE, WINDOW_LENGTH, load_bundle
from pssr_live.napari_plugin.stacks import ChannelStack
from pssr_live.recording import (
    SESSION_FILE,
    Frames,
    Hyperstack,
    ImageDescription,
    OpenedRecord,
    describe_raw,
    describe_restored,
    open_recording,
    restored_channels,
)

LayerData = tuple[Any, dict[str, Any], str]
PREDICTED = "pssr-live predicted"


def get_reader(path: str | Sequence[str]) -> Callable[[str], list[LayerData]] | None:
    """Say who reads a path.

    Parameters
    ----------
    path : str or sequence of str
        As napari was given it.

    Returns
    -------
    callable or None
        What opens it; None if it is neither a recording's folder nor an engine's.
    """
    if not isinstance(path, str):
        return None
    if (Path(path) / SESSION_FILE).is_file():
        return recording_layers
    if (Path(path) / MANIFEST_FILE).is_file():
        return engine_layers
    return None


def recording_layers(path: str) -> list[LayerData]:
    """Open a recording: a layer of each channel, raw ones below, restored ones above.

    Parameters
    ----------
    path : str
        Its folder. Its files stay open while napari runs: frames are read as they are looked at.

    Returns
    -------
    list of tuple
        Array of shape (T, Y, X) or (T, Z, Y, X), what napari is to know of it, and ``image``. In µm
        and seconds, where they are known; raw and restored pixels lie over one another.

    Raises
    ------
    UserError
        If it can't be read.
    """
    recording = open_recording(path)
    name = Path(path).name
    session = recording.session
    by_channel = restored_channels(session)
    raw_engines = [by_channel.get(number) for number in range(len(describe_raw(session).channels))]
    layers = _layers(name, recording.raw, describe_raw(session), engines=raw_engines)
    if recording.restored is not None:
        about = describe_restored(session)
        finer = next(iter(by_channel.values())).scale_factor
        layers += _layers(
            name, recording.restored, about, engines=list(by_channel.values()), finer=finer
        )
    for _, options, _ in layers:
        options["metadata"]["session"] = session.model_dump(mode="json")
    return layers


def engine_layers(path: str) -> list[LayerData]:
    """Open an engine's bundle: the window that it is checked with, and what it made of it.

    Parameters
    ----------
    path : str
        The bundle's folder.

    Returns
    -------
    list of tuple
        Two layers, in counts; all that the engine says of itself is in their metadata, its
        validation figures as lines of text under ``figures``.

    Raises
    ------
    EngineError
        If it is damaged.
    """
    bundle = load_bundle(path)
    manifest = bundle.manifest
    about = {
        "figures": [
            f"{row.series}, {row.crappifier}: PSNR {row.engine:.2f} dB, five-frame mean "
            f"{row.rolling_mean:.2f} dB, bilinear {row.bilinear:.2f} dB"
            for row in manifest.validation
        ],
        "manifest": manifest.model_dump(mode="json"),
    }
    finer = manifest.scale_factor
    # Restored is the frame in the middle: beside each of the five, to compare.
    restored = bundle.proof.restored[None].repeat(WINDOW_LENGTH, axis=0)
    return [
        (
            bundle.proof.window,
            {"name": f"{manifest.name}: proof, raw", "metadata": about},
            "image",
        ),
        (
            restored,
            {
                "name": f"{manifest.name}: proof, restored (predicted)",
                "scale": (1, 1 / finer, 1 / finer),
                "translate": (0, *_half_a_pixel(1, finer)),
                "metadata": about | {PREDICTED: True},
            },
            "image",
        ),
    ]


def _layers(
    name: str,
    frames: Frames | Hyperstack,
    about: ImageDescription,
    *,
    engines: Sequence[OpenedRecord | None],
    finer: int = 1,
) -> list[LayerData]:
    predicted = finer > 1
    layers: list[LayerData] = []
    for number, (channel, engine) in enumerate(zip(about.channels, engines, strict=True)):
        stack = ChannelStack(frames, number)
        scale, translate, units = _places(stack.ndim, about, finer=finer)
        options: dict[str, Any] = {
            "name": f"{name}: {channel.name}" + ("" if predicted else " (raw)"),
            "scale": scale,
            "translate": translate,
            "units": units,
            "axis_labels": _axis_labels(stack.ndim, about),
            "contrast_limits": _contrast(stack, engine),
            "colormap": _colour_map(channel),
            # The first channel hides what lies below it, the raw frames; the others add to it.
            "blending": "additive" if number else "translucent_no_depth",
            "metadata": {PREDICTED: predicted},
        }
        layers.append((stack, options, "image"))
    return layers


def _places(
    ndim: int, about: ImageDescription, *, finer: int
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[str, ...]]:
    side = about.pixel_size_um or 1 / finer
    length = "um" if about.pixel_size_um else "pixel"
    step, interval = about.z_step_um or 1.0, about.interval_s or 1.0
    depth = "um" if about.z_step_um else "pixel"
    time = "s" if about.interval_s else "pixel"
    first = (step, depth) if about.frames_are_slices else (interval, time)
    leading = [first] if ndim == 3 else [first, (step, depth)]
    scale = (*(size for size, _ in leading), side, side)
    translate = (*(0.0 for _ in leading), *_half_a_pixel(side * finer, finer))
    return scale, translate, (*(unit for _, unit in leading), length, length)


def _half_a_pixel(raw_side: float, finer: int) -> tuple[float, float]:
    """How far the centre of the first restored pixel lies from that of the first raw one."""
    off = (raw_side / finer - raw_side) / 2
    return off, off


def _axis_labels(ndim: int, about: ImageDescription) -> tuple[str, ...]:
    first = "z" if about.frames_are_slices else "t"
    return (first, "y", "x") if ndim == 3 else (first, "z", "y", "x")


def _contrast(stack: ChannelStack, engine: OpenedRecord | None) -> tuple[float, float]:
    """Where black and white are: those of the intensity scale, the same for raw and restored."""
    if engine is not None and engine.offset is not None and engine.gain:
        return engine.offset, engine.offset + engine.gain
    plane = stack[(0,) * (stack.ndim - 2)] if len(stack) else None
    if plane is None or plane.min() == plane.max():
        return 0.0, 1.0
    return float(plane.min()), float(plane.max())


def _colour_map(channel: Channel) -> str:
    if channel.colour is None:
        return "gray"
    red, green, blue = channel.colour
    return f"#{red:02x}{green:02x}{blue:02x}"
