"""Whose run of the camera it is: ours, an earlier pssr-live's, another's."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from acquisition.micromanager import words
from acquisition.micromanager.handles import Handle, held, release
from acquisition.micromanager.image import CoreImage
from acquisition.micromanager.live_mode import live_is_on
from acquisition.micromanager.run_notes import (
    ClientRun,
    RunNote,
    another_acquires,
    read_left,
    take_away,
)


class OurRun:
    """Keeps the note of our run, and knows those of others.

    Parameters
    ----------
    port : int
        Of Micro-Manager; 0 for a core of our own, which ends with us.
    source : str
        Name of the source that is served, see `ClientRun`.

    Attributes
    ----------
    camera_before : str
        The camera that Micro-Manager used before ours; empty if it was left.
    """

    def __init__(self, port: int, source: str) -> None:
        self._port = port
        self._source = source
        self._note = RunNote(port, source)
        # Runs of clients that are no more, by their notes: those stay until it is known whether
        # the camera runs on, whatever ends this client before.
        self._left: dict[Path, ClientRun] = {}
        self._stale: tuple[Handle, ...] = ()
        self._exact = self._live_was_on = False
        self.camera_before = ""

    def connected(self) -> None:
        """Note what is held in Micro-Manager, by us and by clients that are no more."""
        left = read_left(self._port)
        self._left = {path: run for path, run in left.items() if run.acquiring}
        self._stale = tuple({handle for run in left.values() for handle in run.handles})
        before = [run.camera_before for run in left.values() if run.camera_before]
        self.camera_before = before[0] if before else ""
        self._note.change(
            handles=(*held(self._port), *self._stale), camera_before=self.camera_before
        )
        take_away(path for path in left if path not in self._left)

    def use_another_camera(self, before: str) -> None:
        """Note which camera is to be put back."""
        self.camera_before = before
        self._note.change(camera_before=before)

    def note_objects(self) -> None:
        """Note which objects are held now."""
        self._note.change(handles=(*held(self._port), *self._stale))

    def begin(self) -> None:
        """Note a run by the time of this computer, until an image tells of it."""
        self._exact = False
        # An earlier Live stays on, as Micro-Manager has it, where its sequence was taken over.
        self._live_was_on = bool(self._port) and live_is_on(self._port)
        self._note.change(acquiring=True, began=datetime.now().isoformat())
        self._settle()

    def go_on(self, last: CoreImage | None) -> None:
        """Note a run that an earlier client of this source began.

        Parameters
        ----------
        last : CoreImage or None
            Its last image that was received.
        """
        began = next((run.began for run in self._of_this_source()), "")
        self.begin()
        if last is not None:
            self.note_start(last)
        elif began:
            self._note.change(began=began)

    def note_start(self, image: CoreImage, *, anew: bool = False) -> None:
        """Note when our run began, by its first image or one whose times begin anew."""
        began = image.run_began
        if began is not None and (anew or not self._exact):
            self._exact = True
            self._note.change(acquiring=True, began=began.isoformat())

    def end(self) -> None:
        """Note that the camera does not run for us."""
        self._note.change(acquiring=False, began="")

    @property
    def may_be_left_running(self) -> bool:
        """Whether a camera that runs may be one that an earlier pssr-live could not stop."""
        return bool(self._left)

    def was_left_running(self, image: CoreImage) -> bool:
        """Whether an image is of a run that an earlier pssr-live could not stop."""
        left = any(run.holds(image) for run in self._left.values())
        self._settle()
        return left

    def is_of_this_source(self, image: CoreImage | None) -> bool:
        """Whether an image is of a run that an earlier client of this source began.

        Parameters
        ----------
        image : CoreImage or None
            None where none has come yet of the run that is meant.
        """
        runs = self._of_this_source()
        if image is None:
            return bool(runs) and not live_is_on(self._port)
        return any(run.holds(image) for run in runs)

    def another_has_it(self) -> bool:
        """Whether somebody is known to have started the camera since our run began."""
        if not self._port:
            return False
        pressed = not self._live_was_on and live_is_on(self._port)
        return pressed or another_acquires(self._port, self._note)

    def who_started_anew(self) -> str:
        """Say who has stopped our run and started another."""
        if self._port and another_acquires(self._port, self._note):
            return words.STARTED_BY_ANOTHER_PSSR_LIVE
        live = bool(self._port) and live_is_on(self._port)
        return words.LIVE_PRESSED if live else words.STARTED_BY_ANOTHER

    def _of_this_source(self) -> list[ClientRun]:
        return [run for run in self._left.values() if run.source == self._source]

    def _settle(self) -> None:
        """Take away the notes of runs that are known to have ended, or to be ours now."""
        take_away(self._left)
        self._left = {}

    def let_go(self, seconds: float) -> None:
        """Let Micro-Manager forget all that is ours there, and take the note away."""
        # Not by the bridge, which waits for ever after an exception of the server.
        if not self._port or release(self._port, {*held(self._port), *self._stale}, seconds):
            self._note.forget()
