"""Whose run of the camera it is: ours, an earlier pssr-live's, another's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from acquisition.micromanager import words
from acquisition.micromanager.handles import Handle, held, release
from acquisition.micromanager.image import CoreImage
from acquisition.micromanager.live_mode import live_is_on
from acquisition.micromanager.run_notes import Run, RunNote, another_acquires, take_left


class OurRun:
    """Keeps the note of our run, and knows those of others.

    Parameters
    ----------
    port : int
        Of Micro-Manager; 0 for a core of our own, which ends with us.

    Attributes
    ----------
    camera_before : str
        The camera that Micro-Manager used before ours; empty if it was left.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._note = RunNote(port)
        self._left: Sequence[Run] = ()
        self._stale: tuple[Handle, ...] = ()
        self._exact = self._live_was_on = False
        self.camera_before = ""

    def connected(self) -> None:
        """Note what is held in Micro-Manager, by us and by clients that are no more."""
        left = take_left(self._port)
        self._left = [run for run in left if run.acquiring]
        self._stale = tuple(handle for run in left for handle in run.handles)
        self.camera_before = next((run.camera_before for run in left if run.camera_before), "")
        self._note.change(
            handles=(*held(self._port), *self._stale), camera_before=self.camera_before
        )

    def use_another_camera(self, before: str) -> None:
        """Note which camera is to be put back."""
        self.camera_before = before
        self._note.change(camera_before=before)

    def begin(self) -> None:
        """Note a run by the time of this computer, until an image tells of it."""
        self._exact = False
        # An earlier Live stays on, as Micro-Manager has it, where its sequence was taken over.
        self._live_was_on = bool(self._port) and live_is_on(self._port)
        self._note.change(acquiring=True, began=datetime.now().isoformat())

    def tell(self, image: CoreImage, *, anew: bool = False) -> None:
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
        left, self._left = self._left, ()
        return any(run.holds(image) for run in left)

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

    def let_go(self, seconds: float) -> None:
        """Let Micro-Manager forget all that is ours there, and take the note away."""
        # Not by the bridge, which waits for ever after an exception of the server.
        if not self._port or release(self._port, {*held(self._port), *self._stale}, seconds):
            self._note.forget()
