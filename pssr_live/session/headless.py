"""A session in the terminal: progress while it runs, a summary at its end, Ctrl-C any time."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from queue import SimpleQueue

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Task, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from acquisition import SourceError
from acquisition.plans import LATE_S
from engines import quoted
from pssr_live.end_requests import EndRequest, end_requests
from pssr_live.errors import UserError
from pssr_live.recording import DiskError, LostFrames, SessionRecord
from pssr_live.session.live import LiveSession, State
from pssr_live.session.silence import is_silent
from pssr_live.session.statistics import Snapshot
from pssr_live.session.stream_counts import StreamCounts
from pssr_live.terminal import ProgressBar
from pssr_live.trust import Light

_REFRESH = 0.1
_MOST_RANGES = 20
_NOT_RECORDING = "not recording"
_STAGE_NAMES = {
    "look_ahead": "look-ahead (two frames, inherent)",
    "queue": "queue",
    "engine": "engine",
    "trust": "trust",
    "write": "write",
    "total": "total",
}


def follow_to_end(
    session: LiveSession, frames: int | None, console: Console, *, kept: bool = True
) -> None:
    """Follow a session that was started until its last frame is on disk, then sum up.

    The first Ctrl-C takes no more frames and finishes those received; a second one stops the
    finishing. Raw frames are on disk in either case.

    Parameters
    ----------
    session : LiveSession
        Running, or ended.
    frames : int or None
        How many will come, for the progress bar.
    console : Console
        Printed to.
    kept : bool
        Whether what is recorded outlasts the command, so that it is told where it is.

    Raises
    ------
    Exception
        What did not go as it was asked for, after the summary.
    """
    if not session.wait(0):
        requests = _EndRequests(session)
        with requests.obeyed(), end_requests(requests.ask, requests.end_within):
            try:
                _follow(session, frames, console, requests=requests)
            except Exception:
                # Only what is told has failed: frames go on, and Ctrl-C still ends them.
                session.wait()
                raise
    _summarise(session, console)
    if kept:
        _tell_folders(session, console)
    _News(session, console).log_last()
    if session.failure is not None:
        raise session.failure


def _summarise(session: LiveSession, console: Console) -> None:
    """Print what happened to the frames."""
    now = session.statistics.snapshot()
    if not now.received:
        return
    counts = Table(title="Frames", title_justify="left", show_header=False)
    counts.add_column(justify="left")
    counts.add_column(justify="right")
    counts.add_row("received", str(now.received))
    counts.add_row("dropped by the camera or bridge", f"{now.lost} in {now.gaps} gaps")
    if now.lost:
        counts.add_row("their numbers", _missing_in_words(session))
    late_s = list(session.statistics.late.values())
    if late_s:
        counts.add_row(
            f"time points that began over {1e3 * LATE_S:.0f} ms late",
            f"{len(late_s)}, by {max(late_s):.2f} s at most",
        )
    losses = session.statistics.losses()
    if losses:
        counts.add_row("not recorded: the disk did not take them", str(now.not_recorded))
        counts.add_row("their numbers", _lost_in_words(losses))
    for stream, of_stream in _several(session, now).items():
        counts.add_row(f"received of {stream}", str(of_stream.received))
    counts.add_row("restored", str(now.restored))
    if now.provisional:
        counts.add_row("shown early, as provisional", str(now.provisional))
    counts.add_row("passed over by the preview", str(now.skipped))
    if now.frames_per_second is not None:
        counts.add_row("restored frames/s, lately", f"{now.frames_per_second:.1f}")
    console.print(counts)
    stages = session.statistics.latency_table()
    if stages:
        latency = Table(title="Latency in ms", title_justify="left")
        latency.add_column("stage")
        latency.add_column("median", justify="right")
        latency.add_column("99th percentile", justify="right")
        for stage, (median, late) in stages.items():
            latency.add_row(_STAGE_NAMES[stage], f"{1e3 * median:.1f}", f"{1e3 * late:.1f}")
        console.print(latency)
    _tell_verdicts(session, console)


def _tell_folders(session: LiveSession, console: Console) -> None:
    """Print where the frames are."""
    if not session.statistics.received:
        return
    for folder in session.folders:
        if folder.exists():
            console.print(f"Recorded in {folder}", highlight=False, markup=False, soft_wrap=True)
            with suppress(UserError):
                if SessionRecord.read(folder).state != "complete":
                    rest = f"  not all of it is restored yet: pssr-live restore {quoted(folder)}"
                    console.print(rest, highlight=False, markup=False, soft_wrap=True)


def _several(session: LiveSession, now: Snapshot) -> dict[str, StreamCounts]:
    """Counts of each stream by its name, where there are several."""
    frame_format = session.format
    if frame_format is None or len(frame_format.streams) == 1:
        return {}
    return {frame_format.stream_name(stream): one for stream, one in sorted(now.streams.items())}


def _missing_in_words(session: LiveSession) -> str:
    """Write down which frames the camera or bridge lost, stream by stream if there are several."""
    missing, frame_format = session.statistics.missing, session.format
    streams = sorted({stream for *_, stream in missing})
    numbers = {
        stream: _in_words([(first, last) for first, last, of in missing if of == stream])
        for stream in streams
    }
    if frame_format is None or len(frame_format.streams) == 1:
        return "; ".join(numbers.values())
    return "; ".join(f"{frame_format.stream_name(one)}: {numbers[one]}" for one in streams)


def _lost_in_words(losses: list[LostFrames]) -> str:
    """Write down which frames the disk did not take, stream by stream if there are several."""
    streams = dict.fromkeys(loss.stream for loss in losses)
    numbers = {
        stream: _in_words([(loss.first, loss.last) for loss in losses if loss.stream == stream])
        for stream in streams
    }
    return "; ".join(f"{stream}: {words}" if stream else words for stream, words in numbers.items())


def _in_words(ranges: list[tuple[int, int]]) -> str:
    """Write numbers down, the first of many; session.json has them all."""
    words = [str(first) if first == last else f"{first}–{last}" for first, last in ranges]
    more = len(words) - _MOST_RANGES
    return ", ".join(words[:_MOST_RANGES]) + (f" and {more} more gaps" if more > 0 else "")


def _tell_verdicts(session: LiveSession, console: Console) -> None:
    """Print how many frames got which light, and what was against them."""
    verdicts = session.statistics.verdicts()
    if not verdicts:
        return
    table = Table(title="Can the restored frames be believed?", title_justify="left")
    table.add_column("light")
    table.add_column("frames", justify="right")
    table.add_column("reason of the last one that was not green", overflow="fold")
    for light, count, reason in verdicts:
        style = {Light.GREEN: "green", Light.AMBER: "yellow", Light.RED: "red"}[light]
        table.add_row(f"[{style}]{light.word}[/]", str(count), escape(reason) or "nothing found")
    console.print(table)


class _EndRequests:
    """Ends a session as its user asks; what is to be said of it is said by the main thread later.

    A signal comes between any two steps of the main thread, which may hold a lock that ending the
    session needs, or be ending it for an earlier one: what is asked for is done by another thread.

    Parameters
    ----------
    session : LiveSession
        Running.
    """

    def __init__(self, session: LiveSession) -> None:
        self._session = session
        # Its `put` may be interrupted by itself.
        self._asked: SimpleQueue[tuple[EndRequest, str] | None] = SimpleQueue()
        self.abandoned = False

    @contextmanager
    def obeyed(self) -> Iterator[None]:
        """Do meanwhile what is asked for."""
        thread = threading.Thread(target=self._obey, name="end requests", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._asked.put(None)
            thread.join()

    def ask(self, request: EndRequest, name: str) -> None:
        """Take no more frames; asked for again, stop finishing those received."""
        self._asked.put((request, name))

    def _obey(self) -> None:
        while (asked := self._asked.get()) is not None:
            request, name = asked
            if self._session.state is not State.FINISHING:
                self._session.stop(name)
            elif request is EndRequest.BY_KEY:
                self.abandoned = True
                self._session.abandon()

    def end_within(self, reason: str, seconds: float) -> None:
        """Save every raw frame; restored ones are for later."""
        self._session.stop(reason)
        self._session.abandon(reason)
        self._session.wait(seconds)


def _follow(
    session: LiveSession, frames: int | None, console: Console, *, requests: _EndRequests
) -> None:
    columns = (
        _StateColumn(),
        BarColumn(),
        TextColumn("{task.completed:.0f} frames"),
        TextColumn("{task.fields[speed]}"),
        TimeElapsedColumn(),
    )
    news = _News(session, console)
    faults_told = 0
    engine_told = abandoned_told = False
    with ProgressBar(*columns, console=console) as progress:
        task = progress.add_task("starting", total=frames, speed="")
        ended = False
        while not ended:
            ended = session.wait(_REFRESH)
            if session.engine is not None and not engine_told:
                engine_told = True
                for line in _engine_lines(session):
                    console.print(line, highlight=False, markup=False, soft_wrap=True)
                if session.room is not None:
                    room = f"Room on the disk for {session.room}."
                    console.print(room, highlight=False, markup=False, soft_wrap=True)
            news.log()
            if requests.abandoned and not abandoned_told:
                abandoned_told = True
                console.print("Finishing stopped. The raw frames that were received are safe.")
            for fault in session.faults[faults_told:]:
                faults_told += 1
                if isinstance(fault, DiskError):
                    console.print(str(fault), style="red", markup=False, soft_wrap=True)
                elif session.wanted is None or isinstance(fault, SourceError | UserError):
                    session.stop(str(fault))
                else:
                    words = f"{fault} Raw frames are still recorded."
                    console.print(words, style="red", markup=False)
            now = session.statistics.snapshot()
            state, done = session.state, now.restored + now.skipped
            words, total = state.value, frames
            if state not in (State.STARTING, State.LIVE):
                total = now.received
            if state is State.FINISHING:
                what, some, of_these = session.finishing
                words = what.lower()
                if of_these:
                    done, total = some, of_these
            progress.update(
                task,
                description=_NOT_RECORDING if session.not_recording else words,
                completed=done,
                total=total,
                speed=_standing(session, now),
            )


class _StateColumn(TextColumn):
    """The session's state; that a recording is asked for and not written, in red."""

    def __init__(self) -> None:
        super().__init__("{task.description}", markup=False)

    def render(self, task: Task) -> Text:
        return Text(task.description, style="red" if task.description == _NOT_RECORDING else "")


class _News:
    """Prints a line, with the time, when the source has something else to say.

    A log then tells what happened to the microscope. The countdown to the next try belongs to the
    progress line alone.
    """

    def __init__(self, session: LiveSession, console: Console) -> None:
        self._session = session
        self._console = console
        self._told = ""
        # Whether no frames came while the words that were told stood.
        self._interrupted = False
        self._folders = 1
        self._stopped: set[str] = set()
        self._missing = ""

    def log(self) -> None:
        """Print what is new."""
        missing = self._session.missing
        if missing != self._missing:
            self._missing = missing
            self._print(missing)
        words = self._session.source.status
        gist = _gist(words)
        self._interrupted = bool(self._told or words) and (
            self._interrupted or self._no_frames_come()
        )
        if gist != self._told and self._session.state in (State.STARTING, State.LIVE):
            self._told = gist
            if words:
                self._print(words)
            elif self._interrupted:
                self._print("Frames are coming again.")
        for folder in self._session.folders[self._folders :]:
            self._folders += 1
            self._print(f"The recording goes on in {folder}")
        stopped = self._session.stopped_streams
        for name in stopped - self._stopped:
            self._print(f"No more frames of {name}, while others keep coming.")
        for name in self._stopped - stopped:
            self._print(f"Frames of {name} are coming again.")
        self._stopped = stopped

    def _no_frames_come(self) -> bool:
        return not self._session.source.connected or is_silent(self._session)

    def log_last(self) -> None:
        """Print what the source has to say now that it is closed."""
        if words := self._session.source.status:
            self._print(words)

    def _print(self, words: str) -> None:
        line = f"{datetime.now():%H:%M:%S} {words}"
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)


def _gist(words: str) -> str:
    """Leave out the countdown and what counts on by itself, but keep new settings."""
    settings = re.findall(r"Changed in Micro-Manager: .*?\.(?= [A-Z]|$)", words)
    return "".join((re.sub(r"[\d.]+ ?|Trying again.*", "", words), *settings))


def _standing(session: LiveSession, now: Snapshot) -> str:
    return "  ".join(
        words for words in (_speed(now), session.waiting, session.source.status) if words
    )


def _speed(now: Snapshot) -> str:
    if now.frames_per_second is None or now.whole_latency is None:
        return ""
    return f"{now.frames_per_second:.1f} frames/s, {1e3 * now.whole_latency:.0f} ms behind"


def _engine_lines(session: LiveSession) -> list[str]:
    """Say what restores which channel, and why on this backend; an engine of several once."""
    assert session.format is not None  # noqa: S101 - asked for only once an engine is open
    channels, engines = session.format.channels, session.engines
    opened = [engine for engine in engines if engine is not None]
    names = {engine: engine.selection.engine.name for engine in opened}
    where = f"{session.source.url} ({session.format}), restored by"
    lines = [f"{where} {name}: {engine.selection.report.reason}" for engine, name in names.items()]
    if len(channels) > 1:
        by = ", ".join(
            f"{channel.name or number} by {names[engine]}"
            if engine is not None
            else f"{channel.name or number} raw only"
            for number, (channel, engine) in enumerate(zip(channels, engines, strict=True))
        )
        lines.append(f"Channels: {by}")
    return lines
