"""What a recording says of its restored frames: that they are predicted, and by what."""

from __future__ import annotations

import numpy as np

from acquisition import Channel
from acquisition.images.provenance import RESTORED_NOTE
from engines import Engine, IntensityScale
from pssr_live.recording.ome import ImageDescription
from pssr_live.recording.session_file import EngineRecord, SessionRecord, UncertaintyRecord


def describe_raw(session: SessionRecord) -> ImageDescription:
    """Describe the frames as they came.

    Parameters
    ----------
    session : SessionRecord
        Of the recording.

    Returns
    -------
    ImageDescription
    """
    frames, source = session.frames, session.source
    return ImageDescription(
        name="raw",
        channels=(Channel(frames.camera or "raw"),),
        shape=(frames.height, frames.width),
        dtype=np.dtype(frames.dtype),
        significant_bits=frames.significant_bits,
        pixel_size_um=frames.pixel_size_um,
        interval_s=frames.interval_s,
        acquired_at=session.started,
        creator=session.software,
        notes={"software": session.software, "source": source.url} | source.settings,
    )


def describe_restored(session: SessionRecord) -> ImageDescription:
    """Describe a restored file: its pixels are a prediction, and whose.

    Parameters
    ----------
    session : SessionRecord
        With its engine.

    Returns
    -------
    ImageDescription
    """
    engine, frames = session.engine, session.frames
    if engine is None:
        raise ValueError("the session has no engine yet")
    scale = engine.scale_factor
    return ImageDescription(
        name="restored",
        channels=(Channel(f"restored by {engine.name} (predicted)"),),
        shape=(frames.height * scale, frames.width * scale),
        dtype=np.dtype(frames.dtype),
        significant_bits=8 if frames.dtype == "uint8" else 16,
        pixel_size_um=frames.pixel_size_um / scale if frames.pixel_size_um else None,
        interval_s=frames.interval_s,
        acquired_at=session.started,
        creator=session.software,
        notes=restored_notes(engine) | {"software": session.software, "source": session.source.url},
    )


def record_engine(
    engine: Engine,
    path: str,
    intensity: IntensityScale,
    *,
    uncertainty: UncertaintyRecord | None = None,
) -> EngineRecord:
    """Write down what restores a recording.

    Parameters
    ----------
    engine : Engine
        What restores.
    path : str
        The name or folder that it was opened by.
    intensity : IntensityScale
        Of the whole recording.
    uncertainty : UncertaintyRecord, optional
        What predicts how far off it may be, where it was asked.

    Returns
    -------
    EngineRecord
    """
    return EngineRecord(
        name=engine.name,
        path=path,
        backend=engine.backend,
        digest=engine.digest,
        scale_factor=engine.scale_factor,
        offset=intensity.offset,
        gain=intensity.gain,
        uncertainty=uncertainty,
    )


def restored_notes(engine: EngineRecord) -> dict[str, str]:
    """Say in key-value pairs that pixels are predicted, and by what."""
    return {
        RESTORED_NOTE: "yes: pixels predicted from neighbouring raw frames",
        "engine": engine.name,
        "engine sha256": engine.digest,
        "backend": engine.backend,
        "intensity offset": repr(engine.offset),
        "intensity gain": repr(engine.gain),
    }
