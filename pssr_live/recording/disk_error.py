"""A disk that refuses frames, said in words that a user can act on."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from engines import NO_MORE_FILES, holds_no_more_files, quoted
from pssr_live.errors import UserError


class _Reason(NamedTuple):
    words: str
    remedy: str
    lasting: bool


_FULL = _Reason("the disk is full", "Free some space", lasting=False)
_FORBIDDEN = _Reason("writing there is not allowed", "Allow writing to the folder", lasting=True)
_GONE = _Reason("it was deleted or moved", "Leave the folder in its place", lasting=True)
_TOO_LARGE = _Reason(
    "its disk allows no larger file",
    "Record on a disk with NTFS, exFAT, APFS or ext4",
    lasting=True,
)
_CUT_SHORT = _Reason(
    "another program has cut a file of it short",
    "Leave the files alone while they are recorded into",
    lasting=True,
)
_UNPLUGGED = _Reason(
    "the disk or network drive is gone", "Connect it again, and check its cable", lasting=False
)
_HELD = _Reason(
    "another program uses a file there",
    "Leave the files alone while they are recorded into",
    lasting=False,
)
_PROTECTED = _Reason("the disk is write-protected", "Remove its write protection", lasting=False)
_QUOTA = _FULL._replace(words="the quota of the disk is used up")
_NO_MORE_FILES = _Reason(NO_MORE_FILES, "Delete files there that you don't need", lasting=False)
_REASONS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _QUOTA,
    errno.EFBIG: _TOO_LARGE,
    errno.ENOENT: _GONE,
    errno.ESTALE: _CUT_SHORT,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: _FORBIDDEN,
}
# By Windows' own numbers: Python makes EACCES of 19 to 36, and EINVAL of what it doesn't know.
_WINDOWS_REASONS = {
    2: _GONE,
    3: _GONE,
    5: _FORBIDDEN,
    19: _PROTECTED,
    21: _UNPLUGGED,
    32: _HELD,
    33: _HELD,
    39: _FULL,
    53: _UNPLUGGED,
    55: _UNPLUGGED,
    59: _UNPLUGGED,
    64: _UNPLUGGED,
    67: _UNPLUGGED,
    112: _FULL,
    121: _UNPLUGGED,
    223: _TOO_LARGE,
    433: _UNPLUGGED,
    1167: _UNPLUGGED,
    1231: _UNPLUGGED,
    1295: _QUOTA,
}
_STREAMS_NAMED = 4
ON_WINDOWS = os.name == "nt"
# What has become of frames that were received and that no disk took in time, see `Frame.lost_to`;
# and of those that were recorded, until another program took their files away.
DISK, GONE = "disk", "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class LostFrames:
    """Raw frames in a row that were received and are on no disk.

    Attributes
    ----------
    first, last : int
        Their numbers, as the source counts.
    count : int
        How many; fewer than the numbers say where the source lost some of them itself.
    stream : str
        Of which stream, in words; empty where there is one.
    """

    first: int
    last: int
    count: int
    stream: str = ""

    @property
    def numbers(self) -> str:
        """Their numbers in words, of several streams with the name of theirs."""
        span = str(self.first) if self.count == 1 else f"{self.first} to {self.last}"
        return f"{self.stream} {span}" if self.stream else span


class Concern(Enum):
    """What a disk does not do."""

    RAW = "write raw frames, for a while or at all: what is lost of them is told by LOSS"
    LOSS = "raw frames that are on no disk"
    RESTORED = "write restored frames, or read raw ones back; they can be made later"
    SAFETY = "keep what was written, for certain"


class DiskError(UserError):
    """Frames that can't be written, and what becomes of them.

    Attributes
    ----------
    problem, fix : str
        A sentence each.
    concern : Concern
        What it is about.
    folder : Path
        The recording's.
    lasting : bool
        Whether asking the disk again is of no use.
    taken_away : str
        How another program has taken files away that were recorded into, in words; empty where
        none did.
    """

    def __init__(
        self,
        problem: str,
        fix: str,
        *,
        concern: Concern,
        folder: Path,
        lasting: bool,
        taken_away: str = "",
    ) -> None:
        super().__init__(problem, fix)
        self.taken_away = taken_away
        self.concern = concern
        self.folder = folder
        self.lasting = lasting

    @classmethod
    def of_raw(cls, error: OSError, folder: Path, *, given_up: bool) -> DiskError:
        """Say that raw frames don't reach a folder: not now, or not any more."""
        reason = _reason(error, folder)
        problem = f"Raw frames can't be written to {folder}: {reason.words}."
        if given_up or reason.lasting:
            then = "recording goes on in a folder beside it as soon as it can."
        else:
            then = "until then frames wait in memory as long as it has room."
        return cls(
            problem,
            f"{reason.remedy}; {then}",
            concern=Concern.RAW,
            folder=folder,
            lasting=reason.lasting,
            taken_away=reason.words if reason in (_GONE, _CUT_SHORT) else "",
        )

    @classmethod
    def of_taken_away(cls, count: int, numbers: str, folder: Path, *, how: str) -> DiskError:
        """Say that raw frames that were recorded are in their folder no longer."""
        numbers = f" ({numbers})" if numbers else ""
        frames = f"{count:,} raw frames{numbers} that were recorded are"
        if count == 1:
            frames = f"1 raw frame{numbers} that was recorded is"
        return cls(
            f"{frames} in {folder} no longer: {how}.",
            "Look for a copy, and leave the files alone while they are recorded into.",
            concern=Concern.LOSS,
            folder=folder,
            lasting=True,
        )

    @classmethod
    def of_loss(cls, losses: Sequence[LostFrames], folder: Path) -> DiskError:
        """Say which raw frames are lost, though they were to be recorded: of each stream a part."""
        count = sum(loss.count for loss in losses)
        more = len(losses) - _STREAMS_NAMED
        numbers = "; ".join(loss.numbers for loss in losses[:_STREAMS_NAMED])
        numbers += f"; and of {more} more streams" if more > 0 else ""
        frames = f"{count:,} raw frames ({numbers}) were"
        if count == 1:
            frames = f"Raw frame {numbers} was"
        fix = "Record to a faster disk with more room; every other frame is there."
        if not folder.exists():
            fix = "Leave the folder in its place; what was recorded there before went with it."
        return cls(
            f"{frames} not recorded: the disk of {folder} did not take them in time.",
            fix,
            concern=Concern.LOSS,
            folder=folder,
            lasting=True,
        )

    @classmethod
    def of_restored(cls, error: OSError, folder: Path) -> DiskError:
        """Say that restored frames don't reach a folder."""
        reason = _reason(error, folder)
        words = reason.words
        if reason is _FULL:
            words = "the disk is nearly full, and the rest is kept for raw frames"
        return cls(
            f"Restored frames can't be written to {folder}: {words}.",
            f"{reason.remedy}; what is missing at the end is made by: "
            f"pssr-live restore {quoted(folder)}",
            concern=Concern.RESTORED,
            folder=folder,
            lasting=reason.lasting,
        )

    @classmethod
    def of_reading(cls, error: OSError, folder: Path) -> DiskError:
        """Say that raw frames can't be read back to be restored."""
        reason = _reason(error, folder)
        return cls(
            f"Raw frames can't be read back from {folder}: {reason.words}.",
            f"{reason.remedy}; every raw frame is still recorded, and what is not restored is made "
            f"by: pssr-live restore {quoted(folder)}",
            concern=Concern.RESTORED,
            folder=folder,
            lasting=True,
        )

    @classmethod
    def of_flush(cls, error: OSError, folder: Path) -> DiskError:
        """Say that what was written may not survive a power cut."""
        reason = _reason(error, folder)
        return cls(
            f"What is recorded in {folder} could not be forced to the disk: {reason.words}.",
            f"{reason.remedy}; frames written from now on are only safe once the recording ends.",
            concern=Concern.SAFETY,
            folder=folder,
            lasting=False,
        )

    @classmethod
    def of_end(cls, error: OSError, folder: Path) -> DiskError:
        """Say that a recording could not be closed as it should be."""
        reason = _reason(error, folder)
        return cls(
            f"The recording in {folder} could not be closed as it should be: {reason.words}.",
            f"{reason.remedy}, then complete what is there: pssr-live restore {quoted(folder)}",
            concern=Concern.SAFETY,
            folder=folder,
            lasting=True,
        )


def _reason(error: OSError, folder: Path) -> _Reason:
    if error.errno == errno.ENOSPC and holds_no_more_files(folder):
        return _NO_MORE_FILES
    other = error.strerror or str(error) or type(error).__name__
    unknown = _Reason(f"the disk says “{other}”", "Check the disk and its cable", lasting=False)
    code = getattr(error, "winerror", None)
    if code is not None:
        return _WINDOWS_REASONS.get(code, unknown)
    if ON_WINDOWS and error.errno == errno.EACCES:
        # Said of a file that a virus scanner or a backup holds for a moment, too.
        return _FORBIDDEN._replace(lasting=False)
    return _REASONS.get(error.errno or 0, unknown)
