"""Turns the core's images into frames of a known format, run by run."""

from __future__ import annotations

import math
import time
from collections import Counter
from typing import Any

import numpy as np

from acquisition.errors import SourceError
from acquisition.micromanager import wire
from acquisition.micromanager.camera import CameraReading, read_camera
from acquisition.micromanager.gaps import AWAY
from acquisition.micromanager.image import CoreImage
from acquisition.micromanager.parent_link import ParentLink
from acquisition.micromanager.resumption import Resumption
from acquisition.micromanager.runs import restarted

# Zoom and exposure alter nothing in a frame, so they are looked up from time to time.
_READ_AGAIN = 1.0
_FRAMES_THAT_TELL_THE_INTERVAL = 3
_LONGEST_WAIT_FOR_THE_INTERVAL = 1.0
# So many starts of the camera, one for each frame, are none.
_MOST_RUNS_OF_ONE_FRAME = 5

MISFIT = "that are not of the size that Micro-Manager states were left out."


class FrameRuns:
    """Sends frames, and before them the format that they have.

    A run is what lies between two starts of the camera, or two changes of the format. The first
    frames of a run are held back until they tell its interval, for a second at most; not where
    they were waited for before they were taken out of the buffer, see `Acquire`.

    Parameters
    ----------
    core : Any
        Micro-Manager's core.
    link : ParentLink
        To our own process.
    mode : str
        ``acquire`` or ``follow``, for the record.
    versions : dict of str to str
        Of Micro-Manager, for the record.
    note : str
        What the user should know; empty if nothing.

    Attributes
    ----------
    left_out : Counter of str
        Images of other cameras and channels that came since the last one of ours, by label.
    """

    def __init__(
        self, core: Any, link: ParentLink, mode: str, *, versions: dict[str, str], note: str
    ) -> None:
        self.mode = mode
        self._note = note
        self._core = core
        self._link = link
        self._versions = versions
        self._last: CoreImage | None = None
        self._began_ms = 0.0
        self._held: list[tuple[CoreImage, str]] | None = None
        self._held_until = 0.0
        self._waits = True
        # Number of the next frame, if none is missing; None where nobody can tell.
        self._next: int | None = None
        self._interval_s: float | None = None
        self._announce_at = math.inf
        self._misfits = 0
        self._tell_misfits_at = 0.0
        self._was_away = False
        self._runs_of_one_frame = 0
        self.left_out: Counter[str] = Counter()
        self.reading = self._read()

    @property
    def _camera(self) -> str:
        """Label of the camera that is asked for, or else of the one that is used."""
        return self._link.options.camera or self.reading.camera

    def ours(self, image: CoreImage) -> int | None:
        """Index of an image in the chosen channel; None for another channel or camera."""
        if image.channel(self._camera) != self._link.options.channel:
            return None
        return image.index(self._camera, self.reading.channels)

    def number(self, image: CoreImage) -> int | None:
        """Place of an image in the numbering that our channel belongs to; None for another's."""
        if image.camera in ("", self._camera) or self.ours(image) is not None:
            return image.number
        return None

    @property
    def about_left_out(self) -> str:
        """Which frames came, and none of ours among them, in words; empty if none did."""
        if not self.left_out:
            return ""
        count = self.left_out.total()
        cameras = " and ".join(sorted(filter(None, self.left_out))) or "another camera"
        return (
            f"{count} frames of {cameras} came and were left out, none of channel "
            f"{self._link.options.channel} of {self._camera}: choose the camera that runs."
        )

    @property
    def exposure_s(self) -> float:
        """The exposure that Micro-Manager tells, in seconds."""
        return float(self.reading.settings["exposure_ms"]) / 1000

    @property
    def interval_s(self) -> float:
        """Seconds from frame to frame; 0 while not known."""
        return self._interval_s or 0.0

    def announce(self) -> None:
        """Tell the parent the format and the settings of the frames that follow."""
        self._announce_at = math.inf
        reading = self.reading
        self._link.send(
            wire.FORMAT,
            format={
                "height": reading.height,
                "width": reading.width,
                "dtype": reading.dtype,
                "significant_bits": reading.significant_bits,
                "pixel_size_um": reading.pixel_size_um,
                "interval_s": self._interval_s,
                "camera": reading.camera,
            },
            first=self._next,
            settings=self._settings(),
            mode=self.mode,
        )

    def expect_a_new_run(
        self,
        *,
        from_its_start: bool = False,
        waits: bool = True,
        was_away: bool = False,
        announces: bool = True,
    ) -> None:
        """Take the next image as the first of a run; a slow one is announced without its frames.

        Parameters
        ----------
        from_its_start : bool
            Whether every image of the run is wanted: what is missing before the first is lost.
        waits : bool
            Whether the first frames are held back here.
        was_away : bool
            Whether an earlier client may have taken images of the run.
        announces : bool
            Whether it is announced before its first frames, if those are slow.
        """
        self._last = None
        self._next = 0 if from_its_start else None
        self._waits, self._was_away = waits, was_away
        wait = _LONGEST_WAIT_FOR_THE_INTERVAL if announces else math.inf
        self._announce_at = time.monotonic() + wait

    def go_on(self, resumption: Resumption) -> None:
        """Go on where an earlier client was cut off, in the same run if it has not ended."""
        reading, self._was_away = self.reading, True
        self._interval_s = resumption.interval_s
        if (reading.height, reading.width, reading.dtype) != resumption.frame:
            self.expect_a_new_run()
            return
        self._last = resumption.last
        before = self.ours(resumption.last)
        self._next = before + 1 if before is not None else None
        self._began_ms = resumption.began_ms
        if reading.pixel_size_um != resumption.pixel_size_um:
            self.announce()
        else:
            self._link.send(wire.BACK, settings=self._settings(), mode=self.mode)

    def take(self, image: CoreImage, lost_to: str) -> bool:
        """Take an image of the core.

        Parameters
        ----------
        image : CoreImage
        lost_to : str
            What has become of images that are missing before it, see `gaps`.

        Returns
        -------
        bool
            Whether it is one of ours.

        Raises
        ------
        SourceError
            If its run can't be restored.
        """
        if self.ours(image) is None:
            self.left_out[image.camera] += 1
            return False
        self.left_out.clear()
        missing = AWAY if self._was_away else lost_to
        if self._last is None:
            self._count_runs_of_one_frame(image)
            self._begin_run(image)
        elif restarted(self._last, image):
            self._count_runs_of_one_frame(image)
            counted_anew = image.number <= self._last.number
            self._begin_run(image)
            self._next = 0 if counted_anew else None
        else:
            self._runs_of_one_frame = 0
        self._was_away = False
        self._last = image
        if self._fits(image):
            if self._held is None:
                self._send(image, missing)
            else:
                self._held.append((image, missing))
                if len(self._held) >= _FRAMES_THAT_TELL_THE_INTERVAL:
                    self.release()
        return True

    def _count_runs_of_one_frame(self, image: CoreImage) -> None:
        """Refuse a Micro-Manager that counts nothing: no lost frame would be seen."""
        self._runs_of_one_frame += 1
        if self._runs_of_one_frame > _MOST_RUNS_OF_ONE_FRAME:
            raise SourceError(
                f"Micro-Manager gives one frame after another the number {image.number}, so "
                "missing frames can't be noticed.",
                "Restart Micro-Manager; if that does not help, update the driver of the camera "
                f"{self._camera}.",
            )

    def tick(self) -> None:
        """Do what is due: call it often."""
        now = time.monotonic()
        if self._held is not None and now >= self._held_until:
            self.release()
        if now >= self._announce_at:
            self.announce()
        if now >= self._read_again:
            self._look_for_changes()

    def _begin_run(self, image: CoreImage) -> None:
        self.release()
        self.reading = self._read()
        self._began_ms = image.elapsed_ms
        self._interval_s = None
        self._held = []
        wait = _LONGEST_WAIT_FOR_THE_INTERVAL if self._waits else 0.0
        self._held_until = time.monotonic() + wait
        self._waits = True

    def release(self) -> None:
        """Send the frames that are held back, if any."""
        held, self._held = self._held, None
        if not held:
            return
        if len(held) > 1:
            times = [image.elapsed_ms for image, _ in held]
            interval = float(np.median(np.diff(times))) / 1000
            self._interval_s = round(interval, 6) or None
        self.announce()
        for image, missing in held:
            self._send(image, missing)

    def _send(self, image: CoreImage, missing: str) -> None:
        reading, index = self.reading, self.ours(image)
        assert index is not None  # noqa: S101 - others are left out
        self._next = index + 1
        self._link.send(
            wire.FRAME,
            image.pixels.reshape(reading.height, reading.width),
            index=index,
            acquired=(image.elapsed_ms - self._began_ms) / 1000,
            lost_to=missing,
            tags=image.tags | {"Exposure-ms": reading.settings["exposure_ms"]},
        )

    def _fits(self, image: CoreImage) -> bool:
        """Whether an image has the run's format; a format that changed begins a new run."""
        if not self.reading.fits(image):
            self._begin_run(image)
        if self.reading.fits(image):
            if self._misfits:
                self._misfits = 0
                self._link.set_status("")
            return True
        self._misfits += 1
        now = time.monotonic()
        if self._misfits == 1 or now >= self._tell_misfits_at:
            self._tell_misfits_at = now + _READ_AGAIN
            self._link.set_status(f"{self._misfits} frames {MISFIT}")
        return False

    def _look_for_changes(self) -> None:
        before, self.reading = self.reading, self._read()
        if self._held is not None or self.reading.geometry != before.geometry:
            # Frames of the old format are still to be sent; new ones will tell of the new one.
            self.reading = before
        elif self.reading.pixel_size_um != before.pixel_size_um:
            self.announce()
        elif self.reading.settings != before.settings:
            self._link.send(wire.SETTINGS, settings=self._settings())

    def _read(self) -> CameraReading:
        self._read_again = time.monotonic() + _READ_AGAIN
        return read_camera(self._core, self._link.options)

    def _settings(self) -> dict[str, str]:
        notes = {"note": self._notes()} if self._notes() else {}
        region = {"region": self._region(self._last)} if self._last is not None else {}
        return {"mode": self.mode, **self._versions, **self.reading.settings, **region, **notes}

    def _region(self, image: CoreImage) -> str:
        """Say where the frames lie on the camera; asking the core would leave an object in Java."""
        x, y = (image.tags.get(f"ROI-{axis}-start", "?") for axis in "XY")
        return f"{self.reading.width} x {self.reading.height} at {x}, {y}"

    def _notes(self) -> str:
        return f"{self._note} {self.reading.note}".strip()
