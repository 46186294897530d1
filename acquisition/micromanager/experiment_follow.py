"""Micro-Manager's experiments, found where they keep their images and followed to their ends."""

from __future__ import annotations

import time

from acquisition.micromanager import wire
from acquisition.micromanager.camera import read_camera
from acquisition.micromanager.core import OpenCore
from acquisition.micromanager.experiment_watch import ExperimentWatch
from acquisition.micromanager.followed_experiment import FollowedExperiment
from acquisition.micromanager.image_store import ImageStore, find_stores
from acquisition.micromanager.our_run import OurRun
from acquisition.micromanager.parent_link import ParentLink
from acquisition.micromanager.resumption import Resumption

# To ask whether there is a new image takes 0.15 ms, to look for an experiment's window several.
_LOOK_FOR_IMAGES = 0.02
_LOOK_FOR_ITS_WINDOW, _LOOK_SELDOM = 0.1, 1.0
_TIME_FOR_ITS_WINDOW = 3.0
# A store that is never frozen has all its images so long after the experiment's end.
_NO_MORE_IMAGES = 5.0
# What ended before its window was found began so many seconds ago at most.
_LATELY = 60.0

LOST = (
    "The experiment that was followed can no longer be found in Micro-Manager: {words} were "
    "fetched, and those are safe."
)


class ExperimentFollow:
    """Follows one experiment after another; looks at Micro-Manager, and touches nothing.

    Parameters
    ----------
    opened : OpenCore
        Micro-Manager's core.
    link : ParentLink
        To our own process.
    watch : ExperimentWatch
        Of the same Micro-Manager.
    our_run : OurRun
        Notes which Java objects are held.
    """

    def __init__(
        self, opened: OpenCore, link: ParentLink, *, watch: ExperimentWatch, our_run: OurRun
    ) -> None:
        self._opened = opened
        self._link = link
        self._watch = watch
        self._our_run = our_run
        self._current: FollowedExperiment | None = None
        self._over_since: float | None = None
        self._look_at = self._look_for_window_at = 0.0
        self._began: float | None = None
        self._from_its_start = True
        # Those that had ended before we came, or were followed to their ends.
        self._done = {one.summary.name for one in self._stores() if one.is_frozen()}

    @property
    def follows(self) -> bool:
        """Whether there is an experiment whose images may still come."""
        return self._current is not None

    def go_on(self, resumption: Resumption) -> None:
        """Go on with an experiment where an earlier client was cut off, if it is still there."""
        progress = resumption.experiment
        if progress is None:
            return
        store = next((one for one in self._stores() if one.summary.name == progress.name), None)
        if store is None:
            self._link.send_news(LOST.format(words=progress.words))
            self._link.send(wire.ENDED)
            return
        self._current = self._follow(store)
        self._current.go_on(progress, resumption.frame)

    def join(self) -> None:
        """Take part in an experiment that ran before we came."""
        self._from_its_start = False
        self.look()

    def look(self) -> None:
        """Fetch what has come; find an experiment's images, or note its end. Call it often."""
        now = time.monotonic()
        if now < self._look_at or not self._opened.experiments.has_windows:
            return
        if self._current is None and not self._watch.is_over:
            self._find(now)
        elif self._current is None and self._began is not None:
            # It was over before its window was found.
            self._look_for_window_at = 0.0
            self._find(now)
            self._began = None
        if self._current is not None:
            came = self._current.fetch()
            self._watch.about_images = self._current.words
            self._end_if_due(self._current, now, came=came)
        self._look_at = time.monotonic() + _LOOK_FOR_IMAGES

    def finish(self) -> None:
        """Fetch what an experiment that has ended has left; of one that runs on, what is there."""
        while not self._link.stopping.is_set():
            self.look()
            if self._link.ending.is_set() or (self._current is None and self._began is None):
                return
            self._link.alive()
            self._link.ending.wait(_LOOK_FOR_IMAGES)

    def _find(self, now: float) -> None:
        if self._began is None:
            self._began = now
            self._watch.about_images = ""
        if now < self._look_for_window_at:
            return
        late = now - self._began > _TIME_FOR_ITS_WINDOW
        self._look_for_window_at = now + (_LOOK_SELDOM if late else _LOOK_FOR_ITS_WINDOW)
        store = next(filter(self._is_the_one, self._stores()), None)
        if store is not None:
            self._current = self._follow(store)
            self._current.begin(from_its_start=self._from_its_start)
        elif late:
            self._watch.about_images = None

    def _is_the_one(self, store: ImageStore) -> bool:
        """Whether it belongs to the experiment that runs, or did just now."""
        if store.summary.name in self._done:
            return False
        # Windows of old data may have been opened meanwhile.
        return not store.is_frozen() or (
            self._watch.is_over and store.summary.seconds_since_start < _LATELY
        )

    def _stores(self) -> list[ImageStore]:
        experiments = self._opened.experiments
        return find_stores(experiments.open_studio()) if experiments.has_windows else []

    def _follow(self, store: ImageStore) -> FollowedExperiment:
        reading = read_camera(self._opened.core, self._link.options)
        summary = store.summary
        settings = {
            "mode": "follow",
            **self._opened.versions,
            **reading.settings,
            "experiment": summary.prefix,
            "experiment_started": summary.started,
        }
        if self._opened.note or reading.note:
            settings["note"] = f"{self._opened.note} {reading.note}".strip()
        self._our_run.note_objects()
        self._over_since = None
        return FollowedExperiment(store, self._link, reading, settings=settings)

    def _end_if_due(self, current: FollowedExperiment, now: float, *, came: bool) -> None:
        if not self._watch.is_over and not current.closed:
            self._over_since = None
            return
        if came or self._over_since is None:
            self._over_since = now
        if not current.is_complete() and now - self._over_since < _NO_MORE_IMAGES:
            return
        self._done.add(current.progress.name)
        self._current = self._began = None
        self._from_its_start = True
        self._watch.about_images = None
        current.tell_its_end()
        del current
        self._our_run.note_objects()
