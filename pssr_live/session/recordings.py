"""What a session records: asked for, begun, given up by a disk, gone on with."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import wait as wait_for
from pathlib import Path

from acquisition import FrameFormat, names_of_positions
from pssr_live.recording import Recorder, RecordingFolders, RecordingStart
from pssr_live.session.segment_recording import SegmentRecording

_BEGIN_AGAIN_INTERVAL = 5.0
# A last attempt to record what is in memory alone must not keep a session from ending.
_LAST_ATTEMPT = 10.0


class SessionRecordings:
    """Begins the recordings of a session, one after the other, without holding its frames up.

    All but `ask` is for the thread that reads the source.

    Parameters
    ----------
    folders : RecordingFolders
        Finds a folder for each.
    save : Path or None
        Asked for from the first frame on.

    Attributes
    ----------
    wanted : Path or None
        The folder that is asked for, recorded into or not yet.
    scale_factor : int
        Restored pixels saved to one raw pixel along a side; 0 where none are.
    positions : int
        That are recorded, each by itself.
    """

    def __init__(self, folders: RecordingFolders, save: Path | None) -> None:
        self.wanted = self._experiment = save
        self.scale_factor = 0
        self.positions = 1
        self._folders = folders
        # The folder named at the start has to be that one.
        self._exactly = True
        # To be begun with the first frame.
        self._pending = False
        self._changed = threading.Event()
        self._again: RecordingStart | None = None
        self._tried_for: SegmentRecording | None = None
        self._next_attempt = 0.0

    @property
    def pending(self) -> bool:
        """Whether one is asked for that begins with the first frame, which has not come."""
        return self._pending and self.wanted is not None

    @property
    def changed(self) -> bool:
        """Whether another recording was asked for, or none, since the last was begun."""
        return self._changed.is_set()

    def ask(self, folder: Path | None) -> None:
        """Have a recording begun in a folder, or beside it if that is taken; None to end it."""
        self.wanted = self._experiment = folder
        self._exactly = False
        self._changed.set()

    def expect(self, folder: Path, *, experiment: Path) -> None:
        """Name the folder of a recording that is asked for and not begun.

        Parameters
        ----------
        folder : Path
            Of this position.
        experiment : Path
            Of all positions: the same, or one that holds it.
        """
        self.wanted, self._experiment = folder, experiment

    def refuse_early(self) -> None:
        """Refuse a folder that can't be recorded into, before a camera is started for it.

        Raises
        ------
        UserError
            If it is one.
        """
        if self.wanted is not None and self._exactly:
            self._folders.refuse_taken(self.wanted)

    def begin_first(
        self, frame_format: FrameFormat, *, frames: int | None, waits: bool = False
    ) -> RecordingStart | None:
        """Begin the recording that is asked for before the first frame, if one is.

        Parameters
        ----------
        frame_format : FrameFormat
            Of the raw frames.
        frames : int or None
            How many will come, if that is known.
        waits : bool
            Whether the first frame may be of another format, so that it is begun only then.

        Raises
        ------
        UserError
            If the disk has too little room.
        """
        self._changed.clear()
        save, exactly = self.wanted, self._exactly
        if save is None:
            return None
        self._look_for_room(save, frame_format, frames=frames)
        self._pending = waits
        if waits:
            return None

        turn = self._folders.take_turn(save)

        def begin() -> Recorder:
            with self._folders.in_turn(save, turn):
                return self._folders.begin(save, frame_format, turn=turn, exactly=exactly)

        return RecordingStart.of(save, begin, asked=True)

    def begin(self, frame_format: FrameFormat, *, frames: int | None) -> RecordingStart | None:
        """Begin the recording that is asked for in mid-stream, or none; see `begin_first`."""
        self._changed.clear()
        self._pending = False
        self._forget_attempt()
        save = self.wanted
        if save is None:
            return None

        turn = self._folders.take_turn(save)

        def begin() -> Recorder:
            with self._folders.in_turn(save, turn):
                self._look_for_room(save, frame_format, frames=frames)
                return self._folders.begin(save, frame_format, turn=turn, exactly=False)

        return RecordingStart.of(save, begin, asked=True)

    def go_on(self, frame_format: FrameFormat) -> RecordingStart | None:
        """Begin a recording of frames of another format, if one is wanted, in any room."""
        self._pending = False
        self._forget_attempt()
        return self._go_on(frame_format, None)

    def again(self, frame_format: FrameFormat, before: SegmentRecording) -> RecordingStart | None:
        """Go on with a recording that the disk gave up, as soon as it takes frames again.

        To be asked all the time; nothing is waited for.

        Returns
        -------
        RecordingStart or None
            Of one that has begun.
        """
        if before.refused:
            # A folder that can't be recorded into must not end a running session.
            self.wanted = None
        elif self._again is None:
            self._try_if_due(frame_format, before)
        elif self._again.refused:
            self._again = None
        elif self._again.recorder.done():
            begun, self._again = self._again, None
            return begun
        return None

    def once_more(
        self, frame_format: FrameFormat, before: SegmentRecording
    ) -> RecordingStart | None:
        """Try a last time to go on with a recording that the disk gave up; waits for that.

        Returns
        -------
        RecordingStart or None
            Of one that has begun.
        """
        # The attempt under way may have been refused before somebody freed some space.
        under_way, self._again = self._again, None
        if under_way is not None and _begun(under_way):
            return under_way
        last = None if before.refused else self._go_on(frame_format, before)
        return last if last is not None and _begun(last) else None

    def _try_if_due(self, frame_format: FrameFormat, before: SegmentRecording) -> None:
        """Try to go on: at once with a recording that held frames, then now and then."""
        now = time.perf_counter()
        first = before is not self._tried_for and before.raw_writer.written > 0
        if first or now >= self._next_attempt:
            self._tried_for, self._next_attempt = before, now + _BEGIN_AGAIN_INTERVAL
            self._again = self._go_on(frame_format, before)

    def _go_on(
        self, frame_format: FrameFormat, before: SegmentRecording | None
    ) -> RecordingStart | None:
        save, experiment, scale = self.wanted, self._experiment, self.scale_factor
        if save is None or experiment is None:
            return None
        last = before.recorder.last_indices if before and before.recorder else None
        turn = self._folders.take_turn(save)

        def begin() -> Recorder:
            with self._folders.in_turn(save, turn):
                return self._folders.go_on(
                    save,
                    frame_format,
                    scale,
                    turn=turn,
                    experiment=experiment,
                    last_indices=last,
                )

        return RecordingStart.of(save, begin, asked=False)

    def _look_for_room(self, save: Path, frame_format: FrameFormat, *, frames: int | None) -> None:
        self._folders.look_for_room(
            save, frame_format, self.scale_factor, frames=frames, positions=self.positions
        )

    def _forget_attempt(self) -> None:
        if self._again is not None:
            self._again.forget()
            self._again = None


def _begun(start: RecordingStart) -> bool:
    """Whether it begins in time; leaves nothing of it if it does not."""
    if wait_for([start.recorder], _LAST_ATTEMPT).done and not start.refused:
        return True
    start.forget()
    return False


def folders_of_positions(names: Sequence[str]) -> list[str]:
    """Name a folder for each position, below that of the experiment; of one position, that itself.

    Parameters
    ----------
    names : sequence of str
        Of the positions; may be empty or alike.
    """
    if len(names) == 1:
        return [""]
    return names_of_positions(names)
