"""Micro-Manager as a source of frames: never hangs, and comes back by itself after a loss."""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from acquisition.channel import StreamKey
from acquisition.errors import EndOfFrames, FormatChanged, RunEnded, SourceError
from acquisition.frame import NOTHING_MISSING, Frame, FrameFormat, Missing
from acquisition.micromanager import wire
from acquisition.micromanager.losses import Losses
from acquisition.micromanager.not_there import not_there
from acquisition.micromanager.options import MicroManagerOptions
from acquisition.micromanager.port import anybody_listens
from acquisition.micromanager.process import ClientProcess
from acquisition.micromanager.reception import Reception, read_format, read_frame
from acquisition.micromanager.wire import Message

# `close` is seen within this time.
_SLICE = 0.1
_SILENCE_WORTH_A_WORD = 2.0
_SILENCE_WORTH_A_PROBE = 1.0
_TIME_BETWEEN_PROBES = 0.5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0
_NEWS_STAYS = 10.0
CAMERA_IS_STOPPED_LATER = (
    "Micro-Manager does not answer, so the camera may still be running. It is stopped if "
    f"Micro-Manager answers within {wire.TIME_TO_STOP_LATER:.0f} s, or else when pssr-live starts "
    "again with the same source."
)
# Settings whose change is told in other words.
_NO_NEWS = {"mode", "note", "region"}


class MicroManagerSource:
    """Frames of a microscope that Micro-Manager drives, see `FrameSource`.

    All calls to Micro-Manager are made in a process of their own, see
    `acquisition.micromanager.client`. When Micro-Manager is lost, `read` returns None until it is
    back; frames then go on with `FormatChanged`, as they do whenever the camera is started anew.

    Parameters
    ----------
    options : MicroManagerOptions
        Where Micro-Manager is and what to take from it.
    url : str
        For the record.

    """

    frame_count: int | None = None
    _stopped_later = CAMERA_IS_STOPPED_LATER

    def __init__(self, options: MicroManagerOptions, url: str = "micromanager:") -> None:
        self.url = url
        self.settings: Mapping[str, str] = {}
        self._options = options
        self.urgent = False
        self.first_index: int | None = None
        self.missing_after: Mapping[StreamKey, Missing] = NOTHING_MISSING
        # Micro-Manager may be another one when it is back, with runs that are not ours.
        self._name = secrets.token_hex(8)
        self.next_frame_s: float | None = None
        self._client: ClientProcess | None = None
        self._mode = ""
        self._format: FrameFormat | None = None
        self._new_format: FrameFormat | None = None
        self._next_frame: Frame | None = None
        self._delivered = False
        self._pause = _FIRST_PAUSE
        self._try_again_at = 0.0
        self._probe_at = 0.0
        self._give_up_at = math.inf
        self._lost_because = self._fix = ""
        self._trouble = self._words = self._news = ""
        self._news_until = 0.0
        self._losses: Losses = Losses()
        self._reception = Reception()
        # Whether a run's end is to be said; whether what is announced is another run in any case.
        self._ending = self._anew = False
        self._left_running = False
        self._words_at_the_end = ""
        # Whether the reader wants what has come by now, and nothing else; and whether it has it.
        self._takes_no_more = self._has_all = False
        self._closing = threading.Event()
        self._reading = threading.Lock()

    @property
    def status(self) -> str:
        """How things stand, in words for the user; empty while frames flow as they should."""
        if self._closing.is_set():
            return self._words_at_the_end
        if self._lost_because:
            return f"{self._lost_because} {self._countdown()}"
        news = self._news if time.monotonic() < self._news_until else ""
        words = (self._words, news, self._losses.words, self.settings.get("note", ""))
        return self._trouble or " ".join(filter(None, words))

    @property
    def taken_by_others(self) -> int:
        """Frames of this segment that another program took out of the buffer before us."""
        return self._losses.taken

    @property
    def connected(self) -> bool:
        """Whether Micro-Manager is there; False from its loss until frames can come again."""
        return not self._lost_because

    def open(self) -> FrameFormat:
        """Connect, and wait for Micro-Manager as long as the options say.

        Returns
        -------
        FrameFormat

        Raises
        ------
        SourceError
            If it is not there, or its frames can't be restored.
        """
        self._give_up_at = time.monotonic() + self._options.wait
        with self._reading:
            try:
                while self._new_format is None:
                    self._advance(_SLICE)
                    if self._closing.is_set():
                        raise not_there(
                            self._options, "The source was closed before Micro-Manager answered."
                        )
                    if self._client is None and time.monotonic() >= self._give_up_at:
                        raise not_there(self._options, self._lost_because, self._fix)
            except SourceError:
                self._let_go()
                raise
            self._give_up_at = math.inf
            self._format, self._new_format = self._new_format, None
            self._anew = False
            return self._format

    def read(self, timeout: float) -> Frame | None:
        """Return the next frame, or None if none came in time.

        Parameters
        ----------
        timeout : float
            Seconds to wait at most.

        Returns
        -------
        Frame or None

        Raises
        ------
        EndOfFrames
            When closed; after `take_no_more`, when all that had come is read.
        FormatChanged
            When the camera was started anew, or its format has changed.
        RunEnded
            When an experiment of Micro-Manager that was followed has ended.
        SourceError
            When its frames can't be restored any more.
        """
        deadline = time.monotonic() + timeout
        with self._reading:
            while True:
                if self._closing.is_set():
                    raise EndOfFrames
                if self._ending:
                    self._ending = False
                    raise RunEnded
                if self._next_frame is not None:
                    return self._hand_out()
                if self._is_over:
                    raise EndOfFrames
                left = deadline - time.monotonic()
                self._advance(min(_SLICE, max(0.0, left)))
                if self._next_frame is None and left <= 0:
                    return None

    def take_no_more(self) -> None:
        """Stop the camera if we started it; what has come by then is still read.

        For the thread that reads.
        """
        self._takes_no_more = True
        if self._client is not None:
            self._client.take_no_more()

    def close(self) -> None:
        """Stop the camera if we started it, and wake a waiting `read`."""
        self._closing.set()
        with self._reading:
            self._let_go()

    @property
    def _is_over(self) -> bool:
        """Whether nothing follows any more, or a client that is to end says nothing for long."""
        client = self._client
        return self._takes_no_more and (self._has_all or client is None or client.too_slow_to_end)

    def _hand_out(self) -> Frame | None:
        frame, self._next_frame = self._next_frame, None
        if self._new_format is not None:
            before, self._format, self._new_format = self._format, self._new_format, None
            # The first frames only add their interval to what `open` has said.
            only_adds = before is not None and _alike(before, self._format)
            if self._delivered or self._anew or not only_adds:
                self._next_frame = frame
                self._anew = False
                self._losses.begin()
                raise FormatChanged(self._format)
        self._delivered = True
        if frame is not None:
            self._losses.note(frame, first=self.first_index)
        return frame

    def _advance(self, timeout: float) -> None:
        """Take one message of the client, or see to it that there is a client."""
        if self._client is None:
            self._try_again(timeout)
            return
        message = self._client.poll(timeout)
        if message is None:
            self._watch(self._client)
        else:
            self._take(message)

    def _take(self, message: Message) -> None:
        content = message.content
        if message.kind == wire.LOST:
            # It has stopped the camera that it ran.
            self._lose(content["words"], content.get("fix", ""), stopped=True)
            return
        self._trouble = ""
        if message.kind == wire.FRAME:
            self._next_frame = read_frame(message)
            self._reception.note(self._next_frame, content)
        elif message.kind == wire.FORMAT:
            self._take_format(content)
        elif message.kind == wire.SETTINGS:
            self._take_settings(content["settings"])
        elif message.kind == wire.BACK:
            self._take_settings(content["settings"])
            self._come_back(content["mode"])
        elif message.kind == wire.ENDED:
            self._reception.experiment = None
            self._ending = self._anew = True
        elif message.kind == wire.STATUS:
            self._words = content["words"]
        elif message.kind == wire.NEWS:
            self._tell_news(content["words"])
        elif message.kind == wire.URGENT:
            self.urgent = content["urgent"]
        elif message.kind == wire.REFUSED:
            raise SourceError(content["problem"], content["fix"])

    def _take_format(self, content: dict[str, Any]) -> None:
        self._new_format = read_format(content)
        self._anew = self._reception.begin(content) or self._anew
        self.first_index = content["first"]
        self._take_settings(content["settings"])
        self._come_back(content["mode"])

    def _come_back(self, mode: str) -> None:
        self._mode = mode
        self._pause = _FIRST_PAUSE
        self._lost_because = ""
        self._left_running = False

    def _take_settings(self, settings: dict[str, str]) -> None:
        before, self.settings = self.settings, settings
        changed = [
            f"{name} {value}"
            for name, value in settings.items()
            if name not in _NO_NEWS and before.get(name, value) != value
        ]
        if changed:
            self._tell_news(f"Changed in Micro-Manager: {', '.join(changed)}.")

    def _tell_news(self, words: str) -> None:
        self._news, self._news_until = words, time.monotonic() + _NEWS_STAYS

    def _try_again(self, timeout: float) -> None:
        now = time.monotonic()
        if now < self._try_again_at:
            self._closing.wait(min(timeout, self._try_again_at - now))
            return
        port = 0 if self._options.config else self._options.port
        if port and not anybody_listens(port):
            self._gone(f"No Micro-Manager answers at port {port}.")
            return
        self._client = self._new_client()

    def _new_client(self) -> ClientProcess:
        told = self._new_format or self._format
        resumption = self._reception.resumption(self._mode, told)
        return ClientProcess(
            self._options, resumption, source=self._name, left_running=self._left_running
        )

    def _watch(self, client: ClientProcess) -> None:
        """Judge a client that is silent."""
        words = client.last_words()
        if words is not None:
            # It may have sent something between the two, or what it sent is still being received.
            if self._heard_after_all(client, _SLICE):
                return
            if self._takes_no_more and client.ended_well:
                self._has_all = True
            else:
                self._lose(f"The connection to Micro-Manager broke down: {words}.")
            return
        now = time.monotonic()
        remote = not self._options.config
        if remote and client.answered and client.silence > _SILENCE_WORTH_A_PROBE:
            if now >= self._probe_at and not anybody_listens(self._options.port):
                # To ask takes time, in which frames may have come.
                if not self._heard_after_all(client, 0):
                    experiment = self._reception.experiment
                    had = f" {experiment.words} had come." if experiment is not None else ""
                    self._gone(f"Micro-Manager has gone; every frame received is safe.{had}")
                return
            self._probe_at = now + _TIME_BETWEEN_PROBES
        if client.out_of_patience:
            self._lose(f"Micro-Manager has not answered for {client.silence:.0f} s.")
        elif client.answered and client.silence > _SILENCE_WORTH_A_WORD + client.announced:
            self._trouble = f"Micro-Manager has not answered for {client.silence:.0f} s."

    def _heard_after_all(self, client: ClientProcess, timeout: float) -> bool:
        """Take a message of a client that is about to be given up, if there is one."""
        message = client.poll(timeout)
        if message is not None:
            self._take(message)
        return message is not None

    def _gone(self, because: str) -> None:
        """Note that the server is dead: a camera that runs when it is back is not ours."""
        if self._mode == "acquire":
            self._mode = ""
        self._name = secrets.token_hex(8)
        self._lose(because)
        self._left_running = False

    def _lose(self, because: str, fix: str = "", *, stopped: bool = False) -> None:
        if self._client is not None:
            self._client.kill()
            # Before it has said what it does, it may have started the camera.
            mode = self._mode or self._options.mode
            may_run_it = mode != "follow" and not stopped and not self._options.config
            # One that was not let in has stopped nothing of what another has left.
            self._left_running = self._left_running or may_run_it
            self._client = None
        self._lost_because, self._fix = because, fix
        self._trouble = self._words = ""
        self.urgent = False
        self._try_again_at = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)

    def _countdown(self) -> str:
        now = time.monotonic()
        wait = math.ceil(self._try_again_at - now)
        when = f"in {wait} s" if wait > 0 else "now"
        left = max(0.0, self._give_up_at - now)
        return f"Trying again {when}{'' if math.isinf(left) else f', for {left:.0f} s more'}."

    def _let_go(self) -> None:
        self.urgent = False
        if self._client is not None and self._client.broke_down:
            self._lose("")
        if self._client is None and self._left_running:
            # It was given up while Micro-Manager did not answer; another one stops the camera.
            self._client = self._new_client()
        if self._client is not None:
            stopped = self._client.stop()
            if not stopped and (self._mode == "acquire" or self._left_running):
                self._words_at_the_end = self._stopped_later
            self._client, self._left_running = None, False


def _alike(one: FrameFormat, other: FrameFormat) -> bool:
    """Whether two formats differ in the interval alone, if at all."""
    return replace(one, interval_s=None) == replace(other, interval_s=None)
