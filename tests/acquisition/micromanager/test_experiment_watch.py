"""When the camera is left to an experiment, and what is said of it, by a clock of our own."""

from __future__ import annotations

from acquisition.micromanager.experiment import Experiments
from acquisition.micromanager.experiment_watch import (
    ENDED,
    ENDED_SOON,
    FETCHED,
    GAVE_UP,
    ExperimentWatch,
)


class Acquisitions:
    """Says what it was told to say."""

    def __init__(self) -> None:
        self.running = self.paused = False

    def is_acquisition_running(self) -> bool:
        return self.running

    def is_paused(self) -> bool:
        return self.paused


class Scene:
    """A watch, a clock and a camera."""

    def __init__(self) -> None:
        self.acquisitions = Acquisitions()
        self.now = 100.0
        self.sequence_runs = False
        self.watch = ExperimentWatch(
            Experiments(self.acquisitions), lambda: self.sequence_runs, lambda: self.now
        )
        assert not self.watch.look()

    def after(self, seconds: float) -> bool:
        """Look again after a time."""
        self.now += seconds
        return self.watch.look()

    def give_up(self) -> None:
        """Let an experiment begin while we have the camera."""
        self.acquisitions.running = True
        assert self.after(1)
        self.watch.note_that_we_gave_up()
        assert self.watch.words.startswith(GAVE_UP)


def test_after_an_experiment_the_camera_rests_for_a_moment() -> None:
    scene = Scene()
    scene.give_up()
    assert scene.after(60)
    scene.acquisitions.running = False
    assert scene.after(1)
    assert scene.watch.words == ENDED
    assert scene.after(1)
    assert not scene.after(5)


def test_an_experiment_that_may_have_failed_because_of_us_can_be_started_again() -> None:
    scene = Scene()
    scene.give_up()
    scene.acquisitions.running = False
    assert scene.after(1)
    assert scene.watch.words == ENDED_SOON
    assert scene.after(25)
    scene.acquisitions.running = True
    assert scene.after(1)
    assert "has begun" in scene.watch.words
    scene.acquisitions.running = False
    assert scene.after(2)
    assert scene.watch.words == ENDED
    assert not scene.after(5)


def test_that_it_is_over_is_known_before_the_camera_is_free_again() -> None:
    scene = Scene()
    scene.give_up()
    assert not scene.watch.is_over
    scene.acquisitions.running = False
    assert scene.after(1)
    assert scene.watch.is_over


def test_a_camera_that_somebody_starts_after_an_experiment_is_followed_at_once() -> None:
    scene = Scene()
    scene.acquisitions.running = True
    assert scene.after(1)
    scene.acquisitions.running = False
    assert scene.after(1)
    scene.sequence_runs = True
    assert not scene.after(0.1)


def test_who_never_starts_the_camera_goes_on_at_once() -> None:
    scene = Scene()
    scene.watch.starts_the_camera = False
    scene.acquisitions.running = True
    assert scene.after(1)
    scene.acquisitions.running = False
    assert not scene.after(1)


def test_a_paused_experiment_keeps_the_camera_and_is_called_paused() -> None:
    scene = Scene()
    scene.acquisitions.running = True
    assert scene.after(1)
    scene.acquisitions.paused = True
    assert scene.after(1)
    assert "is paused and still has the camera" in scene.watch.words
    scene.acquisitions.paused = False
    assert scene.after(1)
    assert "has begun" in scene.watch.words


def test_an_experiment_that_fetches_its_frames_is_told_from_one_that_snaps() -> None:
    scene = Scene()
    scene.acquisitions.running = True
    assert scene.after(1)
    assert FETCHED not in scene.watch.words
    scene.sequence_runs = True
    assert scene.after(1)
    scene.sequence_runs = False
    assert scene.after(1)
    assert FETCHED in scene.watch.words


def test_a_program_without_experiments_never_takes_the_camera() -> None:
    watch = ExperimentWatch(Experiments(None), lambda: True)
    assert not watch.look()
    assert not watch.look_at_once()
