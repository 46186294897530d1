"""What is on the screen, kept: the window as PNG, the raw and the restored image as OME-TIFF."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from numpy.typing import NDArray

from acquisition import FrameFormat, PixelType
from pssr_live._version import __version__
from pssr_live.recording import (
    FormatRecord,
    ImageDescription,
    SessionRecord,
    SourceRecord,
    describe_raw,
    describe_restored,
    write_single,
)
from pssr_live.session import RestoredFrame

PICTURE_ENDING = ".png"
RAW_ENDING = "-raw.ome.tif"
RESTORED_ENDING = "-restored.ome.tif"


class ShownFrame(NamedTuple):
    """A frame on the screen.

    Attributes
    ----------
    frame : RestoredFrame
        What is shown, with its format and its engine.
    source : SourceRecord
        What it came from.
    projected : bool
        Whether its pixels are the brightest of all slices.
    """

    frame: RestoredFrame
    source: SourceRecord
    projected: bool = False


def write_snapshot(stem: Path, picture: bytes, shown: ShownFrame) -> None:
    """Write ``STEM.png``, ``STEM-raw.ome.tif`` and ``STEM-restored.ome.tif``.

    Parameters
    ----------
    stem : Path
        Without an ending; its folder is made if need be.
    picture : bytes
        Of the window, a PNG.
    shown : ShownFrame
        The frame, raw and restored; there is no restored file of one that has no engine.

    Raises
    ------
    OSError
        If one of them already exists, or the disk refuses; then none is written.
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    drawn, raw, restored = (
        stem.with_name(stem.name + ending)
        for ending in (PICTURE_ENDING, RAW_ENDING, RESTORED_ENDING)
    )
    frame, session, notes = shown.frame, _session(shown), _notes(shown)
    with ExitStack() as undo:
        with drawn.open("xb") as file:
            undo.callback(drawn.unlink)
            file.write(picture)
        _write(raw, describe_raw(session), frame.raw, notes=notes)
        undo.callback(raw.unlink)
        if frame.restored is not None:
            _write(restored, describe_restored(session), frame.restored, notes=notes)
        undo.pop_all()


def _notes(shown: ShownFrame) -> dict[str, str]:
    """Say which frame it is; of several streams also of which."""
    frame, said = shown.frame, shown.frame.origin.format
    notes = {"frame": str(frame.index)}
    if len(said.channels) > 1:
        notes["channel"] = said.channels[frame.stream.channel].name or str(frame.stream.channel)
    if said.slices > 1:
        notes["slice"] = "maximum of all" if shown.projected else str(frame.stream.z)
    if said.positions[0]:
        notes["position"] = said.positions[0]
    if frame.provisional:
        notes["provisional"] = "restored before the frames after it had come"
    return notes


def _session(shown: ShownFrame) -> SessionRecord:
    origin = shown.frame.origin
    age = timedelta(seconds=time.perf_counter() - shown.frame.received)
    return SessionRecord(
        software=f"pssr-live {__version__}",
        started=(datetime.now(UTC) - age).isoformat(timespec="milliseconds"),
        source=shown.source,
        frames=FormatRecord.of(_format_of(shown)),
        engine=origin.engine,
    )


def _format_of(shown: ShownFrame) -> FrameFormat:
    """The format of a file that holds one stream."""
    said, stream = shown.frame.origin.format, shown.frame.stream
    return replace(said, channels=(said.channels[stream.channel],), slices=1)


def _write(
    path: Path,
    about: ImageDescription,
    pixels: NDArray[PixelType],
    *,
    notes: Mapping[str, str],
) -> None:
    about = replace(about, notes={**about.notes, **notes})
    write_single(path, about, pixels)
