"""The folders that a session records into, one after the other, none of them twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from acquisition import FrameFormat, FrameSource, StreamKey
from engines import why_refused
from pssr_live.errors import UserError
from pssr_live.recording.empty_folder import FolderTakenError, refuse_taken
from pssr_live.recording.image_format import ImageFormat
from pssr_live.recording.recorder import Recorder
from pssr_live.recording.room import NoRoomError, check_room_to_go_on, find_room
from pssr_live.recording.session_file import AskedRecord


class RecordingFolders:
    """Finds a free folder for each recording of a session.

    The first has the name asked for; those that follow stand beside it: ``cell``, ``cell-2``, …

    Parameters
    ----------
    source : FrameSource
        Whose frames are recorded.
    image_format : ImageFormat
        Of the restored frames.
    asked : AskedRecord or None
        The engine asked for.

    """

    def __init__(
        self, source: FrameSource, image_format: ImageFormat, asked: AskedRecord | None
    ) -> None:
        self._source = source
        self._asked = asked
        self._image_format = image_format
        self._turns = count()
        # Which turn a folder is kept for while it is made, and what came of each turn.
        self._kept: dict[Path, int] = {}
        self._begun: dict[int, Path] = {}

    @property
    def used(self) -> list[Path]:
        """Folders recorded into, in the order of their turns."""
        return [self._begun[turn] for turn in sorted(dict(self._begun))]

    def take_turn(self, save: Path) -> int:
        """Keep a folder for a recording that is about to be begun, if no other is before it.

        Recordings are begun in threads of their own, on drives that take their time: which of them
        gets the name that was asked for does not hang on which thread is faster.
        """
        turn = next(self._turns)
        self._kept.setdefault(save, turn)
        return turn

    @contextmanager
    def in_turn(self, save: Path, turn: int) -> Iterator[None]:
        """Begin a recording in a `with`: where that fails, another may have the folder."""
        try:
            yield
        except BaseException:
            if self._kept.get(save) == turn:
                del self._kept[save]
            raise

    def refuse_taken(self, save: Path) -> None:
        """Refuse a folder that can't be recorded into, before a camera is started for it.

        Raises
        ------
        UserError
            If it holds a recording or can't be written, or what writes the format is missing.
        """
        self._image_format.require()
        refuse_taken(save)

    def look_for_room(
        self,
        save: Path,
        frame_format: FrameFormat,
        scale_factor: int,
        *,
        frames: int | None,
        positions: int = 1,
    ) -> None:
        """Refuse a recording for which the disk has no room.

        Parameters
        ----------
        save : Path
            The folder asked for.
        frame_format : FrameFormat
            Of the raw frames.
        scale_factor : int
            Restored pixels to one raw pixel along a side.
        frames : int or None
            How many will come, if that is known.
        positions : int
            That are recorded, each by itself.

        Raises
        ------
        UserError
            If there is no room, or no such disk.
        """
        with _as_user_error(save):
            room = find_room(save, frame_format, scale_factor, positions=positions)
            room.check(save, frames)

    def begin(self, save: Path, frame_format: FrameFormat, *, turn: int, exactly: bool) -> Recorder:
        """Begin a recording.

        Parameters
        ----------
        save : Path
            The folder asked for.
        frame_format : FrameFormat
            Of the raw frames.
        turn : int
            See `take_turn`.
        exactly : bool
            Whether it has to be that folder, if that was kept for it.

        Returns
        -------
        Recorder

        Raises
        ------
        UserError
            If nothing can be recorded there.
        """
        return self._begin(save, frame_format, turn=turn, exactly=exactly)

    def go_on(
        self,
        save: Path,
        frame_format: FrameFormat,
        scale_factor: int,
        *,
        turn: int,
        experiment: Path | None = None,
        last_indices: Mapping[StreamKey, int] | None = None,
    ) -> Recorder:
        """Begin a recording that goes on with one before it, in whatever room the disk has.

        Where that is little, all of it is for raw frames, which can't be made again.

        Parameters
        ----------
        save : Path
            The folder asked for at first. A drive that is gone is not replaced by a folder of its
            name.
        frame_format : FrameFormat
            Of the raw frames.
        scale_factor : int
            Restored pixels to one raw pixel along a side.
        turn : int
            See `take_turn`.
        experiment : Path, optional
            The folder that holds those of all positions, and need not be there yet.
        last_indices : mapping of StreamKey to int, optional
            The source's numbers of the last frames of the one before, see `Recorder`.

        Returns
        -------
        Recorder

        Raises
        ------
        UserError
            If nothing can be recorded there now.
        """
        with _as_user_error(save):
            (experiment or save).absolute().parent.stat()
            check_room_to_go_on(save, frame_format)
        try:
            self.look_for_room(save, frame_format, scale_factor, frames=None)
        except NoRoomError:
            little = True
        else:
            little = False
        return self._begin(
            save,
            frame_format,
            turn=turn,
            exactly=False,
            last_indices=last_indices,
            all_room_for_raw=little,
        )

    def _begin(
        self,
        save: Path,
        frame_format: FrameFormat,
        *,
        turn: int,
        exactly: bool,
        last_indices: Mapping[StreamKey, int] | None = None,
        all_room_for_raw: bool = False,
    ) -> Recorder:
        is_kept = self._kept.get(save) == turn
        for number in count(1):
            folder = save if number == 1 else save.with_name(f"{save.name}-{number}")
            beside = number > 1 or not is_kept
            taken = folder in self.used or self._kept.get(folder, turn) != turn
            if taken or (beside and folder.exists()):
                continue
            try:
                recorder = Recorder(
                    folder,
                    frame_format,
                    source_url=self._source.url,
                    source_settings=self._source.settings,
                    image_format=self._image_format,
                    last_indices=last_indices,
                    all_room_for_raw=all_room_for_raw,
                    asked=self._asked,
                )
            except FolderTakenError:
                if exactly and not beside:
                    raise
            else:
                self._begun[turn] = folder
                return recorder
        raise AssertionError("numbers have no end")


@contextmanager
def _as_user_error(save: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(
            f"Nothing can be recorded in {save}: {why_refused(error, save)}.",
            "Choose another folder with --save.",
        ) from error
