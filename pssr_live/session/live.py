"""The live session: frames flow from a source through a ring and an engine to viewer and files.

::

    FrameSource ─ read ─► Segment.append ─► RingBuffer ─ window ─► Engine ─► Newest ─► viewer
                                  │                                   └────► RestoredWriter
                                  └─► RawWriter: every frame, first of all

A segment is a stretch of frames of one format, recorded or not. When the format changes, or a
recording begins or ends, the segment is ended and a new one begun; the old one finishes what it has
by itself, while new frames already flow into the next.

From `FrameSource.open` to the end nothing keeps the source from being read: the engine is opened by
the segment's thread, folders are made by threads of their own.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from enum import Enum
from pathlib import Path

from acquisition import (
    EndOfFrames,
    FormatChanged,
    FrameFormat,
    FrameSource,
    HoldsFrames,
    RunEnded,
    SourceError,
    awake,
    brings_experiments,
    full_speed,
)
from engines import OpeningGivenUpError
from pssr_live.recording import ImageFormat, RecordingFolders, Room
from pssr_live.restoring import ChannelEngines, EngineChoice, EnginePool, SharedEngine
from pssr_live.session.failure import find_failure
from pssr_live.session.newest import Newest
from pssr_live.session.position_runs import PositionRuns
from pssr_live.session.recording_limit import RecordingLimit
from pssr_live.session.segment import Segment
from pssr_live.session.session_parts import SessionParts
from pssr_live.session.statistics import Statistics
from pssr_live.session.stream_counts import stopped_streams

_READ_TIMEOUT = 0.2


class State(Enum):
    """Where a session is in its life."""

    STARTING = "starting"
    LIVE = "live"
    FINISHING = "finishing"
    STOPPED = "stopped"


class LiveSession:
    """One run of a source, from `start` to the last restored frame on disk.

    Parameters
    ----------
    source : FrameSource
        Opened, read and closed by the session.
    choice : EngineChoice or ChannelEngines
        The engine of all channels, or of each; opened once the frame size is known.
    engines : EnginePool, optional
        Opens it, and stays open; one of its own, closed at its end, where none is given.
    save : Path or None
        Folder to record into from the first frame on.
    save_restored : bool
        Whether to record restored frames too; `pssr-live restore` makes them later where not.
    image_format : ImageFormat
        Of the restored frames in a recording.
    frame_limit : int or None
        Stop after this many frames.
    provisional : bool or None
        Whether the newest frame is shown before its neighbours have come; None to do so where
        frames come slowly.

    Attributes
    ----------
    faults : list of Exception
        What went wrong, as it came.
    failure : Exception or None
        What did not go as it was asked for, known at the end; None if nothing was lost, however
        long a disk refused meanwhile.
    """

    def __init__(
        self,
        source: FrameSource,
        choice: EngineChoice | ChannelEngines,
        *,
        engines: EnginePool | None = None,
        save: Path | None = None,
        save_restored: bool = True,
        image_format: ImageFormat = ImageFormat.OME_TIFF,
        frame_limit: int | None = None,
        provisional: bool | None = None,
    ) -> None:
        self.source = source
        self.newest = Newest()
        self.statistics = Statistics()
        self.state = State.STARTING
        self.format: FrameFormat | None = None
        self.faults: list[Exception] = []
        self.failure: Exception | None = None
        self._choices = (
            choice if isinstance(choice, ChannelEngines) else ChannelEngines.all_by(choice)
        )
        self._lent = engines is not None
        self._engines = engines or EnginePool()
        self._folders = RecordingFolders(source, image_format, self._choices.asked)
        self._save_restored = save_restored
        self._frame_limit = frame_limit
        self.recording_limit: RecordingLimit | None = None
        self._parts = SessionParts(
            lacks_engine=self._lacks_engine,
            open_engines=self._open_engines,
            newest=self.newest,
            statistics=self.statistics,
            source_is_urgent=lambda: source.urgent,
            on_fault=self.faults.append,
            on_no_engine=self._go_on_without_engine,
            save_restored=save_restored,
            provisional=provisional,
        )
        self._positions = PositionRuns(self._parts, self._folders, save)
        self._abandoned = self._given_up = self._source_is_closed = False
        self._ended_by = "the source's last frame"
        self._stop = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="acquisition")

    @property
    def engine(self) -> SharedEngine | None:
        """What restores the newest frames; None until it is open."""
        opened = [
            segment.engine for segment in self._positions.segments if segment.engine is not None
        ]
        return opened[-1] if opened else None

    @property
    def engines(self) -> tuple[SharedEngine | None, ...]:
        """What restores the newest frames of each channel; empty until all are open."""
        opened = [segment.engines for segment in self._positions.segments if segment.engines]
        return opened[-1] if opened else ()

    @property
    def stopped_streams(self) -> set[str]:
        """Names of the streams that came no further, or never began, while others went on."""
        frame_format = self.format
        if frame_format is None or len(frame_format.streams) == 1:
            return set()
        counts = self.statistics.snapshot().streams
        return {frame_format.stream_name(o) for o in stopped_streams(counts, frame_format.streams)}

    @property
    def opening(self) -> str:
        """What is being done to open an engine, in words; empty while none is being opened."""
        return self._engines.opening

    @property
    def waiting(self) -> str:
        """When the next frame is due, in words; empty where that is soon, or nobody knows."""
        due_s = self.source.next_frame_s if self.state is State.LIVE else None
        if due_s is None:
            return ""
        minutes, seconds = divmod(due_s, 60)
        return (
            f"Next frame in {f'{minutes:.0f} min {seconds:.0f}' if minutes else f'{due_s:.1f}'} s"
        )

    @property
    def missing(self) -> str:
        """Which frames a recorded file promises and does not hold, in words; empty for others."""
        return self.source.settings.get("missing", "")

    @property
    def folders(self) -> list[Path]:
        """The folders recorded into, one after the other."""
        return self._folders.used

    @property
    def room(self) -> Room | None:
        """What the disk still has room for; None without a recording."""
        return self._positions.room(len(self.format.positions) if self.format is not None else 1)

    @property
    def recorded(self) -> tuple[int, float] | None:
        """Raw frames on disk of the recording under way, and seconds since it began; or None."""
        return self._positions.recorded

    @property
    def recording(self) -> Path | None:
        """The folder being recorded into, of several positions the last begun; or None."""
        return self._positions.recording

    @property
    def wanted(self) -> Path | None:
        """The folder that is asked for, recorded into or not yet; None where none is."""
        return self._positions.wanted

    @property
    def not_recording(self) -> str:
        """Why a recording that is asked for is not being written now, in words; empty if it is."""
        return self._positions.not_recording

    @property
    def progress(self) -> tuple[int, int]:
        """Frames done with, and frames received, of the segments that are not finished."""
        segments = [segment for segment in self._positions.segments if not segment.finished]
        return sum(s.restored for s in segments), sum(s.received for s in segments)

    @property
    def finishing(self) -> tuple[str, int, int]:
        """What the end waits for, in words, and how many frames of how many are done; else 0."""
        segments = [segment for segment in self._positions.segments if not segment.finished]
        if not self._source_is_closed:
            return "Closing the source", 0, 0
        unwritten = sum(segment.unwritten for segment in segments)
        if unwritten:
            received = sum(segment.received for segment in segments)
            return "Writing raw frames", received - unwritten, received
        done, received = self.progress
        if any(segment.restores for segment in segments) and done < received:
            if self._abandoned:
                return "Waiting for the engine's last frame", 0, 0
            return "Restoring what is left", done, received
        return "Closing the files", 0, 0

    @property
    def newest_segments(self) -> list[Segment]:
        """The segment of each position that takes its frames now."""
        return self._positions.newest_segments

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self, why: str = "the user") -> None:
        """Take no more frames than have come by now; those are finished."""
        self._ended_by = why
        self._stop.set()
        if self.state is State.STARTING:
            # It may be waiting for its microscope.
            self.source.close()

    def abandon(self, why: str = "the user") -> None:
        """Stop restoring what is still to be finished; every raw frame is on disk all the same."""
        self._given_up = True
        self.stop(why)
        if not self._lent:
            self._engines.give_up()
        self._abandon_restoring()

    def record(self, folder: Path | None, limit: RecordingLimit | None = None) -> None:
        """Begin to record from the next frame on, or end the recording.

        Parameters
        ----------
        folder : Path or None
            Where to, or beside it if that is taken; None to end.
        limit : RecordingLimit, optional
            When it ends by itself.
        """
        self.recording_limit = limit
        names = self.format.positions if self.format is not None else ("",)
        self._positions.record(folder, names)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end; returns whether it has come."""
        return self._stopped.wait(timeout)

    def _run(self) -> None:
        with awake(), full_speed():
            self._run_to_the_end()
        self.state = State.STOPPED
        self._stopped.set()

    def _run_to_the_end(self) -> None:
        try:
            self._acquire()
        except Exception as error:
            given_up = self._stop.is_set() and self.state is State.STARTING
            expected = EndOfFrames | SourceError | OpeningGivenUpError
            if not (given_up and isinstance(error, expected)):
                self._ended_by = str(error)
                self.failure = error
                self.faults.append(error)
        self._begin_to_finish()
        try:
            self.source.close()
        except Exception as error:
            self.faults.append(error)
        self._source_is_closed = True
        try:
            for stream, missing in self.source.missing_after.items():
                self.statistics.frames_missing_after(stream, missing)
                self._positions.note_missing_after(stream, missing)
            self._positions.finish(self._ended_by, self._give_up_opening)
            if not self._lent:
                self._engines.close()
        except Exception as error:
            self.faults.append(error)
        raw_only = bool(self.folders) and not self._save_restored
        self.failure = self.failure or find_failure(self.faults, raw_only=raw_only)

    def _acquire(self) -> None:
        self._refuse_early()
        self.format = self.source.open()
        self._choices_for(self.format)
        self._positions.begin(
            self.format, frames=self._frames_left, waits=brings_experiments(self.source.url)
        )
        self.state = State.LIVE
        while self._goes_on():
            if self._recording_is_whole:
                self.record(None)
            self._positions.look_after_recordings(frames=self._frames_left)
            try:
                frame = self.source.read(_READ_TIMEOUT)
            except EndOfFrames:
                return
            except RunEnded:
                self._positions.end("the end of the experiment")
                continue
            except FormatChanged as change:
                self._change_format(change.new_format)
                continue
            if frame is None:
                continue
            lost = self.statistics.frame_received(
                frame.index,
                frame.stream,
                frame.time_point,
                first_index=self.source.first_index,
                late_s=frame.late_s,
            )
            if lost:
                frame = replace(frame, lost_before=lost)
            self._positions.append(frame)
            if self._frames_left == 0:
                self._ended_by = f"the limit of {self._frame_limit} frames"
                return

    def _goes_on(self) -> bool:
        """Whether to read on; once the end is asked for, what waits in the source alone."""
        if not self._stop.is_set():
            return True
        if self._given_up or not isinstance(self.source, HoldsFrames):
            return False
        if self.state is not State.FINISHING:
            self._begin_to_finish()
            self.source.take_no_more()
        return True

    def _begin_to_finish(self) -> None:
        self.state = State.FINISHING
        if self._stop.is_set() and not self._save_restored and self.wanted is not None:
            # Whoever has asked for the end waits for raw frames alone.
            self._abandon_restoring()

    @property
    def _recording_is_whole(self) -> bool:
        """Whether the recording under way has come to its limit."""
        limit = self.recording_limit
        if limit is None or self.format is None or self._positions.changed:
            return False
        recorded = [one.received for one in self.newest_segments if one.recording is not None]
        _, seconds = self.recorded or (0, 0.0)
        each = sum(recorded) // len(self.format.streams)
        return bool(recorded) and limit.reached(each, seconds)

    @property
    def _frames_left(self) -> int | None:
        if self._frame_limit is None:
            return None
        return max(0, self._frame_limit - self.statistics.received)

    def _refuse_early(self) -> None:
        """Refuse what can be refused before a camera lights the cell for it."""
        if self._save_restored or self.wanted is None:
            for choice in self._choices.choices:
                choice.check()
        scale_factor = 0
        if self._save_restored:
            scales = [choice.scale_factor for choice in self._choices.choices]
            scale_factor = max(scales, default=0)
        self._positions.refuse_early(scale_factor)

    def _abandon_restoring(self) -> None:
        self._abandoned = True
        self._positions.abandon()

    def _give_up_opening(self) -> None:
        if not (self._save_restored or self._lent):
            # It would show the last frames, and nobody looks any more.
            self._engines.give_up()

    def _change_format(self, frame_format: FrameFormat) -> None:
        """Go on with frames of another format, perhaps of more positions, or of fewer."""
        self.format = frame_format
        self.statistics.new_numbering()
        self._positions.change_format(frame_format)

    def _choices_for(self, frame_format: FrameFormat) -> tuple[EngineChoice | None, ...]:
        """Choose for the channels there are: an experiment may bring those that were named."""
        return self._choices.for_channels(
            frame_format.channels, others_may_follow=brings_experiments(self.source.url)
        )

    def _lacks_engine(self, frame_format: FrameFormat) -> list[bool]:
        return [choice is None for choice in self._choices_for(frame_format)]

    def _open_engines(self, frame_format: FrameFormat) -> list[SharedEngine | None]:
        return [
            None if choice is None else self._engines.open(choice, frame_format)
            for choice in self._choices_for(frame_format)
        ]

    def _go_on_without_engine(self, error: Exception) -> None:
        """Record on where an engine can't be opened; else nothing would come of the frames."""
        if str(error) not in map(str, self.faults):
            self.faults.append(error)
        if self.wanted is None:
            self.stop(str(error))
