"""Completing a recording: restoring those of its frames that were not restored in time."""

from __future__ import annotations

from contextlib import ExitStack, closing
from functools import partial
from itertools import islice
from pathlib import Path

from acquisition import RAW_FILE, TABLE_FILE, FrameRow, TimeLapse, read_rows, whole_lines
from acquisition.images import StreamChoice
from engines import AUTO, IntensityScale, quoted
from pssr_live.errors import UserError
from pssr_live.offline.as_begun import open_as_begun, open_table
from pssr_live.offline.complete_streams import finish_streams
from pssr_live.offline.end_note import EndNoted
from pssr_live.offline.output_file import writing
from pssr_live.offline.time_lapse import Outcome, Watch
from pssr_live.recording import (
    Claim,
    SessionRecord,
    describe_again,
    frames_so_far,
    images,
    record_engine,
    refuse_without_frame,
    resume_restored,
)
from pssr_live.restoring import (
    ChannelEngines,
    EngineChoice,
    EnginePool,
    SharedEngine,
    begin_judge,
    first_frames,
    time_since_first,
    windows_from,
)
from pssr_live.trust import UNCERTAINTY


def finish_recording(
    folder: Path,
    choice: EngineChoice | ChannelEngines,
    *,
    engines: EnginePool,
    watch: Watch,
    given: bool = False,
) -> Outcome:
    """Restore the frames of a recording that have no restored frame yet.

    Parameters
    ----------
    folder : Path
        Of the recording.
    choice : EngineChoice or ChannelEngines
        For all channels, or for each. For a recording that was cut off before it had an engine;
        others go on with their own, on their own backend where this is ``auto``, and say how far
        off it may be where they did.
    engines : EnginePool
        Opens the engine.
    watch : callable
        Told how it gets on.
    given : bool
        Whether the engine was named now. Else a recording that was cut off before it had one gets
        what it was begun for.

    Returns
    -------
    Outcome

    Raises
    ------
    UserError, SourceError, EngineError
        With the fix.
    """
    refuse_without_frame(folder)
    SessionRecord.read(folder).image_format.require()
    choices = choice if isinstance(choice, ChannelEngines) else ChannelEngines.all_by(choice)
    with writing(folder):
        claim = Claim.on_folder(folder)
    frames = SessionRecord.read(folder).frames
    if not frames.is_of_one:
        with claim:
            return finish_streams(folder, choices, engines=engines, watch=watch, given=given)
    choice = choices.of_one_channel(frames.frame_format.channels)
    along = StreamChoice(window_along="z" if frames.frames_are_slices else "time")
    with claim, closing(TimeLapse(folder / RAW_FILE, along)) as time_lapse:
        session, total = SessionRecord.read(folder), time_lapse.frame_count
        with writing(folder / RAW_FILE):
            # A kill may have come between the last raw frame and the words on it.
            images.complete_description(folder / RAW_FILE, time_since_first(time_lapse))
            describe_again(folder, session)
        done, *copied = frames_so_far(folder, session)
        choice = _as_asked(session, choice, given=given)
        uncertain = _is_uncertain(session, folder, asked=choice.uncertain, done=done)
        if session.state == "complete" and {done, *copied} == {total}:
            return Outcome(done, 0)
        choice = choice.saying(uncertain=uncertain)
        if session.engine is None and session.asked != choice.asked:
            session.asked = choice.asked
            with writing(folder):
                session.write(folder)
        open_it = partial(engines.open, frame_format=time_lapse.format)
        shared = open_as_begun(session.engine, choice, open_it, folder=folder)
        intensity = _intensity(session, time_lapse)
        if session.engine is None or session.engine.uncertainty != shared.uncertainty:
            opened = shared.selection.engine
            session.engine = record_engine(
                opened, shared.path, intensity, uncertainty=shared.uncertainty
            )
            with writing(folder):
                session.write(folder)
        with writing(folder / session.image_format.restored_file):
            written = _restore_missing(
                folder, session, time_lapse, shared=shared, intensity=intensity, watch=watch
            )
    return Outcome(written, written - done)


def _restore_missing(
    folder: Path,
    session: SessionRecord,
    time_lapse: TimeLapse,
    *,
    shared: SharedEngine,
    intensity: IntensityScale,
    watch: Watch,
) -> int:
    """Restore what is missing; whatever fails, files are closed and session.json says the end."""
    total, since_first = time_lapse.frame_count, time_since_first(time_lapse)

    def rows() -> list[FrameRow]:
        return list(islice(read_rows(folder / TABLE_FILE), total))

    with EndNoted(folder, session, rows, raw=total, due=total) as end, ExitStack() as files:
        table = open_table(folder / TABLE_FILE)
        if table is not None:
            files.enter_context(closing(table))
        writer = files.enter_context(closing(resume_restored(folder, session, time_of=since_first)))
        end.writer = writer
        done = writer.written
        buffer = shared.new_buffer(time_lapse.format)
        half_width = shared.new_half_width(time_lapse.format)
        judge = begin_judge(
            shared, time_lapse.format, intensity, first_frames=first_frames(time_lapse)
        )
        first = done
        if table is not None and judge is not None:
            # A kill may have come between the last restored frame and its line.
            while first and table.lacks_verdict(first - 1):
                first -= 1
        for position, window in enumerate(windows_from(time_lapse, first), start=first):
            shared.restore(window.pixels, intensity, buffer, half_width=half_width)
            if table is not None and judge is not None:
                trust = judge.look(window, buffer, half_width)
                table.complete(position, None, trust)
            if position >= done:
                writer.append(buffer, since_first(position))
                watch(writer.written, total)
    return writer.written


def _as_asked(session: SessionRecord, choice: EngineChoice, *, given: bool) -> EngineChoice:
    """Take what a recording was asked for before it had an engine, unless another is named now."""
    asked = session.asked
    if session.engine is not None or asked is None or (given and choice.name != asked.engine):
        return choice
    backend = asked.backend if choice.backend == AUTO else choice.backend
    if asked.named:
        (own,) = ChannelEngines.as_asked(asked).for_channels(session.frames.frame_format.channels)
        return own if own is not None else choice
    return EngineChoice(asked.engine, backend, uncertain=asked.uncertain or choice.uncertain)


def _is_uncertain(session: SessionRecord, folder: Path, *, asked: bool, done: int) -> bool:
    """Whether intervals are predicted: for all frames of a recording, or for none."""
    begun_with = session.engine
    if begun_with is not None and begun_with.uncertainty is not None:
        return True
    if asked and (done or not _has_column(folder / TABLE_FILE)):
        by = f"--engine {quoted(begun_with.path)} " if begun_with is not None else ""
        raise UserError(
            f"{folder} was started without predicted uncertainty and is completed without it."
            if done
            else f"{folder} has no {TABLE_FILE} with a column for predicted uncertainty.",
            "Leave --uncertainty out, or record its raw frames again: "
            f"pssr-live live --source {quoted(f'replay:{folder}')} --rate max --headless "
            f"--uncertainty {by}--save {quoted(f'{folder}-uncertainty')}",
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
