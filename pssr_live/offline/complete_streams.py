"""Completing a recording of several streams: each channel by the engine that it began with."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from numpy.typing import NDArray

from acquisition import RAW_FILE, TABLE_FILE, PixelType, StreamKey
from engines import AUTO, IntensityScale, quoted
from pssr_live.errors import UserError
from pssr_live.offline.as_begun import open_as_begun, open_table
from pssr_live.offline.end_note import EndNoted
from pssr_live.offline.output_file import writing
from pssr_live.offline.raw_frames import RawFrames
from pssr_live.offline.time_lapse import Outcome, Watch
from pssr_live.recording import (
    FrameTable,
    OpenedRecord,
    PlacedWindows,
    Plane,
    SessionRecord,
    describe_again,
    planes_in,
    raw_copy_lacks,
    record_engine,
    record_opened,
    restored_channels,
    resume_restored,
)
from pssr_live.restoring import (
    NO_ENGINE,
    ChannelEngines,
    EngineChoice,
    EnginePool,
    SharedEngine,
    begin_judge,
)
from pssr_live.trust import Judge

Open = Callable[[EngineChoice], SharedEngine]


def finish_streams(
    folder: Path, chosen: ChannelEngines, *, engines: EnginePool, watch: Watch, given: bool
) -> Outcome:
    """Restore what a recording of several streams lacks, see `finish_recording`.

    The recording is claimed already.
    """
    session = SessionRecord.read(folder)
    with closing(RawFrames(folder, session.frames.frame_format)) as raw:
        with writing(folder / RAW_FILE):
            raw.complete_description()
            describe_again(folder, session)
        open_it = partial(engines.open, frame_format=raw.format)
        choices = _choices(session, chosen, folder=folder, given=given)
        if session.engines is None:
            _note_engines(folder, session, choices, open_it=open_it)
        due = raw.positions_of(restored_channels(session))
        done = _done(folder, session)
        whole = {raw.plane(position) for position in due} <= done
        if session.state == "complete" and whole and not raw_copy_lacks(folder, session):
            return Outcome(len(due), 0)
        before = len(done)
        with writing(folder / session.image_format.restored_file):
            written = _restore_missing(
                folder, session, raw, due=due, choices=choices, open_it=open_it, watch=watch
            )
    return Outcome(written, max(0, written - before))


def _choices(
    session: SessionRecord, chosen: ChannelEngines, *, folder: Path, given: bool
) -> tuple[EngineChoice | None, ...]:
    """Return what each channel is restored by, if the recording says nothing else."""
    channels = session.frames.frame_format.channels
    choices = chosen.for_channels(channels)
    if session.engines is not None:
        _check_engines(session, chosen, folder=folder, given=given)
        return choices
    if session.asked is None:
        return choices
    first = next((one for one in choices if one is not None), None)
    more: dict[str, object] = {}
    if first is not None:
        more["uncertain"] = session.asked.uncertain or first.uncertain
        if first.backend != AUTO:
            more["backend"] = first.backend
    asked = ChannelEngines.as_asked(session.asked.model_copy(update=more)).for_channels(channels)
    return chosen.or_else(asked, channels) if given else asked


def _check_engines(
    session: SessionRecord, chosen: ChannelEngines, *, folder: Path, given: bool
) -> None:
    """Refuse to go on otherwise than a recording was begun."""
    channels, begun_with = session.frames.frame_format.channels, session.engines or []
    before = [None if one is None else (one.name, one.digest) for one in begun_with]
    if given:
        same = [None if one is None else EngineChoice(one.path or one.name) for one in begun_with]
        now = [
            before[number] if choice is same[number] else choice and choice.identity
            for number, choice in enumerate(chosen.or_else(same, channels))
        ]
        if now != before:
            names = ", ".join(dict.fromkeys(one.name if one else NO_ENGINE for one in begun_with))
            typed = " ".join(f"--engine {quoted(one)}" for one in chosen.typed)
            raise UserError(
                f"{folder} was started with {names} and has to be completed with it.",
                "Leave --engine out, or restore its raw frames into a file of their own: "
                f"pssr-live restore {quoted(folder / RAW_FILE)} {typed}",
            )
    uncertain = any(one is not None and one.uncertain for one in chosen.choices)
    if uncertain and any(one is not None and one.uncertainty is None for one in begun_with):
        raise UserError(
            f"{folder} was started without predicted uncertainty and is completed without it.",
            "Leave --uncertainty out.",
        )


def _note_engines(
    folder: Path,
    session: SessionRecord,
    choices: tuple[EngineChoice | None, ...],
    *,
    open_it: Open,
) -> None:
    """Write down what restores each channel of a recording that had no engine yet."""
    engines: list[OpenedRecord | None] = []
    for one in choices:
        if one is None:
            engines.append(None)
            continue
        shared = open_it(one)
        opened = record_opened(shared.selection.engine, shared.path, uncertainty=shared.uncertainty)
        engines.append(opened)
    session.engines = engines
    with writing(folder):
        session.write(folder)


def _done(folder: Path, session: SessionRecord) -> set[Plane]:
    """Say which raw frames have a restored one, by where they belong in the raw file."""
    channels = list(restored_channels(session))
    restored = planes_in(folder / session.image_format.restored_file)
    return {plane._replace(channel=channels[plane.channel]) for plane in restored}


def _restore_missing(
    folder: Path,
    session: SessionRecord,
    raw: RawFrames,
    *,
    due: list[int],
    choices: tuple[EngineChoice | None, ...],
    open_it: Open,
    watch: Watch,
) -> int:
    """Restore what is missing; whatever fails, files are closed and session.json says the end."""
    begun = restored_channels(session)
    noted = EndNoted(folder, session, lambda: raw.rows, raw=len(raw.pages), due=len(due))
    with noted as end, ExitStack() as files:
        table = open_table(folder / TABLE_FILE)
        if table is not None:
            files.enter_context(closing(table))
        writer = files.enter_context(closing(resume_restored(folder, session, lambda _: None)))
        end.writer = writer
        done = _done(folder, session)
        for place, channel in enumerate(begun):
            of_channel = [position for position in due if raw.rows[position].channel == channel]
            unjudged = _unjudged(of_channel, raw, done, table=table)
            todo = [
                position
                for position in of_channel
                if raw.plane(position) not in done or position in unjudged
            ]
            if not todo:
                continue
            choice = choices[channel] or EngineChoice(begun[channel].path)
            uncertain = begun[channel].uncertainty is not None
            shared = open_as_begun(
                begun[channel], choice.saying(uncertain=uncertain), open_it, folder=folder
            )
            restorer = _ChannelRestorer(
                raw, shared, _scale(folder, session, raw, channel=channel, shared=shared)
            )
            for position in todo:
                pixels = restorer.restore(position, table)
                plane = raw.plane(position)
                if plane not in done:
                    time_s = raw.time_since_first(position)
                    writer.append(
                        pixels,
                        math.nan if time_s is None else time_s,
                        plane._replace(channel=place),
                    )
                    watch(writer.written, len(due))
    return writer.written


def _unjudged(
    positions: list[int], raw: RawFrames, done: set[Plane], *, table: FrameTable | None
) -> set[int]:
    """Find restored frames without a verdict: a kill may have come between the two."""
    unjudged: set[int] = set()
    streams = {raw.streams.stream(position) for position in positions}
    for stream in streams if table is not None else ():
        own = [one for one in positions if raw.streams.stream(one) == stream]
        for position in reversed([one for one in own if raw.plane(one) in done]):
            if table is None or not table.lacks_verdict(position):
                break
            unjudged.add(position)
    return unjudged


def _scale(
    folder: Path, session: SessionRecord, raw: RawFrames, *, channel: int, shared: SharedEngine
) -> IntensityScale:
    """Return a channel's scale, estimated from its middle slice as in a session, and noted."""
    engines = session.engines or []
    settled = engines[channel]
    record = settled.settled if settled is not None else None
    if record is not None:
        return IntensityScale(record.offset, record.gain)
    middle = raw.format.slices // 2
    slices = [middle, *(z for z in range(raw.format.slices) if z != middle)]
    frames = next(
        first for z in slices if (first := raw.first_frames(StreamKey(0, channel, z))) is not None
    )
    scale = IntensityScale.from_window(frames)
    engines[channel] = record_engine(
        shared.selection.engine, shared.path, scale, uncertainty=shared.uncertainty
    )
    session.write(folder)
    return scale


class _ChannelRestorer:
    """Restores the frames of a channel, and judges them as in a session, each slice by its own."""

    def __init__(self, raw: RawFrames, shared: SharedEngine, scale: IntensityScale) -> None:
        self._raw = raw
        self._shared = shared
        self._scale = scale
        self._windows = PlacedWindows(raw.streams, raw.format, row=raw.rows.__getitem__)
        self._buffer = shared.new_buffer(raw.format)
        self._half_width = shared.new_half_width(raw.format)
        self._judges: dict[StreamKey, Judge | None] = {}

    def restore(self, position: int, table: FrameTable | None) -> NDArray[PixelType]:
        """Restore a frame, and fill in the verdict; valid until the next is restored."""
        window = self._windows.read(self._raw.pages, position)
        judge = self._judge(window.stream)
        self._shared.restore(window.pixels, self._scale, self._buffer, half_width=self._half_width)
        if table is not None and judge is not None:
            trust = judge.look(window, self._buffer, self._half_width)
            table.complete(position, None, trust)
        return self._buffer

    def _judge(self, stream: StreamKey) -> Judge | None:
        if stream not in self._judges:
            frames = self._raw.first_frames(stream)
            self._judges[stream] = (
                begin_judge(self._shared, self._raw.format, self._scale, first_frames=frames)
                if frames is not None
                else None
            )
        return self._judges[stream]
