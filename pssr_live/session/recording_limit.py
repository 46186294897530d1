"""How long a recording shall be: so many frames, or so much time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from acquisition import SourceError
from acquisition.plans import parse_duration
from pssr_live.errors import UserError

_FRAMES = re.compile(r"\s*(\d{1,9})\s*(frames?)?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingLimit:
    """Ends a recording by itself.

    Attributes
    ----------
    frames : int or None
        Of each channel and slice; None for any number.
    seconds : float or None
        From its beginning; None for any time.
    """

    frames: int | None = None
    seconds: float | None = None

    @classmethod
    def parse(cls, typed: str) -> RecordingLimit | None:
        """Read a limit as a user types it.

        Parameters
        ----------
        typed : str
            Such as ``200``, ``200 frames``, ``90 s`` or ``5 min``; empty for none.

        Raises
        ------
        UserError
            If it is neither.
        """
        if not typed.strip():
            return None
        if (frames := _FRAMES.fullmatch(typed)) and int(frames[1]):
            return cls(frames=int(frames[1]))
        try:
            return cls(seconds=parse_duration(typed))
        except SourceError:
            raise UserError(
                f"A recording can't be limited to {typed!r}.",
                "Give frames or a time, such as 200 frames or 5 min.",
            ) from None

    def reached(self, frames: int, seconds: float) -> bool:
        """Whether a recording of so many frames and seconds has all that it shall have."""
        enough = self.frames is not None and frames >= self.frames
        return enough or (self.seconds is not None and seconds >= self.seconds)
