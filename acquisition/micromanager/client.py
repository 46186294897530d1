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
from typing import Any

from acquisition.errors import SourceError
from acquisition.micromanager import wire
from acquisition.micromanager.acquire import Acquire
from acquisition.micromanager.camera import CameraMissingError
from acquisition.micromanager.chosen_camera import ChosenCamera
from acquisition.micromanager.control import CameraControl
from acquisition.micromanager.core import OpenCore, first_line, open_core
from acquisition.micromanager.experiment import ExperimentRunning
from acquisition.micromanager.experiment_watch import ENDED_PRESS_LIVE, ExperimentWatch
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
STOPPED = (
    "The camera was stopped in Micro-Manager, by Stop or by an experiment that failed: start that "
    "again now, or press Live there to go on."
)
_STANDS_STILL = (PRESS_LIVE, STOPPED, ENDED_PRESS_LIVE)


class Client:
    """Brings frames from a core to a link, until an experiment begins.

    Parameters
    ----------
    opened : OpenCore
        Micro-Manager's core.
    link : Link
        To our own process.
    camera : ChosenCamera
        Of that core.
    experiment : ExperimentWatch
        Of the same Micro-Manager.
    mode : str
        See `MicroManagerOptions`.
    """

    def __init__(
        self,
        opened: OpenCore,
        link: Link,
        camera: ChosenCamera,
        experiment: ExperimentWatch,
        mode: str,
    ) -> None:
        self._core: Any = opened.core
        self._link = link
        self._experiment = experiment
        self._reader = ImageReader(opened.core, opened.metadata)
        self._words = experiment.words
        self._urgent = False
        running = bool(self._core.is_sequence_running())
        # What runs after an experiment is not ours.
        follow = mode == "follow" or (running and (mode == "auto" or experiment.had_one))
        if follow:
            camera.check()
        else:
            camera.use()
        self._stream = Stream(
            self._core, link, "follow" if follow else "acquire", opened.versions, opened.note
        )
        control = CameraControl(self._core, opened.experiments)
        self._acquire = None if follow else Acquire(self._core, self._reader, control)
        self._follow = Follow(self._core, self._reader, self._stream.number)
        if follow and experiment.had_one and not running:
            self._say(ENDED_PRESS_LIVE)
        else:
            self._say(RUNS_ALREADY if follow and running and mode != "follow" else "")

    @property
    def mode(self) -> str:
        """Whether it acquires or follows."""
        return self._stream.mode

    def run(self) -> None:
        """Send frames until the parent hangs up or an experiment begins."""
        last_came = looked = time.monotonic()
        self._link.meanwhile = self._give_way
        try:
            self._start()
            while not (self._link.stopping.is_set() or self._experiment.look()):
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
            self._link.meanwhile = None
        if self._experiment.camera_is_taken:
            self._finish()

    def _give_way(self) -> None:
        """Give the camera up even while the parent has no room for what we send."""
        if self._experiment.look() and self._acquire is not None:
            self._acquire.stop()

    def _finish(self) -> None:
        """Send what came before the experiment."""
        self._be_urgent(False)
        if self._acquire is not None:
            self._experiment.note_that_we_gave_up()
            for image in self._acquire.rest():
                self._stream.take(image)
        self._stream.release()

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
            if self._words in (*_STANDS_STILL, NO_FRAMES):
                self._say("")
            self._tell_urgency(taker)
            anew = self._stream.take(image)
            if self._acquire is not None and anew:
                self._leave_the_camera_to_others(LIVE_PRESSED)
                self._follow.go_on_after(image)
                break
            if self._experiment.look():
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
            self._say(self._words if self._words in _STANDS_STILL else PRESS_LIVE)
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


def serve(opened: OpenCore, link: Link) -> None:
    """Bring frames until the parent hangs up, and stand aside while an experiment runs."""
    control = CameraControl(opened.core, opened.experiments)
    camera = ChosenCamera(opened.core, control, link.options.camera)
    experiment = ExperimentWatch(opened.experiments, opened.core.is_sequence_running)
    mode = link.resuming or link.options.mode
    if experiment.look():
        Stream(opened.core, link, mode, opened.versions, opened.note).announce()
    try:
        while not link.stopping.is_set():
            experiment.starts_the_camera = mode != "follow"
            stand_aside(experiment, link)
            try:
                client = Client(opened, link, camera, experiment, mode)
                client.run()
                mode = client.mode
            except ExperimentRunning:
                experiment.look_at_once()
    finally:
        link.be_patient(wire.LONG_PATIENCE)
        camera.put_back()


def stand_aside(experiment: ExperimentWatch, link: Link) -> None:
    """Look at nothing but the experiment until the camera is free."""
    words = ""
    while experiment.look() and not link.stopping.is_set():
        if experiment.words != words:
            words = experiment.words
            link.say(words)
        link.alive()
        link.stopping.wait(_POLL)


def main() -> None:
    """Serve the parent that started this process, to the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.excepthook = lambda _: None
    link = Link()
    opened: OpenCore | None = None
    try:
        opened = open_core(link.options)
        link.alive()
        serve(opened, link)
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
