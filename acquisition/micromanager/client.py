"""The process that talks to Micro-Manager.

A call to a Micro-Manager that has gone never returns, so all calls are made here, where they can be
ended from outside: ``python -m acquisition.micromanager.client``, started and stopped by
`acquisition.micromanager.process`.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from contextlib import suppress
from typing import Any

from acquisition.errors import SourceError
from acquisition.micromanager import wire
from acquisition.micromanager.acquire import Acquire
from acquisition.micromanager.camera import CameraMissingError
from acquisition.micromanager.control import CameraControl
from acquisition.micromanager.core import OpenCore, first_line, open_core
from acquisition.micromanager.experiment import ExperimentRunning
from acquisition.micromanager.follow import Follow
from acquisition.micromanager.image import ImageReader
from acquisition.micromanager.link import Link
from acquisition.micromanager.stream import Stream

_POLL = 0.005
_LOOK_AT_THE_CAMERA = 0.1
_SILENCE_WORTH_A_WORD = 5.0
_TIME_TO_LET_GO = 2.0
# A buffer that is emptied within this time is watched with nothing else in mind.
_URGENT_S = 0.5
_MOST_OF_A_BUFFER = 1 / 3
_SHORTEST_INTERVAL = 0.001

PRESS_LIVE = "The camera stands still: press Live in Micro-Manager."
NO_FRAMES = "No frame has come for some seconds: is the camera waiting for a trigger?"
RUNS_ALREADY = "The camera was running already, so its frames are followed and left where they are."
LIVE_PRESSED = "Live was pressed in Micro-Manager: its frames are followed and left where they are."
STOPPED = "The camera was stopped in Micro-Manager: press Live there to go on."


class Client:
    """Brings frames from a core to a link.

    Parameters
    ----------
    opened : OpenCore
        Micro-Manager's core.
    link : Link
        To our own process.
    """

    def __init__(self, opened: OpenCore, link: Link) -> None:
        self._core: Any = opened.core
        self._link = link
        self._reader = ImageReader(opened.core, opened.metadata)
        self._control = CameraControl(opened.core, opened.experiments)
        self._camera_before = ""
        self._words = ""
        self._urgent = False
        running = bool(self._core.is_sequence_running())
        mode = link.resuming or link.options.mode
        follow = mode == "follow" or (mode == "auto" and running)
        self._choose_camera(follow)
        try:
            self._stream = Stream(
                self._core, link, "follow" if follow else "acquire", opened.versions, opened.note
            )
        except SourceError:
            self._put_the_camera_back()
            raise
        self._acquire = None if follow else Acquire(self._core, self._reader, self._control)
        self._follow = Follow(self._core, self._reader, self._stream.number)
        if follow and running and link.options.mode == "auto":
            self._say(RUNS_ALREADY)

    def run(self) -> None:
        """Send frames until the parent hangs up."""
        last_came = looked = time.monotonic()
        try:
            self._start()
            while not self._link.stopping.is_set():
                came = self._pass_on_what_came()
                self._stream.tick()
                self._link.alive()
                now = time.monotonic()
                if came:
                    last_came = now
                    continue
                if now - looked > _LOOK_AT_THE_CAMERA:
                    looked = now
                    self._look_at_the_camera(now - last_came)
                self._link.stopping.wait(_POLL)
        finally:
            self._link.be_patient(wire.LONG_PATIENCE)
            if self._acquire is not None:
                self._acquire.stop()
            self._put_the_camera_back()

    def _choose_camera(self, follow: bool) -> None:
        wanted, used = self._link.options.camera, self._core.get_camera_device()
        if wanted in ("", used):
            return
        if follow:
            raise SourceError(
                f"Micro-Manager uses the camera {used!r}, not {wanted!r}.",
                "Choose the camera in Micro-Manager, or stop it and use mode=acquire.",
            )
        try:
            self._control.use_camera(wanted)
        except ExperimentRunning:
            raise
        except Exception as error:
            raise SourceError(
                f"Micro-Manager has no camera {wanted!r}.",
                f"Use one of its camera labels, such as camera={used or 'Camera'}.",
            ) from error
        self._camera_before = used

    def _put_the_camera_back(self) -> None:
        if self._camera_before:
            with suppress(ExperimentRunning):
                self._control.use_camera(self._camera_before)

    def _start(self) -> None:
        self._stream.expect_a_new_run()
        if self._acquire is not None:
            self._link.be_patient(wire.LONG_PATIENCE)
            self._acquire.start()

    def _pass_on_what_came(self) -> bool:
        """Send new images on; returns whether there were any."""
        came = False
        taker = self._acquire or self._follow
        for image in taker.images():
            came = True
            # Before the frame itself: whoever sees it sees that the words hold no more.
            if self._words in (PRESS_LIVE, STOPPED, NO_FRAMES):
                self._say("")
            self._tell_urgency(taker)
            anew = self._stream.take(image)
            if self._acquire is not None and anew:
                self._leave_the_camera_to_others(LIVE_PRESSED)
                self._follow.go_on_after(image)
                break
        return came

    def _tell_urgency(self, taker: Acquire | Follow) -> None:
        """Tell whether a buffer is about to be emptied, or we fall behind."""
        soon = _URGENT_S / max(self._stream.interval_s, _SHORTEST_INTERVAL)
        soon = min(soon, _MOST_OF_A_BUFFER * taker.capacity)
        self._be_urgent(taker.room < soon or taker.behind > soon / 2)

    def _be_urgent(self, urgent: bool) -> None:
        if urgent != self._urgent:
            self._urgent = urgent
            self._link.send(wire.URGENT, urgent=urgent)

    def _look_at_the_camera(self, silence: float) -> None:
        # A buffer that does not grow is not emptied.
        self._be_urgent(False)
        if self._acquire is not None:
            if self._acquire.ended():
                if self._acquire.died_of_a_new_frame_size():
                    self._start()
                else:
                    self._leave_the_camera_to_others(STOPPED)
        elif not self._follow.running():
            self._say(STOPPED if self._words == STOPPED else PRESS_LIVE)
        silence_worth_a_word = max(_SILENCE_WORTH_A_WORD, 5 * self._stream.interval_s)
        if silence > silence_worth_a_word and not self._words:
            self._say(NO_FRAMES)

    def _leave_the_camera_to_others(self, words: str) -> None:
        if self._acquire is not None:
            self._acquire.hand_over()
        self._acquire = None
        self._stream.mode = "follow"
        self._follow = Follow(self._core, self._reader, self._stream.number)
        self._say(words)

    def _say(self, words: str) -> None:
        if words != self._words:
            self._words = words
            self._link.say(words)


def main() -> None:
    """Serve the parent that started this process, to the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.excepthook = lambda _: None
    link = Link()
    opened: OpenCore | None = None
    try:
        opened = open_core(link.options)
        link.alive()
        Client(opened, link).run()
    except CameraMissingError as error:
        link.send(wire.LOST, words=error.problem, fix=error.fix)
    except SourceError as error:
        link.send(wire.REFUSED, problem=error.problem, fix=error.fix)
    except Exception as error:
        note = opened.note if opened is not None else ""
        link.send(wire.LOST, words=f"{note} {first_line(error)}".strip())
    link.close()
    # Objects held here are let go of, which are calls too; those never return if the server died.
    last = threading.Timer(_TIME_TO_LET_GO, os._exit, (1,))
    last.daemon = True
    last.start()
    del opened
    gc.collect()
    os._exit(0)


if __name__ == "__main__":
    main()
