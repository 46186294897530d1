"""A session's state and figures, as the window is told them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from gui import SessionState, Stages, Status
from pssr_live.recording import Room
from pssr_live.session import LiveSession, Standing, standing_of


def status_of(session: LiveSession, room: Room | None, note: str) -> Status:
    """Say how a session is doing, see `standing_of`.

    Returns
    -------
    Status
    """
    status = status_from(standing_of(session, room, note))
    limit = session.recording_limit
    if limit is None:
        return status
    # What is counted on the disk is of all streams, a limit of each.
    streams = len(session.format.streams) if session.format is not None else 1
    return replace(
        status,
        recording_frames=None if limit.frames is None else limit.frames * streams,
        recording_seconds=limit.seconds,
    )


def status_from(standing: Standing) -> Status:
    """Make the window's status of plain values."""
    values = cast("dict[str, Any]", standing)
    stages, recorded = values["stages"], values["recorded"]
    return Status(
        **{
            **values,
            "state": SessionState(values["state"]),
            "stages": Stages(*stages) if stages is not None else None,
            "recorded": tuple(recorded) if recorded is not None else None,
        }
    )
