"""How much of a recording a disk has room for."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from acquisition import FrameFormat
from pssr_live.errors import UserError

# Of the room at the start, restored frames may use so much. The rest is kept for raw frames, which
# are far smaller and can't be made again.
RESTORED_SHARE = 0.9
_FEWEST_MINUTES = 1.0
_FEWEST_FRAMES = 100
# A recording that goes on takes what there is, if that is worth a folder.
_FEWEST_TO_GO_ON = 16


class NoRoomError(UserError):
    """A disk has too little room for a recording."""


@dataclass(frozen=True, slots=True)
class Room:
    """What the disk under a folder has room for.

    Attributes
    ----------
    free : int
        Bytes.
    frames : int
        Raw frames, with their restored ones where these are saved too.
    minutes : float or None
        As long as these take; None where the time from frame to frame is not known.
    """

    free: int
    frames: int
    minutes: float | None

    @classmethod
    def of(
        cls,
        free: int,
        usable: int,
        frame_format: FrameFormat,
        *,
        scale_factor: int,
        positions: int = 1,
    ) -> Room:
        """Say what so many bytes have room for; of restored frames a scale of 0 means none.

        Where each of several positions has a recording of its own, the format is that of one.
        """
        raw = frame_format.height * frame_format.width * frame_format.dtype.itemsize
        frames = max(0, usable // (raw * (1 + scale_factor**2)))
        interval = frame_format.interval_s
        # Of every stream a frame comes in each interval.
        times = frames / (len(frame_format.streams) * positions)
        return cls(free, frames, times * interval / 60 if interval else None)

    def __str__(self) -> str:
        time = "" if self.minutes is None else f"{self.minutes:,.0f} min, "
        return f"{time}{self.frames:,} frames"

    def check(self, folder: Path, frames: int | None) -> None:
        """Refuse a recording that would have no room.

        Parameters
        ----------
        folder : Path
            Where it would be.
        frames : int or None
            How many will be recorded, if that is known.

        Raises
        ------
        NoRoomError
            If they have no room, or a minute has none.
        """
        if frames is not None:
            enough = self.frames >= frames
        elif self.minutes is not None:
            enough = self.minutes >= _FEWEST_MINUTES
        else:
            enough = self.frames >= _FEWEST_FRAMES
        if not enough:
            wanted = f" of the {frames:,} asked for" if frames is not None else ""
            raise NoRoomError(
                f"The disk of {folder} has room for {self}{wanted}.",
                "Free some space, or record elsewhere with --save.",
            )


def check_room_to_go_on(folder: Path, frame_format: FrameFormat) -> None:
    """Refuse to go on with a recording on a disk that does not hold a few raw frames more.

    Raises
    ------
    NoRoomError
        If it does not.
    OSError
        If there is no such disk.
    """
    free = free_bytes(folder)
    if Room.of(free, free, frame_format, scale_factor=0).frames < _FEWEST_TO_GO_ON:
        raise NoRoomError(f"The disk of {folder} is full.", "Free some space.")


def find_room(
    folder: Path, frame_format: FrameFormat, scale_factor: int, *, positions: int = 1
) -> Room:
    """Look how much of a recording that is to begin the disk under a folder has room for.

    Parameters
    ----------
    folder : Path
        Need not be there yet.
    frame_format : FrameFormat
        Of the raw frames.
    scale_factor : int
        Restored pixels to one raw pixel along a side.
    positions : int
        That are recorded, each by itself.

    Returns
    -------
    Room

    Raises
    ------
    OSError
        If there is no such disk.
    """
    free = free_bytes(folder)
    return Room.of(
        free,
        int(RESTORED_SHARE * free),
        frame_format,
        scale_factor=scale_factor,
        positions=positions,
    )


def free_bytes(folder: Path) -> int:
    """Bytes free on the disk under a folder, which need not be there yet.

    Raises
    ------
    OSError
        If there is no such disk.
    """
    place = folder.absolute()
    while True:
        try:
            return shutil.disk_usage(place).free
        except FileNotFoundError as error:
            if place == place.parent:
                raise FileNotFoundError(2, "There is no such disk", str(place)) from error
            place = place.parent
