"""What a session does at one position: its segments and recordings, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from acquisition import Frame, FrameFormat, Missing, StreamKey
from pssr_live.errors import UserError
from pssr_live.recording import Recorder, RecordingFolders, RecordingStart
from pssr_live.session.recordings import SessionRecordings
from pssr_live.session.segment import Segment
from pssr_live.session.segment_recording import SegmentRecording
from pssr_live.session.session_parts import SessionParts


class PositionRun:
    """Takes the frames of one position, each into the segment that is the last begun.

    All is for the thread that reads the source, but what is said of the recording, and `abandon`.

    Parameters
    ----------
    parts : SessionParts
        What all segments of the session share.
    folders : RecordingFolders
        Finds a folder for each recording.
    save : Path or None
        Recorded into from the first frame on.
    position : int
        Which one, as `acquisition.FrameFormat` names them.
    segment_numbers : iterator of int
        Numbers for segments, shared with the session's other positions.

    Attributes
    ----------
    recordings : SessionRecordings
        Of this position.
    segments : list of Segment
        Those that are not finished, the last begun at the end.
    """

    def __init__(
        self,
        parts: SessionParts,
        folders: RecordingFolders,
        save: Path | None,
        *,
        position: int = 0,
        segment_numbers: Iterator[int],
    ) -> None:
        self.recordings = SessionRecordings(folders, save)
        self.segments: list[Segment] = []
        self._parts = parts
        self._position = position
        self._segment_numbers = segment_numbers
        self._kept: Segment | None = None
        self._positions = 1
        self._abandoned = False

    @property
    def recorder(self) -> Recorder | None:
        """What raw frames reach the disk by now; None where they reach none."""
        recording = self.segments[-1].recording if self.segments else None
        works = recording is not None and recording.works
        return recording.recorder if works and recording is not None else None

    @property
    def trouble(self) -> str:
        """Why a recording that is asked for is not being written now, in words; empty if it is."""
        segment = self.segments[-1] if self.segments else None
        if segment is None or self.recordings.wanted is None or self.recordings.changed:
            return ""
        trouble = segment.recording.raw_writer.trouble if segment.recording is not None else None
        return str(trouble or "")

    def begin(self, frame_format: FrameFormat, *, frames: int | None, waits: bool = False) -> None:
        """Begin with the first frame.

        Parameters
        ----------
        frame_format : FrameFormat
            Of the session.
        frames : int or None
            How many will come, if that is known.
        waits : bool
            See `SessionRecordings.begin_first`.

        Raises
        ------
        UserError
            If the disk or the memory has too little room.
        """
        here = self._format_here(frame_format)
        start = self.recordings.begin_first(here, frames=frames, waits=waits)
        self._next_segment(here, start)

    def change_format(self, frame_format: FrameFormat) -> None:
        """Go on with frames of another format, and of the same position.

        What the segment before has in memory alone is of no use to a recording of the new format.
        It is kept, of one segment at a time, and tried once more at the end, when nothing has to
        wait.
        """
        if self._kept is not None:
            self._kept.settle()
        self._kept = self.segments[-1] if self.segments else None
        here = self._format_here(frame_format)
        # A folder that nothing has been recorded into may be in one that is not there yet.
        begins = self.recordings.pending or not self.segments
        start = self.recordings.begin(here, frames=None) if begins else self.recordings.go_on(here)
        self._next_segment(here, start, settle=False)

    def append(self, frame: Frame) -> None:
        """Take a frame of this position."""
        if self._position:
            # The segment, its ring and its files know of one position only.
            frame = replace(frame, stream=frame.stream._replace(position=0))
        if self.recordings.pending:
            segment = self.segments[-1]
            self._next_segment(segment.format, self.recordings.begin(segment.format, frames=None))
        self.segments[-1].append(frame)

    def look_after_recording(self, *, frames: int | None) -> None:
        """Begin or end a recording as the user says; go on with one that the disk gave up."""
        segment = self.segments[-1]
        if self.recordings.changed:
            start = self.recordings.begin(segment.format, frames=frames)
            self._next_segment(segment.format, start)
            return
        before = segment.recording
        if before is None or not before.failed or self.recordings.wanted is None:
            return
        again = self.recordings.again(segment.format, before)
        if again is not None:
            self._go_on_in(again, segment, before)

    def abandon(self) -> None:
        """Stop restoring; raw frames are still written."""
        self._abandoned = True
        for segment in list(self.segments):
            segment.abandon()

    def note_missing_after(self, stream: StreamKey, missing: Missing) -> None:
        """Have it recorded what is missing behind the last frame of a stream of this position."""
        recording = self.segments[-1].recording if self.segments else None
        if recording is not None:
            recording.note_missing_after(stream._replace(position=0), missing)

    def end(self, ended_by: str) -> None:
        """Say that no frame follows, and why."""
        if self.segments:
            self.segments[-1].end(ended_by)

    def finish(self, ended_by: str, before_waiting: Callable[[], object]) -> None:
        """Wait for all that is under way; what is in memory alone is tried once more.

        Parameters
        ----------
        ended_by : str
            In words, for the record.
        before_waiting : callable
            Called before a recording is waited for.
        """
        if not self.segments:
            return
        segment = self.segments[-1]
        segment.end(ended_by)
        if segment.recording is not None:
            before_waiting()
        for last in filter(None, (segment, self._kept)):
            self._try_once_more(last, ended_by)
        for unfinished in self.segments:
            unfinished.join()

    def _try_once_more(self, segment: Segment, ended_by: str) -> None:
        """Record what the disk has refused to the last, if it takes it now."""
        recording = segment.recording
        if recording is None:
            return
        recording.raw_writer.join()
        if recording.failed:
            again = self.recordings.once_more(segment.format, recording)
            if again is not None:
                self._go_on_in(again, segment, recording).end(ended_by)

    def _format_here(self, frame_format: FrameFormat) -> FrameFormat:
        self._positions = self.recordings.positions = len(frame_format.positions)
        return frame_format.at_position(self._position)

    def _next_segment(
        self,
        frame_format: FrameFormat,
        start: RecordingStart | None,
        *,
        first_sequence: int | None = None,
        counted_before: int = 0,
        settle: bool = True,
    ) -> Segment:
        if self.segments:
            self.segments[-1].end("a new segment")
            if settle:
                self.segments[-1].settle()
        received = self._parts.statistics.received
        try:
            segment = Segment(
                self._parts,
                frame_format,
                number=next(self._segment_numbers),
                first_sequence=received if first_sequence is None else first_sequence,
                position=self._position,
                positions=self._positions,
                start=start,
                counted_before=counted_before,
            )
        except MemoryError as error:
            if start is not None:
                start.forget()
            raise UserError(
                f"There is too little memory for frames of {frame_format.height} x "
                f"{frame_format.width} pixels{_of_streams(frame_format)}.",
                "Close other programs, or scan fewer pixels"
                + (", channels or slices." if len(frame_format.streams) > 1 else "."),
            ) from error
        self.segments = [s for s in self.segments if not s.finished] + [segment]
        segment.start()
        if self._abandoned:
            segment.abandon()
        return segment

    def _go_on_in(
        self, start: RecordingStart, segment: Segment, before: SegmentRecording
    ) -> Segment:
        """Go on in another folder, with all that is in memory alone."""
        place, frames = before.hand_over()
        following = self._next_segment(
            segment.format,
            start,
            first_sequence=segment.first_sequence + place,
            # Of raw recordings each counts what it shows, of others what is in its file.
            counted_before=0 if self._parts.save_restored else segment.received - place,
        )
        for frame in frames:
            following.append(frame)
        return following


def _of_streams(frame_format: FrameFormat) -> str:
    count = len(frame_format.streams)
    return f" in {count} channels and slices" if count > 1 else ""
