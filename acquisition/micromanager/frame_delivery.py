"""Frames from a core to our own process, until an experiment begins or nobody wants more."""

from __future__ import annotations

import time
from typing import Any

from acquisition.micromanager import wire, words
from acquisition.micromanager.acquire import Acquire
from acquisition.micromanager.chosen_camera import ChosenCamera
from acquisition.micromanager.control import CameraControl
from acquisition.micromanager.core import OpenCore
from acquisition.micromanager.experiment_watch import (
    ENDED_PRESS_LIVE,
    GAVE_UP_MEANWHILE,
    ExperimentWatch,
)
from acquisition.micromanager.follow import Follow
from acquisition.micromanager.frame_runs import FrameRuns
from acquisition.micromanager.image import CoreImage, ImageReader
from acquisition.micromanager.our_run import OurRun
from acquisition.micromanager.parent_link import ParentLink
from acquisition.micromanager.resumption import Resumption
from acquisition.micromanager.runs import Succession, begun_after, succession

_POLL = 0.005
# More than these take a moment that is worth a word.
_FEW_IMAGES = 5
_LOOK_AT_THE_CAMERA = 0.1
_SILENCE_WORTH_A_WORD = 5.0
# In exposures: a frame is read out too, and perhaps scanned slowly.
_SILENCE_OF_EXPOSURES = 3
# A buffer that is emptied within this time is watched with nothing else in mind.
_URGENT_S = 0.5
_MOST_OF_A_BUFFER = 1 / 3
_SHORTEST_INTERVAL = 0.001


class FrameDelivery:
    """Brings frames from a core to a link, until an experiment begins.

    Parameters
    ----------
    opened : OpenCore
        Micro-Manager's core.
    link : ParentLink
        To our own process.
    camera : ChosenCamera
        Of that core.
    experiment : ExperimentWatch
        Of the same Micro-Manager.
    our_run : OurRun
        Of the same Micro-Manager.
    mode : str
        See `MicroManagerOptions`; empty where that of the options is meant.
    resumption : Resumption or None
        Where to go on.
    """

    def __init__(
        self,
        opened: OpenCore,
        link: ParentLink,
        camera: ChosenCamera,
        *,
        experiment: ExperimentWatch,
        our_run: OurRun,
        mode: str,
        resumption: Resumption | None,
    ) -> None:
        self._core: Any = opened.core
        self._link = link
        self._experiment = experiment
        self._our_run = our_run
        self._resumption = resumption
        self._reader = ImageReader(opened.core, opened.metadata)
        self._control = CameraControl(self._core, opened.experiments)
        self._words = experiment.words
        self._urgent = self._gave_way = False
        running = bool(self._core.is_sequence_running())
        # The last image that was received of the run that runs now, if it is known.
        self._last: CoreImage | None = None
        self._goes_on = self._is_the_run_before()
        # What runs after an experiment, or was started while we were away, is not ours.
        follow = mode == "follow" or (
            running
            and not self._goes_on
            and ("auto" in (mode, link.options.mode) or experiment.had_one)
        )
        if follow:
            camera.check()
        else:
            camera.use()
        self._runs = FrameRuns(
            self._core,
            link,
            "follow" if follow else "acquire",
            versions=opened.versions,
            note=opened.note,
        )
        self._acquire: Acquire | None = None if follow else self._new_acquire()
        self._follow = self._new_follow()
        if follow and experiment.had_one and not running:
            self._set_status(ENDED_PRESS_LIVE)
        elif follow and running and mode != "follow" and not our_run.may_be_left_running:
            self._set_status(words.STARTED_WHILE_AWAY if resumption else words.RUNS_ALREADY)
        else:
            self._set_status("")

    @property
    def mode(self) -> str:
        """Whether it acquires or follows."""
        return self._runs.mode

    def run(self) -> None:
        """Send frames until the parent hangs up or an experiment begins."""
        last_came = looked = time.monotonic()
        self._link.meanwhile = self._give_way
        try:
            self._begin()
            while not (self._link.ending.is_set() or self._give_way()):
                came = self._pass_on_what_came()
                self._runs.tick()
                self._link.alive()
                now = time.monotonic()
                if came:
                    last_came = now
                    continue
                if now - looked > _LOOK_AT_THE_CAMERA:
                    looked = now
                    self._look_at_the_camera(now - last_came)
                self._link.ending.wait(_POLL)
        finally:
            self._link.be_patient(wire.LONG_PATIENCE)
            if self._acquire is not None:
                self._acquire.stop()
            self._our_run.end()
            self._link.meanwhile = None
        if self._gave_way:
            self._finish()
        elif not self._link.stopping.is_set():
            self._send_rest()

    def _give_way(self) -> bool:
        """Give the camera up once an experiment has begun; returns whether it came to that.

        Also called while the parent has no room for what we send. The experiment may have ended
        before it has.
        """
        if self._experiment.look() and not self._gave_way:
            self._gave_way = True
            if self._acquire is not None:
                self._link.be_patient(wire.LONG_PATIENCE, wait=False)
                self._acquire.stop()
                self._experiment.note_that_we_gave_up()
        return self._gave_way

    def _finish(self) -> None:
        """Send what came before the experiment, and tell that the camera was given up."""
        self._send_rest()
        if self._acquire is None:
            return
        # It may have ended while the parent had no room.
        self._experiment.look_at_once()
        if self._experiment.is_over:
            # The words that stand may be others before they are read.
            self._link.send_news(GAVE_UP_MEANWHILE)
        else:
            self._link.set_status(self._experiment.words)

    def _send_rest(self) -> None:
        """Send what is left of a run that has ended."""
        self._be_urgent(urgent=False)
        if self._acquire is None:
            # What came before the end was asked for.
            if self._link.ending.is_set():
                self._pass_on_what_came()
        else:
            left = self._core.get_remaining_image_count()
            if left > _FEW_IMAGES and self._link.ending.is_set():
                self._link.set_status(words.TAKING_THE_LAST.format(count=left))
            for image in self._acquire.rest():
                if self._link.stopping.is_set():
                    return
                self._runs.take(image, self._acquire.lost_to(image))
        self._runs.release()

    def _is_the_run_before(self) -> bool:
        """Whether what the buffer holds, or will, is of a run that an earlier client began.

        No frame of it need have been received; if one was, it becomes `_last`.
        """
        resumption = self._resumption
        if not self._core.get_camera_device():
            return False
        newest = self._reader.look(0) if self._core.get_remaining_image_count() else None
        last = resumption.last if resumption is not None else None
        runs = newest is not None or self._core.is_sequence_running()
        if runs and not self._experiment.had_one and self._our_run.is_of_this_source(newest):
            # By its note, and not by the times of one image, which may have been late.
            if last is not None and self._our_run.is_of_this_source(last):
                self._last = last
            return True
        if resumption is None or last is None:
            return False
        if newest is None:
            goes_on = bool(resumption.mode)
        elif newest.camera != last.camera:
            goes_on = not begun_after(last, newest)
        else:
            goes_on = succession(last, newest) is not Succession.ANOTHER
        self._last = last if goes_on else None
        return goes_on

    def _new_acquire(self) -> Acquire:
        return Acquire(
            self._core,
            self._reader,
            self._control,
            channels=self._runs.reading.channels,
            another_has_it=self._our_run.another_has_it,
        )

    def _new_follow(self) -> Follow:
        channels = self._runs.reading.channels
        return Follow(self._core, self._reader, self._runs.number, channels=channels)

    def _begin(self) -> None:
        """Begin, or go on where an earlier client was cut off."""
        resumption = self._resumption
        if self._acquire is None:
            if resumption is None:
                still = self._follow.stood_still
                # After an experiment nothing begins before there is a frame.
                waits_for_one = still and self._experiment.had_one
                self._runs.expect_a_new_run(from_its_start=still, announces=not waits_for_one)
            else:
                self._runs.go_on(resumption)
                self._follow.go_on_after(resumption.last)
        elif self._goes_on:
            running = bool(self._core.is_sequence_running())
            self._acquire.go_on(self._last, running=running)
            if resumption is not None and self._last is not None:
                self._runs.go_on(resumption)
            else:
                self._runs.expect_a_new_run(from_its_start=True, waits=False, was_away=True)
            self._our_run.go_on(self._last)
        else:
            agreed = self._link.options.mode == "acquire" and not self._experiment.had_one
            self._start(take_over=agreed)

    def _start(self, *, take_over: bool = False) -> None:
        """Start the camera; one that runs is followed, unless it is taken over."""
        self._runs.expect_a_new_run(from_its_start=True, waits=False)
        if self._acquire is None or self._link.ending.is_set():
            return
        self._link.be_patient(wire.LONG_PATIENCE)
        # Before the start: whatever ends this process in it, the run is known to be ours.
        self._our_run.begin()
        if not self._acquire.start(take_over=take_over):
            self._leave_the_camera_to_others(words.RUNS_ALREADY)
            self._runs.expect_a_new_run()
            return
        self._our_run.begin()

    def _pass_on_what_came(self) -> bool:
        """Send new images on; returns whether there were any of ours."""
        came = False
        taker = self._acquire or self._follow
        for image in taker.images():
            # Before the frame itself: whoever sees it sees that the words hold no more.
            if self._words in words.UNTIL_A_FRAME_COMES and self._runs.ours(image) is not None:
                self._set_status("")
            self._tell_urgency(taker)
            how = Succession.SAME
            if isinstance(taker, Acquire):
                taker.interval_s = self._runs.interval_s
                lost_to = taker.lost_to(image)
                if self._runs.number(image) is not None:
                    how = taker.how_it_follows(image)
            else:
                lost_to, how = taker.lost_to, taker.how
                if self._our_run.may_be_left_running and self._take_back(image):
                    return True
            if how is Succession.ANOTHER:
                # First: what another has started may be of a kind that is refused.
                self._leave_the_camera_to_others(self._our_run.who_started_anew())
                self._follow.go_on_after(image)
            came = self._runs.take(image, lost_to) or came
            if how is Succession.ANOTHER:
                break
            if how in words.OF_NEW_NUMBERS:
                self._link.send_news(words.OF_NEW_NUMBERS[how])
            if isinstance(taker, Acquire):
                self._our_run.note_start(image, anew=how in words.OF_NEW_NUMBERS)
            # What an acquiring client has not taken yet it takes once the camera stands still.
            if self._give_way() or (self._acquire is not None and self._link.ending.is_set()):
                break
        if isinstance(taker, Follow) and not came:
            self._runs.left_out.update(taker.others)
            taker.others.clear()
        return came

    def _take_back(self, image: CoreImage) -> bool:
        """Take a camera back that an earlier pssr-live could not stop."""
        left = self._our_run.was_left_running(image)
        if not left or self._link.options.mode == "follow":
            self._set_status(words.LEFT_RUNNING_AND_FOLLOWED if left else words.RUNS_ALREADY)
            return False
        self._acquire = self._new_acquire()
        self._runs.mode = "acquire"
        self._start(take_over=True)
        self._link.send_news(words.LEFT_RUNNING)
        return True

    def _tell_urgency(self, taker: Acquire | Follow) -> None:
        """Tell whether a buffer is about to be emptied, or we fall behind."""
        soon = _URGENT_S / max(self._runs.interval_s, _SHORTEST_INTERVAL)
        soon = min(soon, _MOST_OF_A_BUFFER * taker.capacity)
        self._be_urgent(urgent=taker.room < soon or taker.behind > soon / 2)

    def _be_urgent(self, *, urgent: bool) -> None:
        if urgent != self._urgent:
            self._urgent = urgent
            self._link.send(wire.URGENT, urgent=urgent)

    def _look_at_the_camera(self, silence: float) -> None:
        # A buffer that does not grow is not emptied.
        self._be_urgent(urgent=False)
        silence_worth_a_word = max(
            _SILENCE_WORTH_A_WORD,
            5 * self._runs.interval_s,
            _SILENCE_OF_EXPOSURES * self._runs.exposure_s,
        )
        silent = silence > silence_worth_a_word
        if silent and self._runs.about_left_out:
            self._words = words.LEFT_OUT
            self._link.set_status(self._runs.about_left_out)
        elif self._acquire is not None:
            if self._acquire.ended():
                if self._acquire.left_over or self._acquire.died_of_a_new_frame_size():
                    self._start()
                else:
                    self._leave_the_camera_to_others(words.STOPPED)
        elif not self._follow.running():
            stands_still = self._words in words.STANDS_STILL
            self._set_status(self._words if stands_still else words.PRESS_LIVE)
        if silent and not self._words:
            self._set_status(words.NO_FRAMES)

    def _leave_the_camera_to_others(self, why: str) -> None:
        if self._acquire is not None:
            self._acquire.hand_over()
        self._acquire = None
        self._our_run.end()
        self._runs.mode = "follow"
        self._follow = self._new_follow()
        self._set_status(why)

    def _set_status(self, said: str) -> None:
        if said != self._words:
            self._words = said
            self._link.set_status(said)
