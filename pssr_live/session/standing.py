"""How a session is doing, in plain values: for the window, in this process or in another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from acquisition import WINDOW_LENGTH, FrameFormat, StreamKey
from pssr_live.recording import Room
from pssr_live.session.live import LiveSession, State
from pssr_live.session.silence import is_silent
from pssr_live.session.statistics import SeenStages, Snapshot
from pssr_live.session.stream_counts import StreamCounts, stopped_streams

_LOOK_AHEAD = WINDOW_LENGTH // 2
STARTING, LIVE, FINISHING, STOPPED, FAILED = "starting", "live", "finishing", "stopped", "failed"
WAITING, DISCONNECTED = "waiting", "disconnected"


class Standing(TypedDict):
    """What the window's `gui.Status` says, by the same names; `stages` are in ms."""

    state: str
    received: int
    restored: int
    dropped: int
    gaps: int
    frames_per_second: float | None
    latency_ms: float | None
    stages: tuple[float, float, float, float | None] | None
    backlog: int
    minutes_left: float | None
    frames_left: int | None
    engine: str
    backend: str
    source: str
    recorded: tuple[int, float] | None
    not_recording: str
    recording: str
    task: str
    progress: float | None
    message: str
    light: str
    light_reason: str
    streams: str


def standing_of(session: LiveSession, room: Room | None = None, note: str = "") -> Standing:
    """Say how a session is doing.

    Parameters
    ----------
    session : LiveSession
        Started.
    room : Room or None
        What there is room for where recordings go; used while nothing is recorded.
    note : str
        What else the user should know.

    Returns
    -------
    Standing
    """
    now = session.statistics.snapshot()
    state = _state(session, now)
    running = session.state in (State.STARTING, State.LIVE)
    engine = session.engine.selection.engine if session.engine is not None else None
    task, progress = _task(session, state, now)
    room = session.room or room
    done, total = session.progress
    missing = session.missing if running else ""
    # The newest frames wait for their neighbours, not for us.
    waiting = _LOOK_AHEAD if running else 0
    return Standing(
        state=state,
        received=now.received,
        restored=now.restored,
        dropped=now.skipped,
        gaps=now.gaps,
        frames_per_second=0.0 if state in (WAITING, DISCONNECTED) else now.frames_per_second,
        latency_ms=None if now.whole_latency is None else 1e3 * now.whole_latency,
        stages=_in_ms(now.stages),
        backlog=max(0, total - done - waiting),
        minutes_left=room.minutes if room else None,
        frames_left=room.frames if room else None,
        engine=engine.name if engine is not None else "",
        backend=engine.backend if engine is not None else "",
        source=session.source.url,
        recorded=session.recorded if running else None,
        not_recording=session.not_recording if session.state is not State.STOPPED else "",
        recording=str(_recording(session, state) or ""),
        task=task,
        progress=progress,
        message=" · ".join(filter(None, (session.waiting, session.source.status or note, missing))),
        light="" if now.light is None else now.light.word,
        light_reason=light_reason(session.format, now),
        streams=stream_words(session.format, now.streams),
    )


def stream_words(frame_format: FrameFormat | None, counts: Mapping[StreamKey, StreamCounts]) -> str:
    """Say which streams there are, and which of them have stopped; empty where there is one.

    Parameters
    ----------
    frame_format : FrameFormat or None
        Of the frames; None as long as that is not known.
    counts : mapping of StreamKey to StreamCounts
        What came of each.

    Returns
    -------
    str
        Such as "2 channels, 3 slices · No frames any more of mCherry, slice 1".
    """
    if frame_format is None or len(frame_format.streams) == 1:
        return ""
    kinds = {
        "positions": len(frame_format.positions),
        "channels": len(frame_format.channels),
        "slices": frame_format.slices,
    }
    words = ", ".join(f"{count} {kind}" for kind, count in kinds.items() if count > 1)
    stopped = [
        frame_format.stream_name(one) for one in stopped_streams(counts, frame_format.streams)
    ]
    if stopped:
        more = f" and {len(stopped) - 1} more" if len(stopped) > 1 else ""
        words += f" · No frames any more of {stopped[0]}{more}"
    return words


def light_reason(frame_format: FrameFormat | None, now: Snapshot) -> str:
    """Say why the light is not green; of several channels with the name of that whose it is."""
    if not now.light_reason or frame_format is None or len(frame_format.channels) == 1:
        return now.light_reason
    channel = min(now.light_channel, len(frame_format.channels) - 1)
    name = frame_format.channels[channel].name or f"channel {channel}"
    return f"{name}: {now.light_reason}"


def _state(session: LiveSession, now: Snapshot) -> str:
    if session.state is State.STOPPED:
        return FAILED if session.failure is not None else STOPPED
    if session.state is State.FINISHING:
        return FINISHING
    if not session.source.connected:
        return DISCONNECTED
    # While an engine is opened there is nothing to see yet; that frames are recorded is told.
    nothing_yet = bool(session.opening) and session.recording is None
    if session.state is State.STARTING or now.silence is None or nothing_yet:
        return STARTING
    return WAITING if is_silent(session) else LIVE


def _recording(session: LiveSession, state: str) -> Path | None:
    if state in (STOPPED, FAILED):
        return session.folders[-1] if session.folders else None
    if state == STARTING:
        return session.recording or session.wanted
    return session.recording


def _task(session: LiveSession, state: str, now: Snapshot) -> tuple[str, float | None]:
    """What long work is under way, in words, and what part of it is done."""
    if session.opening:
        return session.opening, None
    if state == STARTING:
        words = "Waiting for the first frame" if session.format else "Connecting to the source"
        return words, None
    if state == FINISHING:
        words, done, total = session.finishing
        return (f"{words}: {done} of {total} frames", done / total) if total else (words, None)
    most = max((count.received for count in now.streams.values()), default=0)
    over = state in (STOPPED, FAILED)
    if not over and session.engine is not None and not now.restored and most < WINDOW_LENGTH:
        return f"Waiting for {WINDOW_LENGTH} frames: {most}", most / WINDOW_LENGTH
    return "", None


def _in_ms(stages: SeenStages | None) -> tuple[float, float, float, float | None] | None:
    if stages is None:
        return None
    display = None if stages.display is None else 1e3 * stages.display
    return 1e3 * stages.look_ahead, 1e3 * stages.queue, 1e3 * stages.engine, display
