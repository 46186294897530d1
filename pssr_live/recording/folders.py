"""The folders that a session records into, one after the other, none of them twice."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from acquisition import FrameFormat, FrameSource
from pssr_live.errors import UserError
from pssr_live.recording.image_format import ImageFormat
from pssr_live.recording.recorder import FolderTakenError, Recorder
from pssr_live.recording.room import find_room


class RecordingFolders:
    """Finds a free folder for each recording of a session.

    The first has the name asked for; those that follow stand beside it: ``cell``, ``cell-2``, …

    Parameters
    ----------
    source : FrameSource
        Whose frames are recorded.
    image_format : ImageFormat
        Of the restored frames.

    Attributes
    ----------
    used : list of Path
        Recorded into.
    """

    def __init__(self, source: FrameSource, image_format: ImageFormat) -> None:
        self._source = source
        self._image_format = image_format
        self.used: list[Path] = []

    def look_for_room(
        self, save: Path, frame_format: FrameFormat, scale_factor: int, frames: int | None
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

        Raises
        ------
        UserError
            If there is no room, or no such disk.
        """
        try:
            room = find_room(save, frame_format, scale_factor)
        except OSError as error:
            raise UserError(
                f"Nothing can be recorded in {save}: {error.strerror}.",
                "Choose another folder with --save.",
            ) from error
        room.check(save, frames)

    def begin(self, save: Path, frame_format: FrameFormat, *, exactly: bool) -> Recorder:
        """Begin a recording.

        Parameters
        ----------
        save : Path
            The folder asked for.
        frame_format : FrameFormat
            Of the raw frames.
        exactly : bool
            Whether it has to be that folder, if it is the session's first.

        Returns
        -------
        Recorder

        Raises
        ------
        UserError
            If nothing can be recorded there.
        """
        for number in count(1):
            folder = save if number == 1 else save.with_name(f"{save.name}-{number}")
            beside = number > 1 or bool(self.used)
            if folder in self.used or (beside and folder.exists()):
                continue
            try:
                source = self._source
                recorder = Recorder(
                    folder, frame_format, source.url, dict(source.settings), self._image_format
                )
            except FolderTakenError:
                if exactly and not beside:
                    raise
            else:
                self.used.append(folder)
                return recorder
        raise AssertionError("numbers have no end")
