"""When the camera belongs to an experiment of Micro-Manager, and what the user is told of it."""

from __future__ import annotations

import time
from collections.abc import Callable

from acquisition.micromanager.experiment import Experiments, ExperimentState

# The camera has to be free when an experiment takes its first picture. To ask takes 0.2 ms.
_LOOK_AGAIN = 0.02
# What an experiment has changed is put back by Micro-Manager before we start the camera again.
_REST = 3.0
# One that ended so soon may have failed because we had the camera: the user begins it once more.
_SOON = 5.0
_REST_FOR_ANOTHER_TRY = 30.0

IS_RUNNING = (
    "An experiment is running in Micro-Manager, and nothing is touched there until it ends."
)
BEGAN = "An experiment has begun in Micro-Manager, and nothing is touched there until it ends."
GAVE_UP = (
    "An experiment has begun in Micro-Manager: pssr-live has given up the camera. "
    "If the experiment failed, start it again."
)
GAVE_UP_MEANWHILE = (
    "pssr-live has given up the camera to an experiment in Micro-Manager, which has ended since."
)
PAUSED = (
    "The experiment in Micro-Manager is paused and still has the camera: nothing is touched there "
    "until it ends."
)
NOT_SHOWN = "Its pictures can't be shown here."
FETCHED = "It fetches each frame as soon as it comes, so its pictures can't be shown here."
GOES_ON = "pssr-live goes on by itself afterwards."
ENDED = "The experiment in Micro-Manager has ended; the camera is started again in a moment."
ENDED_SOON = (
    "The experiment in Micro-Manager ended after a few seconds. If it failed, start it again now: "
    f"the camera is left alone for {_REST_FOR_ANOTHER_TRY:.0f} s."
)
ENDED_PRESS_LIVE = "The experiment in Micro-Manager has ended: press Live there to go on."


class ExperimentWatch:
    """Tells when the camera is to be left alone; looked at often, it asks every 20 ms.

    Parameters
    ----------
    experiments : Experiments
        Of Micro-Manager.
    sequence_runs : callable
        Whether the core runs a sequence now.
    clock : callable
        Seconds.

    Attributes
    ----------
    camera_is_taken : bool
        Whether an experiment has the camera, or has had it until just now.
    had_one : bool
        Whether there was one at any time.
    starts_the_camera : bool
        Whether we would start it after an experiment: then it is given a moment's rest, unless
        somebody else starts it.
    about_images : str or None
        What is to be said of its images; None where they can't be had.
    """

    def __init__(
        self,
        experiments: Experiments,
        sequence_runs: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._experiments = experiments
        self._sequence_runs = sequence_runs
        self._clock = clock
        self._state = ExperimentState.NONE
        self._first_words = ""
        self._looked = self._gave_up = self._fetches = False
        self._look_at = self._began = self._free_at = 0.0
        self.camera_is_taken = self.had_one = False
        self.starts_the_camera = True
        self._words = ""
        self.about_images: str | None = None

    @property
    def words(self) -> str:
        """For the user; empty where there is nothing to say."""
        if self._state is ExperimentState.NONE:
            return self._words
        return self._about_a_running_one()

    def look(self) -> bool:
        """Ask, if it is time; returns `camera_is_taken`."""
        now = self._clock()
        if now >= self._look_at:
            self._look_at = now + _LOOK_AGAIN
            before, self._state = self._state, self._experiments.state()
            if self._state is not ExperimentState.NONE:
                self._note_one(before, now)
            elif before is not ExperimentState.NONE:
                self._note_its_end(now)
                self.camera_is_taken = self.starts_the_camera
            elif self.camera_is_taken and (now >= self._free_at or self._sequence_runs()):
                self.camera_is_taken = False
            self._looked = True
        return self.camera_is_taken

    def look_at_once(self) -> bool:
        """Ask in any case: a call has just been refused because of an experiment."""
        self._look_at = 0.0
        return self.look()

    @property
    def is_over(self) -> bool:
        """Whether none ran when Micro-Manager was last asked."""
        return self._state is ExperimentState.NONE

    def note_that_we_gave_up(self) -> None:
        """Take note, before `look` can see its end, that the camera was ours when it began."""
        self._gave_up = True
        self._first_words = GAVE_UP
        self._words = self._about_a_running_one()

    def _note_one(self, before: ExperimentState, now: float) -> None:
        if before is ExperimentState.NONE:
            self._began = now
            self._first_words = BEGAN if self._looked else IS_RUNNING
            self._gave_up = self._fetches = False
        else:
            # Not at the first look: the sequence may be ours, to be given up.
            self._fetches = self._fetches or self._sequence_runs()
        self.camera_is_taken = self.had_one = True
        self._words = self._about_a_running_one()

    def _note_its_end(self, now: float) -> None:
        failed_perhaps = self._gave_up and now - self._began < _SOON
        self._free_at = now + (_REST_FOR_ANOTHER_TRY if failed_perhaps else _REST)
        self._words = ENDED_SOON if failed_perhaps else ENDED

    def _about_a_running_one(self) -> str:
        first = PAUSED if self._state is ExperimentState.PAUSED else self._first_words
        images = self.about_images
        if images is None:
            images = FETCHED if self._fetches else NOT_SHOWN
        return " ".join(filter(None, (first, images, GOES_ON)))
