"""Completing a recording: restoring those of its frames that were not restored in time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from itertools import pairwise
from pathlib import Path

from rich.console import Console

from acquisition.frame_rows import TABLE_FILE, whole_lines
from acquisition.timelapse import RAW_FILE, TimeLapse
from engines.errors import EngineError
from engines.intensity import IntensityScale
from engines.selection import AUTO, BACKENDS
from pssr_live.errors import UserError
from pssr_live.offline.time_lapse import (
    Outcome,
    Watch,
    file_engines,
    watched,
    writing,
)
from pssr_live.recording.claim import Claim
from pssr_live.recording.frame_table import FrameTable
from pssr_live.recording.provenance import record_engine
from pssr_live.recording.restored_images import frames_so_far, resume_restored
from pssr_live.recording.session_file import SessionRecord
from pssr_live.restoring.engine_choice import EngineChoice
from pssr_live.restoring.engine_pool import EnginePool, SharedEngine
from pssr_live.restoring.judge_start import begin_judge
from pssr_live.restoring.stored_windows import first_frames, time_of, windows_from
from pssr_live.trust.columns import UNCERTAINTY


def complete_recording(folder: Path, engine: str, backend: str, console: Console) -> int:
    """Restore the frames of a recording that have no restored frame yet, with a progress bar.

    Parameters
    ----------
    folder
        See `finish_recording`.
    engine, backend : str
        See `EngineChoice`.
    console : Console
        For the progress bar.

    Returns
    -------
    int
        Restored frames in the recording now.
    """
    with file_engines(console) as engines, watched(folder.name, console) as watch:
        return finish_recording(folder, EngineChoice(engine, backend), engines, watch).frames


def finish_recording(
    folder: Path, choice: EngineChoice, engines: EnginePool, watch: Watch
) -> Outcome:
    """Restore the frames of a recording that have no restored frame yet.

    Parameters
    ----------
    folder : Path
        Of the recording.
    choice : EngineChoice
        For a recording that was cut off before it had an engine; others go on with their own, on
        their own backend where this is ``auto``, and say how far off it may be where they did.
    engines : EnginePool
        Opens the engine.
    watch : callable
        Told how it gets on.

    Returns
    -------
    Outcome

    Raises
    ------
    UserError, SourceError, EngineError
        With the fix.
    """
    SessionRecord.read(folder).image_format.require()
    with writing(folder):
        claim = Claim.on_folder(folder)
    with claim, closing(TimeLapse(folder / RAW_FILE)) as time_lapse:
        session, total = SessionRecord.read(folder), time_lapse.frame_count
        done, *copied = frames_so_far(folder, session)
        uncertain = _is_uncertain(session, folder, asked=choice.uncertain, done=done)
        if session.state == "complete" and {done, *copied} == {total}:
            return Outcome(done, 0)
        open_it = partial(engines.open, frame_format=time_lapse.format)
        shared = _open_engine(session, choice.saying(uncertain=uncertain), open_it, folder)
        intensity = _intensity(session, time_lapse)
        if session.engine is None or session.engine.uncertainty != shared.uncertainty:
            opened = shared.selection.engine
            session.engine = record_engine(opened, shared.path, intensity, shared.uncertainty)
            session.write(folder)
        with writing(folder / session.image_format.restored_file):
            writer = resume_restored(folder, session)
            buffer = shared.new_buffer(time_lapse.format)
            half_width = shared.new_half_width(time_lapse.format)
            began = time_of(time_lapse, 0)
            judge = begin_judge(shared, time_lapse.format, intensity, first_frames(time_lapse))
            table = _open_table(folder / TABLE_FILE)
            try:
                for position, window in enumerate(windows_from(time_lapse, done), start=done):
                    shared.restore(window.pixels, intensity, buffer, half_width)
                    if table is not None and judge is not None:
                        trust = judge.look(window, buffer, half_width)
                        table.complete(position, None, trust)
                    writer.append(buffer, window.acquired - began)
                    watch(writer.written, total)
            finally:
                writer.close()
                if table is not None:
                    table.close()
                session.raw_frames, session.restored_frames = total, writer.written
                session.lost_frames = max(_lost(time_lapse), session.lost_frames)
                session.state = "complete" if writer.written == total else "raw only"
                session.write(folder)
    return Outcome(writer.written, writer.written - done)


def _is_uncertain(session: SessionRecord, folder: Path, *, asked: bool, done: int) -> bool:
    """Whether intervals are predicted: for all frames of a recording, or for none."""
    begun_with = session.engine
    if begun_with is not None and begun_with.uncertainty is not None:
        return True
    if asked and (done or not _has_column(folder / TABLE_FILE)):
        by = f'--engine "{begun_with.path}" ' if begun_with is not None else ""
        raise UserError(
            f"{folder} was begun without predicted uncertainty, and goes on as it was begun."
            if done
            else f"{folder} has no {TABLE_FILE} with a column for predicted uncertainty.",
            "Leave --uncertainty out, or record its raw frames anew: "
            f'pssr-live live --source "replay:{folder}" --rate max --headless --uncertainty '
            f'{by}--save "{folder}-uncertainty"',
        )
    return asked


def _has_column(table: Path) -> bool:
    # An earlier version wrote none.
    return UNCERTAINTY in next(whole_lines(table), "")


def _intensity(session: SessionRecord, time_lapse: TimeLapse) -> IntensityScale:
    begun_with = session.engine
    if begun_with is None:
        return IntensityScale.from_window(first_frames(time_lapse))
    return IntensityScale(begun_with.offset, begun_with.gain)


def _open_engine(
    session: SessionRecord,
    choice: EngineChoice,
    open_it: Callable[[EngineChoice], SharedEngine],
    folder: Path,
) -> SharedEngine:
    """Open the engine that the recording was begun with, on the same backend if it can be."""
    begun_with = session.engine
    if begun_with is None:
        return open_it(choice)
    titles = {entry.title: key for key, entry in BACKENDS.items()}
    own = EngineChoice(begun_with.path, choice.backend, uncertain=choice.uncertain)
    # Its own first; the one named now where that has moved, or its backend is not here.
    attempts = [own.preferring(titles.get(begun_with.backend, AUTO)), own, choice]
    for number, attempt in enumerate(attempts):
        try:
            shared = open_it(attempt)
        except EngineError:
            if number == len(attempts) - 1:
                raise
        else:
            break
    digests = [(begun_with.digest, shared.selection.engine.digest)]
    if begun_with.uncertainty is not None and shared.uncertainty is not None:
        digests.append((begun_with.uncertainty.digest, shared.uncertainty.digest))
    for before, now in digests:
        if before != now:
            raise UserError(
                f"The recording was begun with another version of {begun_with.name}, "
                f"SHA-256 {before[:12]}….",
                "Name that one with --engine, or: "
                f'pssr-live restore "{folder / RAW_FILE}" --output anew.ome.tif',
            )
    return shared


def _open_table(path: Path) -> FrameTable | None:
    """Open frames.csv to fill in verdicts; None if there is none, or one without such columns."""
    try:
        return FrameTable(path, new=False)
    except (FileNotFoundError, ValueError):
        return None


def _lost(time_lapse: TimeLapse) -> int:
    steps = pairwise(time_lapse.indices or ())
    return sum(max(0, later - earlier - 1) for earlier, later in steps)
