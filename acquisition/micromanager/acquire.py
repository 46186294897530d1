"""The mode in which we run the camera and take every frame out of the buffer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from acquisition.micromanager.camera import read_geometry
from acquisition.micromanager.control import CameraControl
from acquisition.micromanager.gaps import why_missing
from acquisition.micromanager.image import CoreImage, ImageReader
from acquisition.micromanager.runs import Succession, begun_after, succession
from acquisition.micromanager.start_delay import StartDelay

# From the time of so many images that of the first can be told.
_FEW_IMAGES = 5
# The first of a run stay in the buffer until they tell its interval, for so long at most: should
# this process be killed meanwhile, its successor finds them there.
_FRAMES_THAT_TELL_THE_INTERVAL = 3
_LONGEST_WAIT_FOR_THEM = 1.0


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
    channels : int
        Of the camera.
    another_has_it : callable
        Whether somebody is known to have started the camera after us.

    Attributes
    ----------
    behind : int
        Images that have come and are still to be taken.
    room : int
        How many more images the buffer holds: then it is emptied, with what was not taken.
    capacity : int
        Of the buffer, in images.
    interval_s : float
        From frame to frame; 0 while not known.
    left_over : bool
        Whether the run had ended already when we came back to it: its last images are taken.
    """

    def __init__(
        self,
        core: Any,
        reader: ImageReader,
        control: CameraControl,
        *,
        channels: int,
        another_has_it: Callable[[], bool],
    ) -> None:
        self._core = core
        self._reader = reader
        self._control = control
        self._channels = channels
        self._another_has_it = another_has_it
        self._delay, self._exposure_ms, self._step_ms = StartDelay(), 0.0, 0.0
        self._geometry = (0, 0, 0)
        self._pixel_kind = (0, 0)
        self._ours = self._takes = False
        # Whether the camera was seen to stand still: what runs then is started by somebody else.
        self._stood_still = False
        # The last image that was taken, by the physical camera's label.
        self._last: dict[str, CoreImage] = {}
        # The first image of a run, seen and not taken yet, and when it is taken at the latest.
        self._first: CoreImage | None = None
        self._take_at = 0.0
        self._waits = False
        self.behind = self.room = self.capacity = 0
        self.interval_s = 0.0
        self.left_over = False

    def start(self, *, take_over: bool) -> bool:
        """Begin, on an empty buffer: old images would be read with the new frame size.

        Parameters
        ----------
        take_over : bool
            Whether a camera that runs is stopped for it.

        Returns
        -------
        bool
            Whether it has begun; False where the camera runs for somebody else.

        Raises
        ------
        ExperimentRunning
            If Micro-Manager runs an experiment.
        """
        if self._core.is_sequence_running():
            if not take_over:
                return False
            self._control.stop()
        self._control.clear_buffer()
        # A change in between ends the run, and is seen by it.
        self._geometry = read_geometry(self._core)
        self._exposure_ms = float(self._core.get_exposure())
        self._delay, self._step_ms = StartDelay(), 0.0
        self._stood_still = False
        self._control.start()
        self._ours = self._takes = True
        self.left_over = False
        self._last, self._first, self._waits = {}, None, True
        self._note_what_runs()
        return True

    def go_on(self, last: CoreImage | None, *, running: bool) -> None:
        """Take up a run of ours again, with all that its buffer still holds.

        Parameters
        ----------
        last : CoreImage or None
            The last one that was received of it; None if none was.
        running : bool
            Whether the camera still runs.
        """
        self._geometry = read_geometry(self._core)
        self._exposure_ms = float(self._core.get_exposure())
        self._note_what_runs()
        self._ours, self.left_over = running, not running
        self._takes = True
        self._waits = last is None
        self._last = {last.camera: last} if last is not None else {}

    def images(self) -> Iterator[CoreImage]:
        """Take out what has come, one by one: who finds that the run is not ours any more stops."""
        count = self._core.get_remaining_image_count()
        self.room = self.capacity - count
        if not count and self._takes and not self._core.is_sequence_running():
            self._stood_still = True
        if self._waits and self._is_to_wait(count):
            return
        for taken in range(count):
            image = self._reader.pop() if self._takes else None
            if image is None:
                return
            self.behind = count - taken - 1
            try:
                yield image
            finally:
                self._keep(image)

    def rest(self) -> Iterator[CoreImage]:
        """Take out what our run has left when it was stopped, until another sequence runs."""
        while not self._core.is_sequence_running() and self._core.get_remaining_image_count():
            image = self._reader.pop()
            if image is None or self.how_it_follows(image) is Succession.ANOTHER:
                return
            yield image
            self._keep(image)

    def how_it_follows(self, image: CoreImage) -> Succession:
        """Judge whether an image that was just taken, or looked at, is of our run.

        Returns
        -------
        Succession
            ``RENUMBERED`` or ``UNCLEAR`` where a camera's times begin anew with the numbers, but
            nothing shows that somebody has started it: what we have started stays ours.
        """
        last = self._last.get(image.camera)
        if last is None:
            if any(begun_after(other, image) for other in self._last.values()):
                return Succession.ANOTHER
            anew = self._first is not None and begun_after(self._first, image)
            return self._whose_new_numbers(image) if anew else Succession.SAME
        how = succession(last, image)
        if how is Succession.ANOTHER:
            how = self._whose_new_numbers(image)
        if how in (Succession.RENUMBERED, Succession.UNCLEAR):
            self.capacity = self._core.get_buffer_total_capacity()
        return how

    def lost_to(self, image: CoreImage) -> str:
        """Say what has become of images that are missing before this one, see `gaps`."""
        last = self._last.get(image.camera)
        if last is None or image.number > last.number:
            missing = image.number - (last.number + 1 if last is not None else 0)
        else:
            # It counts from 0 again, in a buffer that may have another size.
            missing, self.capacity = image.number, self._core.get_buffer_total_capacity()
        return why_missing(missing, 0, self.capacity, channels=self._channels)

    def ended(self) -> bool:
        """Whether the sequence was stopped and nothing of it is left."""
        return not (self._core.is_sequence_running() or self._core.get_remaining_image_count())

    def died_of_a_new_frame_size(self) -> bool:
        """Whether the frame size was changed while it ran, which ends a run without an error."""
        return read_geometry(self._core) != self._geometry

    def hand_over(self) -> None:
        """Leave the camera to somebody else, who stopped our run."""
        self._ours = self._takes = False

    def stop(self) -> None:
        """Stop the camera if it still runs for us."""
        if self._ours and self._core.is_sequence_running() and not self._runs_for_others():
            self._control.stop_ours()
        self._ours = self._takes = False

    def _is_to_wait(self, count: int) -> bool:
        """Whether the first images of a run are to stay in the buffer for a moment."""
        now = time.monotonic()
        if self._first is None:
            self._take_at = now + _LONGEST_WAIT_FOR_THEM
            self._first = self._reader.look(0) if count else None
        enough = min(_FRAMES_THAT_TELL_THE_INTERVAL * self._channels, self.capacity // 2)
        self._waits = count < enough and (self._first is None or now < self._take_at)
        return self._waits

    def _note_what_runs(self) -> None:
        self._pixel_kind = self._read_pixel_kind()
        self.room = self.capacity = self._core.get_buffer_total_capacity()

    def _read_pixel_kind(self) -> tuple[int, int]:
        return self._core.get_bytes_per_pixel(), self._core.get_number_of_components()

    def _keep(self, image: CoreImage) -> None:
        """Keep an image as the last one of its camera."""
        last = self._last.get(image.camera)
        if last is None and image.number < self._channels:
            self._delay.note(image.elapsed_ms, self._exposure_ms)
        elif last is not None and image.number == last.number + self._channels:
            self._step_ms = image.elapsed_ms - last.elapsed_ms
        self._last[image.camera] = image

    def _whose_new_numbers(self, image: CoreImage) -> Succession:
        """Judge numbers and times that begin anew: what nobody is seen to have started is ours."""
        if self._stood_still or self._another_has_it():
            return Succession.ANOTHER
        if self._core.get_buffer_total_capacity() != self.capacity:
            return Succession.RENUMBERED
        before = image.number // self._channels
        if before > _FEW_IMAGES:
            return Succession.UNCLEAR
        step_ms = max(1000 * self.interval_s, self._step_ms)
        exposure_ms = float(self._core.get_exposure())
        first_ms = image.elapsed_ms - before * step_ms
        if self._delay.excludes_a_start(first_ms, exposure_ms, step_ms):
            return Succession.RENUMBERED
        if self._delay.shows_a_start(first_ms, exposure_ms, step_ms):
            return Succession.ANOTHER
        return Succession.UNCLEAR

    def _runs_for_others(self) -> bool:
        """Whether somebody has started the camera anew and we have not seen it yet."""
        newest = self._reader.look(0) if self._core.get_remaining_image_count() else None
        if newest is not None and self.how_it_follows(newest) is Succession.ANOTHER:
            return True
        # A camera that runs keeps the kind of its pixels.
        return self._read_pixel_kind() != self._pixel_kind
