"""What is on the screen, kept: the window as PNG, the raw and the restored image as OME-TIFF."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

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
from pssr_live.session import Origin

PICTURE_ENDING = ".png"
RAW_ENDING = "-raw.ome.tif"
RESTORED_ENDING = "-restored.ome.tif"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameOrigin:
    """Where a frame on the screen comes from.

    Attributes
    ----------
    origin : Origin
        Its format and its engine.
    received : float
        ``time.perf_counter()`` when it came.
    url : str
        Of its source.
    settings : mapping of str to str
        What else the source said of itself.
    """

    origin: Origin
    received: float
    url: str
    settings: Mapping[str, str]


def write_snapshot(
    stem: Path,
    picture: bytes,
    raw: NDArray[PixelType],
    *,
    restored: NDArray[PixelType],
    index: int,
    frame_origin: FrameOrigin,
) -> None:
    """Write ``STEM.png``, ``STEM-raw.ome.tif`` and ``STEM-restored.ome.tif``.

    Parameters
    ----------
    stem : Path
        Without an ending; its folder is made if need be.
    picture : bytes
        Of the window, a PNG.
    raw : ndarray, shape (H, W)
        The frame as scanned.
    restored : ndarray, shape (sH, sW)
        The same, restored.
    index : int
        Its number.
    frame_origin : FrameOrigin
        Where it comes from.

    Raises
    ------
    OSError
        If one of them is there already, or the disk refuses.
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    with stem.with_name(stem.name + PICTURE_ENDING).open("xb") as file:
        file.write(picture)
    session = _session(frame_origin)
    for about, pixels, ending in (
        (describe_raw(session), raw, RAW_ENDING),
        (describe_restored(session), restored, RESTORED_ENDING),
    ):
        _write(stem.with_name(stem.name + ending), about, pixels, index=index)


def _session(frame_origin: FrameOrigin) -> SessionRecord:
    age = timedelta(seconds=time.perf_counter() - frame_origin.received)
    return SessionRecord(
        software=f"pssr-live {__version__}",
        started=(datetime.now(UTC) - age).isoformat(timespec="milliseconds"),
        source=SourceRecord(url=frame_origin.url, settings=dict(frame_origin.settings)),
        frames=FormatRecord.of(frame_origin.origin.format),
        engine=frame_origin.origin.engine,
    )


def _write(path: Path, about: ImageDescription, pixels: NDArray[PixelType], *, index: int) -> None:
    about = replace(about, notes={**about.notes, "frame": str(index)})
    with closing(images.begin(path, about)) as file:
        file.append(pixels, 0.0)
