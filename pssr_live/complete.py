"""Completing a recording: restoring those of its frames that were not restored in time."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from rich.console import Console

from acquisition import FrameFormat, open_source
from acquisition.timelapse import RAW_FILE
from engines.errors import EngineError
from engines.intensity import IntensityScale
from engines.selection import AUTO, BACKENDS
from pssr_live.engine_keeper import EngineKeeper, SharedEngine
from pssr_live.errors import UserError
from pssr_live.recording.provenance import record_engine
from pssr_live.recording.restored_images import resume_restored
from pssr_live.recording.session_file import SessionRecord
from pssr_live.restore import first_frames, read_frames, tracked, windows_of


def complete_recording(folder: Path, engine: str, backend: str, console: Console) -> int:
    """Restore the frames of a recording that have no restored frame yet.

    Parameters
    ----------
    folder : Path
        Of the recording.
    engine : str
        For a recording that was cut off before it had an engine; others go on with their own.
    backend : str
        ``auto`` prefers the recording's own.
    console : Console
        For the progress bar.

    Returns
    -------
    int
        Restored frames in the recording now.

    Raises
    ------
    UserError, SourceError, EngineError
        Before anything is written, with the fix.
    """
    session = SessionRecord.read(folder)
    session.image_format.require()
    source = open_source(f"replay:{folder / RAW_FILE}", rate="max")
    with closing(source):
        frame_format = source.open()
        total = source.frame_count or 0
        engines, shared = _open_engine(session, engine, backend, frame_format, folder / RAW_FILE)
        with closing(engines):
            first, frames = first_frames(read_frames(source))
            if session.engine is None:
                intensity = shared.fix_intensity(first)
                session.engine = record_engine(shared.selection.engine, shared.path, intensity)
                session.write(folder)
            intensity = IntensityScale(session.engine.offset, session.engine.gain)
            writer = resume_restored(folder, session)
            done = writer.written
            console.print(f"{folder}: {done} of {total} frames are restored", highlight=False)
            buffer = shared.new_buffer(frame_format)
            times: list[float] = []
            lost, last = 0, None
            try:
                windows = windows_of(frames, frame_format)
                for window in tracked(windows, total, folder.name, console):
                    times.append(window.acquired)
                    lost += max(0, window.index - last - 1) if last is not None else 0
                    last = window.index
                    if window.sequence >= done:
                        shared.restore(window.pixels, intensity, buffer)
                        writer.append(buffer)
            finally:
                writer.close(times[: writer.written])
                session.raw_frames, session.restored_frames = total, writer.written
                session.lost_frames = max(lost, session.lost_frames)
                session.state = "complete" if writer.written == total else "raw only"
                session.write(folder)
    return writer.written


def _open_engine(
    session: SessionRecord, engine: str, backend: str, frame_format: FrameFormat, raw: Path
) -> tuple[EngineKeeper, SharedEngine]:
    """Open the engine that the recording was begun with, on the same backend if it can be."""
    begun_with = session.engine
    if begun_with is None:
        engines = EngineKeeper(engine, backend)
        return engines, engines.open(frame_format)
    titles = {entry.title: key for key, entry in BACKENDS.items()}
    preferred = titles.get(begun_with.backend, AUTO) if backend == AUTO else backend
    # Its own first; the one named now where that has moved, or its backend is not here.
    attempts = [(begun_with.path, preferred), (begun_with.path, backend), (engine, backend)]
    for number, (name, choice) in enumerate(attempts):
        engines = EngineKeeper(name, choice)
        try:
            shared = engines.open(frame_format)
        except EngineError:
            if number == len(attempts) - 1:
                raise
        else:
            break
    if shared.selection.engine.digest != begun_with.digest:
        engines.close()
        raise UserError(
            f"The recording was begun with another version of {begun_with.name}, "
            f"SHA-256 {begun_with.digest[:12]}….",
            f'Name that one with --engine, or: pssr-live restore "{raw}" --output anew.ome.tif',
        )
    return engines, shared
