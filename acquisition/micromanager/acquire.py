"""The mode in which we run the camera and take every frame out of the buffer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from acquisition.micromanager.camera import read_geometry
from acquisition.micromanager.control import CameraControl
from acquisition.micromanager.follow import begun_later
from acquisition.micromanager.image import CoreImage, ImageReader


class Acquire:
    """Runs a continuous sequence and pops all of it.

    Parameters
    ----------
    core : Any
        Micro-Manager's core.
    reader : ImageReader
        On that core.
    control : CameraControl
        Of that core.

    Attributes
    ----------
    behind : int
        Images that have come and are still to be taken.
    room : int
        How many more images the buffer holds: then it is emptied, with what was not taken.
    capacity : int
        Of the buffer, in images.
    """

    def __init__(self, core: Any, reader: ImageReader, control: CameraControl) -> None:
        self._core = core
        self._reader = reader
        self._control = control
        self._geometry = (0, 0, 0)
        self._ours = False
        self._last: CoreImage | None = None
        self.behind = self.room = self.capacity = 0

    def start(self) -> None:
        """Begin, on an empty buffer: old images would be read with the new frame size.

        Raises
        ------
        ExperimentRunning
            If Micro-Manager runs an experiment.
        """
        if self._core.is_sequence_running():
            self._control.stop()
        self._control.clear_buffer()
        self._geometry = read_geometry(self._core)
        self._control.start()
        self._last = None
        self.room = self.capacity = self._core.get_buffer_total_capacity()
        self._ours = True

    def images(self) -> Iterator[CoreImage]:
        """Take out what has come, one by one: who finds that the run is not ours any more stops."""
        count = self._core.get_remaining_image_count()
        self.room = self.capacity - count
        for taken in range(count):
            image = self._reader.pop() if self._ours else None
            if image is None:
                return
            self.behind = count - taken - 1
            self._last = image
            yield image

    def rest(self) -> Iterator[CoreImage]:
        """Take out what our run has left when it was stopped, until another sequence runs."""
        while not self._core.is_sequence_running() and self._core.get_remaining_image_count():
            image = self._reader.pop()
            if image is None or (self._last is not None and begun_later(self._last, image)):
                return
            self._last = image
            yield image

    def ended(self) -> bool:
        """Whether the sequence was stopped and nothing of it is left."""
        return not (self._core.is_sequence_running() or self._core.get_remaining_image_count())

    def died_of_a_new_frame_size(self) -> bool:
        """Whether the frame size was changed while it ran, which ends a run without an error."""
        return read_geometry(self._core) != self._geometry

    def hand_over(self) -> None:
        """Leave the camera to somebody else, who stopped our run."""
        self._ours = False

    def stop(self) -> None:
        """Stop the camera if it still runs for us."""
        if self._ours and self._core.is_sequence_running() and not self._begun_by_another():
            self._control.stop_ours()
        self._ours = False

    def _begun_by_another(self) -> bool:
        """Whether the newest image is of a run that was begun after ours."""
        last = self._last
        if last is None or not self._core.get_remaining_image_count():
            return False
        newest = self._reader.look(0)
        return newest is not None and begun_later(last, newest)
