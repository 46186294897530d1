"""All positions of a session: what each does with its frames, and what is recorded of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

from acquisition import Frame, FrameFormat, Missing, StreamKey
from pssr_live.recording import RecordingFolders, Room
from pssr_live.session.position_run import PositionRun
from pssr_live.session.recordings import folders_of_positions
from pssr_live.session.segment import Segment
from pssr_live.session.session_parts import SessionParts


class PositionRuns:
    """Has a `PositionRun` for each position, and hands every frame to its own.

    All is for the thread that reads the source, but what is said of segments and recordings,
    `record` and `abandon`.

    Parameters
    ----------
    parts : SessionParts
        What all segments of the session share.
    folders : RecordingFolders
        Finds a folder for each recording.
    save : Path or None
        Recorded into from the first frame on.
    """

    def __init__(self, parts: SessionParts, folders: RecordingFolders, save: Path | None) -> None:
        self._parts = parts
        self._folders = folders
        self._wanted = save
        self._segment_numbers = count()
        # The first is there before it is known how many there are.
        self._runs = [PositionRun(parts, folders, save, segment_numbers=self._segment_numbers)]

    def __getitem__(self, position: int) -> PositionRun:
        return self._runs[position]

    @property
    def segments(self) -> list[Segment]:
        """Those that are not finished, of all positions."""
        return [segment for run in self._runs for segment in run.segments]

    @property
    def newest_segments(self) -> list[Segment]:
        """The segment of each position that takes its frames now."""
        return [run.segments[-1] for run in list(self._runs) if run.segments]

    @property
    def recorded(self) -> tuple[int, float] | None:
        """Raw frames on disk of the recording under way, and seconds since it began; or None."""
        recorders = [run.recorder for run in self._runs if run.recorder is not None]
        if not recorders:
            return None
        began = min(recorder.began for recorder in recorders)
        return sum(one.raw_written for one in recorders), time.perf_counter() - began

    @property
    def recording(self) -> Path | None:
        """The folder being recorded into, of several positions the last begun; or None."""
        recorders = [run.recorder for run in self._runs]
        folders = [recorder.folder for recorder in recorders if recorder is not None]
        return folders[-1] if folders else None

    @property
    def wanted(self) -> Path | None:
        """The folder that is asked for, recorded into or not yet; None where none is."""
        recordings = [run.recordings.wanted for run in self._runs]
        return self._wanted if any(folder is not None for folder in recordings) else None

    @property
    def not_recording(self) -> str:
        """Why a recording that is asked for is not being written now, in words; empty if it is."""
        return next((run.trouble for run in self._runs if run.trouble), "")

    def room(self, positions: int) -> Room | None:
        """What the disk still has room for, of so many positions; None without a recording."""
        run = next((run for run in self._runs if run.recorder is not None), None)
        if run is None or run.recorder is None:
            return None
        return run.recorder.room(run.recordings.scale_factor, positions=positions)

    @property
    def changed(self) -> bool:
        """Whether another recording was asked for, or none, that is still to be begun or ended."""
        return any(run.recordings.changed for run in self._runs)

    def record(self, folder: Path | None, names: Sequence[str]) -> None:
        """Begin to record from the next frame on, or end the recording.

        Parameters
        ----------
        folder : Path or None
            Where to, or beside it if that is taken; None to end.
        names : sequence of str
            Of the positions there are.
        """
        self._wanted = folder
        for run, place in zip(list(self._runs), folders_of_positions(names), strict=False):
            run.recordings.ask(folder / place if folder is not None else None)

    def refuse_early(self, scale_factor: int) -> None:
        """Refuse a folder that can't be recorded into, see `SessionRecordings.refuse_early`.

        Parameters
        ----------
        scale_factor : int
            The largest of the engines whose restored frames are recorded; 0 where none are.
        """
        self._runs[0].recordings.scale_factor = scale_factor
        self._runs[0].recordings.refuse_early()

    def begin(self, frame_format: FrameFormat, *, frames: int | None, waits: bool) -> None:
        """Begin with the first frame of each position, see `PositionRun.begin`."""
        self._have_one_for_each(frame_format)
        for run in self._runs:
            run.begin(frame_format, frames=frames, waits=waits)

    def change_format(self, frame_format: FrameFormat) -> None:
        """Go on with frames of another format, perhaps of more positions, or of fewer."""
        self._have_one_for_each(frame_format)
        for position, run in enumerate(self._runs):
            if position < len(frame_format.positions):
                run.change_format(frame_format)
            else:
                run.end("a new segment")

    def look_after_recordings(self, *, frames: int | None) -> None:
        """Begin and end recordings as the user says, see `PositionRun.look_after_recording`."""
        for run in self._runs:
            run.look_after_recording(frames=frames)

    def append(self, frame: Frame) -> None:
        """Take a frame, at its position."""
        self._runs[frame.stream.position].append(frame)

    def abandon(self) -> None:
        """Stop restoring; raw frames are still written."""
        for run in list(self._runs):
            run.abandon()

    def end(self, ended_by: str) -> None:
        """Say that no frame follows in these segments, and why."""
        for run in self._runs:
            run.end(ended_by)

    def note_missing_after(self, stream: StreamKey, missing: Missing) -> None:
        """Have it recorded what is missing behind the last frame of a stream."""
        self._runs[stream.position].note_missing_after(stream, missing)

    def finish(self, ended_by: str, before_waiting: Callable[[], object]) -> None:
        """Wait for all that is under way, see `PositionRun.finish`."""
        self.end(ended_by)
        for run in self._runs:
            run.finish(ended_by, before_waiting)

    def _have_one_for_each(self, frame_format: FrameFormat) -> None:
        """Begin with positions that are new; the recording of each has a folder of its own."""
        for position in range(len(self._runs), len(frame_format.positions)):
            run = PositionRun(
                self._parts,
                self._folders,
                None,
                position=position,
                segment_numbers=self._segment_numbers,
            )
            run.recordings.scale_factor = self._runs[0].recordings.scale_factor
            self._runs.append(run)
        folder = self.wanted
        if folder is None:
            return
        places = folders_of_positions(frame_format.positions)
        for run, place in zip(self._runs, places, strict=False):
            run.recordings.expect(folder / place, experiment=folder)
