"""Whether frames stay away for longer than they should."""

from __future__ import annotations

from pssr_live.session.live import LiveSession

# Frames that don't come for so long, in seconds and in intervals, are worth a word; of a slow
# time-lapse those that are late by so many seconds.
_SILENCE_S, _SILENCE_INTERVALS, _LATE_S = 3.0, 5.0, 30.0


def is_silent(session: LiveSession) -> bool:
    """Whether a frame is overdue, by the session's interval and by what its source says is next.

    Parameters
    ----------
    session : LiveSession
        Under way. Before its first frame nothing is overdue.
    """
    silence = session.statistics.snapshot().silence
    if silence is None or session.waiting:
        return False
    interval = (session.format.interval_s if session.format is not None else None) or 0.0
    return silence > min(max(_SILENCE_S, _SILENCE_INTERVALS * interval), interval + _LATE_S)
