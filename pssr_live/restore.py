"""Restoring a time-lapse that is already on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import chain, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from acquisition import (
    WINDOW_LENGTH,
    EndOfFrames,
    Frame,
    FrameFormat,
    FrameSource,
    PixelType,
    RingBuffer,
    Window,
    open_source,
)
from pssr_live import __version__
from pssr_live.engine_keeper import EngineKeeper
from pssr_live.errors import UserError
from pssr_live.recording.image_format import ImageFormat
from pssr_live.recording.images import begin, is_image, remove
from pssr_live.recording.ome import ImageDescription
from pssr_live.recording.provenance import record_engine, restored_notes

_RING_CAPACITY = 4 * WINDOW_LENGTH


def restore_file(
    path: Path, output: Path, engine: str, backend: str, console: Console, *, force: bool
) -> int:
    """Restore every frame of a TIFF time-lapse into an OME-TIFF or, by its name, an OME-Zarr.

    Interrupted, it leaves a whole file of the frames restored so far.

    Parameters
    ----------
    path, output : Path
        Time-lapse to read, file to write.
    engine, backend : str
        See `engines.selection.open_engine`.
    console : Console
        For the progress bar.
    force : bool
        Write over the output.

    Returns
    -------
    int
        Frames restored.

    Raises
    ------
    UserError, SourceError, EngineError
        Before anything is written, with the fix.
    """
    ImageFormat.of(output).require()
    if output.exists():
        if not force:
            raise UserError(f"{output} is there already.", "Write over it with --force.")
        if output.samefile(path):
            raise UserError("Input and output are the same file.", "Name another --output.")
        if output.is_dir() and not is_image(output):
            raise UserError(f"{output} is a folder.", "Name a file to write with --output.")
    source = open_source(f"replay:{path}", rate="max")
    engines = EngineKeeper(engine, backend)
    with closing(source), closing(engines):
        frame_format = source.open()
        shared = engines.open(frame_format)
        console.print(f"{shared.name}: {shared.selection.report.reason}", highlight=False)
        first, frames = first_frames(read_frames(source))
        intensity = shared.fix_intensity(first)
        buffer = shared.new_buffer(frame_format)
        about = ImageDescription(
            name="restored",
            channel=f"restored by {shared.name} (predicted)",
            shape=buffer.shape,
            dtype=frame_format.dtype,
            significant_bits=8 * frame_format.dtype.itemsize,
            pixel_size_um=(frame_format.pixel_size_um or 0.0) / shared.scale_factor or None,
            interval_s=frame_format.interval_s,
            acquired_at=None,
            notes=restored_notes(record_engine(shared.selection.engine, engine, intensity))
            | {"software": f"pssr-live {__version__}", "source": path.name},
        )
        remove(output)
        writer = begin(output, about)
        times: list[float] = []
        try:
            windows = windows_of(frames, frame_format)
            for window in tracked(windows, source.frame_count, path.name, console):
                shared.restore(window.pixels, intensity, buffer)
                writer.append(buffer)
                times.append(window.acquired)
        finally:
            writer.close(times)
    return len(times)


def read_frames(source: FrameSource) -> Iterator[Frame]:
    """Read an open source to its end."""
    while True:
        try:
            frame = source.read(timeout=1.0)
        except EndOfFrames:
            return
        if frame is not None:
            yield frame


def first_frames(frames: Iterator[Frame]) -> tuple[NDArray[PixelType], Iterator[Frame]]:
    """Look ahead at the frames that the intensity scale is estimated from.

    Parameters
    ----------
    frames : iterator of Frame
        Not used any more afterwards.

    Returns
    -------
    ndarray, shape (n, H, W)
        The first five frames, or all if there are fewer.
    iterator of Frame
        All frames, those included.
    """
    first = list(islice(frames, WINDOW_LENGTH))
    return np.stack([frame.pixels for frame in first]), chain(first, frames)


def windows_of(frames: Iterable[Frame], frame_format: FrameFormat) -> Iterator[Window]:
    """Yield the window round each frame, in order, by way of a ring as in a live session.

    Parameters
    ----------
    frames : iterable of Frame
        Of one segment.
    frame_format : FrameFormat
        Theirs.

    Yields
    ------
    Window
        Valid until the next is asked for.
    """
    ring = RingBuffer(frame_format, _RING_CAPACITY)
    position = 0
    for frame in frames:
        ring.append(frame)
        while (window := ring.window(position)) is not None:
            yield window
            position += 1
    ring.end()
    while (window := ring.window(position)) is not None:
        yield window
        position += 1


def tracked(
    windows: Iterator[Window], total: int | None, name: str, console: Console
) -> Iterator[Window]:
    """Show a progress bar while windows are restored."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("frames"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield from progress.track(windows, total=total, description=f"restoring {name}")
