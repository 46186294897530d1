"""Completing a recording: restoring those of its frames that were not restored in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from acquisition import Frame, FrameFormat, open_source
from engines.errors import EngineError
from engines.intensity import IntensityScale
from engines.selection import AUTO, BACKENDS
from pssr_live.engine_keeper import EngineKeeper, SharedEngine
from pssr_live.errors import UserError
from pssr_live.recording.bigtiff import TiffAppender, TiffError
from pssr_live.recording.frame_table import FrameRow
from pssr_live.recording.provenance import describe_restored, record_engine
from pssr_live.recording.recorder import RAW_FILE, RESTORED_FILE, read_table
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
    rows = read_table(folder)
    source = open_source(f"replay:{folder / RAW_FILE}", rate="max")
    with closing(source):
        frame_format = source.open()
        rows = rows[: source.frame_count]
        engines, shared = _open_engine(session, engine, backend, frame_format)
        with closing(engines):
            first, frames = first_frames(_numbered(read_frames(source), rows))
            if session.engine is None:
                intensity = shared.fix_intensity(first)
                session.engine = record_engine(shared.selection.engine, shared.path, intensity)
            intensity = IntensityScale(session.engine.offset, session.engine.gain)
            writer = _resume(folder, session)
            done = writer.written
            console.print(f"{folder}: {done} of {len(rows)} frames are restored", highlight=False)
            buffer = shared.new_buffer(frame_format)
            try:
                windows = windows_of(frames, frame_format)
                for window in tracked(windows, len(rows), folder.name, console):
                    if window.sequence >= done:
                        shared.restore(window.pixels, intensity, buffer)
                        writer.append(buffer)
            finally:
                times = [row.acquired_s for row in rows[: writer.written]]
                writer.close(describe_restored(session).to_xml(writer.written, times))
                session.raw_frames = len(rows)
                session.restored_frames = writer.written
                session.lost_frames = sum(row.lost_before for row in rows)
                session.state = "complete" if writer.written == len(rows) else "raw only"
                session.write(folder)
    return writer.written


def _open_engine(
    session: SessionRecord, engine: str, backend: str, frame_format: FrameFormat
) -> tuple[EngineKeeper, SharedEngine]:
    """Open the engine that the recording was begun with, on the same backend if it can be."""
    begun_with = session.engine
    if begun_with is None:
        engines = EngineKeeper(engine, backend)
        return engines, engines.open(frame_format)
    titles = {entry.title: key for key, entry in BACKENDS.items()}
    preferred = titles.get(begun_with.backend, AUTO) if backend == AUTO else backend
    engines = EngineKeeper(begun_with.path, preferred)
    try:
        shared = engines.open(frame_format)
    except EngineError:
        if preferred == backend:
            raise
        engines = EngineKeeper(begun_with.path, backend)
        shared = engines.open(frame_format)
    if shared.selection.engine.digest != begun_with.digest:
        engines.close()
        raise UserError(
            f"The recording was begun with another version of {begun_with.name}, "
            f"SHA-256 {begun_with.digest[:12]}….",
            f"Restore the raw file anew: pssr-live restore {RAW_FILE} --output anew.ome.tif",
        )
    return engines, shared


def _resume(folder: Path, session: SessionRecord) -> TiffAppender:
    about = describe_restored(session)
    path = folder / RESTORED_FILE
    try:
        return TiffAppender.resume(path, about.pixel_size_um, about.to_xml(None))
    except FileNotFoundError:
        pass
    except TiffError:
        # Killed before its first page was whole: nothing is lost by beginning again.
        path.unlink()
    session.write(folder)
    return TiffAppender(path, about.shape, about.dtype, about.pixel_size_um, about.to_xml(None))


def _numbered(frames: Iterable[Frame], rows: list[FrameRow]) -> Iterator[Frame]:
    """Give frames read from a file the numbers and times that frames.csv has for them."""
    for frame, row in zip(frames, rows, strict=False):
        yield replace(frame, index=row.index, acquired=row.acquired_s)
