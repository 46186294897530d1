"""What a recording says of its restored frames: that they are predicted, and by what."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from acquisition import FrameFormat
from acquisition.images import RESTORED_NOTE
from engines import Engine, IntensityScale
from pssr_live.recording.ome import ImageDescription
from pssr_live.recording.session_file import (
    EngineRecord,
    OpenedRecord,
    SessionRecord,
    UncertaintyRecord,
)

_RESTORED = "yes: pixels predicted from neighbouring raw frames"


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
    of_all = frames.frame_format
    return ImageDescription(
        name="raw",
        channels=tuple(
            replace(channel, name=_name(of_all, number) or frames.camera or "raw")
            for number, channel in enumerate(of_all.channels)
        ),
        shape=(frames.height, frames.width),
        dtype=np.dtype(frames.dtype),
        significant_bits=frames.significant_bits,
        pixel_size_um=frames.pixel_size_um,
        interval_s=frames.interval_s,
        acquired_at=session.started,
        slices=of_all.slices,
        z_step_um=frames.z_step_um,
        frames_are_slices=of_all.frames_are_slices,
        placed=not frames.is_of_one,
        creator=session.software,
        notes={"software": session.software, "source": source.url}
        | source.settings
        | _position(session),
    )


def describe_restored(session: SessionRecord) -> ImageDescription:
    """Describe a restored file: its pixels are a prediction, and whose.

    Parameters
    ----------
    session : SessionRecord
        With its engine, or engines.

    Returns
    -------
    ImageDescription
        Of several streams, of the channels that have an engine.
    """
    frames, of_all = session.frames, session.frames.frame_format
    by_channel = restored_channels(session)
    if not by_channel:
        raise ValueError("the session has no engine yet")
    scales = {engine.scale_factor for engine in by_channel.values()}
    if len(scales) > 1:
        raise ValueError(f"engines of one recording have one scale factor, not {scales}")
    (scale,) = scales
    if session.engine is not None:
        notes = restored_notes(session.engine)
    else:
        notes = {RESTORED_NOTE: _RESTORED}
        for number, engine in by_channel.items():
            notes |= _notes_of_channel(_name(of_all, number), engine)
    return ImageDescription(
        name="restored",
        channels=tuple(
            replace(
                of_all.channels[number],
                name=_restored_by("" if frames.is_of_one else _name(of_all, number), engine),
            )
            for number, engine in by_channel.items()
        ),
        shape=(frames.height * scale, frames.width * scale),
        dtype=np.dtype(frames.dtype),
        significant_bits=8 if frames.dtype == "uint8" else 16,
        pixel_size_um=frames.pixel_size_um / scale if frames.pixel_size_um else None,
        interval_s=frames.interval_s,
        acquired_at=session.started,
        slices=of_all.slices,
        z_step_um=frames.z_step_um,
        frames_are_slices=of_all.frames_are_slices,
        placed=not frames.is_of_one,
        creator=session.software,
        notes=notes
        | {"software": session.software, "source": session.source.url}
        | _position(session),
    )


def restored_channels(session: SessionRecord) -> dict[int, OpenedRecord]:
    """Return the engines of a recording by channel: in this order the restored file has them."""
    engines = [session.engine] if session.frames.is_of_one else session.engines or []
    return {number: engine for number, engine in enumerate(engines) if engine is not None}


def _name(of_all: FrameFormat, channel: int) -> str:
    """Name a channel; empty for a single one without a name."""
    name = of_all.channels[channel].name
    return name or (f"channel {channel}" if len(of_all.channels) > 1 else "")


def _restored_by(channel: str, engine: OpenedRecord) -> str:
    return f"{channel} restored by {engine.name} (predicted)".lstrip()


def _position(session: SessionRecord) -> dict[str, str]:
    return {"position": session.frames.position} if session.frames.position else {}


def _notes_of_channel(channel: str, engine: OpenedRecord) -> dict[str, str]:
    # Not its intensity scale, which is settled later; session.json has it.
    notes = {"engine": engine.name, "engine sha256": engine.digest, "backend": engine.backend}
    return {f"{name} of {channel}" if channel else name: note for name, note in notes.items()}


def record_opened(
    engine: Engine, path: str, *, uncertainty: UncertaintyRecord | None = None
) -> OpenedRecord:
    """Write down what is to restore a channel, before its intensity scale is known.

    Parameters
    ----------
    engine, path, uncertainty
        See `record_engine`.
    """
    return OpenedRecord(
        name=engine.name,
        path=path,
        backend=engine.backend,
        digest=engine.digest,
        scale_factor=engine.scale_factor,
        uncertainty=uncertainty,
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
        RESTORED_NOTE: _RESTORED,
        "engine": engine.name,
        "engine sha256": engine.digest,
        "backend": engine.backend,
        "intensity offset": repr(engine.offset),
        "intensity gain": repr(engine.gain),
    }
