"""What is on the screen, kept: the window as PNG, the raw and the restored image as OME-TIFF."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from numpy.typing import NDArray

from acquisition import PixelType
from pssr_live._version import __version__
from pssr_live.recording import (
    FormatRecord,
    ImageDescription,
    SessionRecord,
    SourceRecord,
    describe_raw,
    describe_restored,
    images,
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
    """

    frame: RestoredFrame
    source: SourceRecord


def write_snapshot(stem: Path, picture: bytes, shown: ShownFrame) -> None:
    """Write ``STEM.png``, ``STEM-raw.ome.tif`` and ``STEM-restored.ome.tif``.

    Parameters
    ----------
    stem : Path
        Without an ending; its folder is made if need be.
    picture : bytes
        Of the window, a PNG.
    shown : ShownFrame
        The frame, raw and restored.

    Raises
    ------
    OSError
        If one of them is there already, or the disk refuses.
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    with stem.with_name(stem.name + PICTURE_ENDING).open("xb") as file:
        file.write(picture)
    frame, session = shown.frame, _session(shown)
    _write(
        stem.with_name(stem.name + RAW_ENDING), describe_raw(session), frame.raw, index=frame.index
    )
    if frame.restored is not None:
        path = stem.with_name(stem.name + RESTORED_ENDING)
        _write(path, describe_restored(session), frame.restored, index=frame.index)


def _session(shown: ShownFrame) -> SessionRecord:
    origin = shown.frame.origin
    age = timedelta(seconds=time.perf_counter() - shown.frame.received)
    return SessionRecord(
        software=f"pssr-live {__version__}",
        started=(datetime.now(UTC) - age).isoformat(timespec="milliseconds"),
        source=shown.source,
        frames=FormatRecord.of(origin.format),
        engine=origin.engine,
    )


def _write(path: Path, about: ImageDescription, pixels: NDArray[PixelType], *, index: int) -> None:
    about = replace(about, notes={**about.notes, "frame": str(index)})
    with closing(images.begin(path, about)) as file:
        file.append(pixels, 0.0)
