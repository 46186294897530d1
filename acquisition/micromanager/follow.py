"""The mode in which somebody else runs the camera and keeps every frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from acquisition.micromanager.image import CoreImage, ImageReader

# Frames that come as fast as we look push the same image before us again and again.
_MOST_SIGHTINGS = 20


class Follow:
    """Looks at the buffer of a running sequence without taking anything out.

    The number of images in the buffer grows by one with each frame, so a change of it says that
    there is something new; it starts again at 1 when the core has emptied a full buffer.

    Parameters
    ----------
    core : Any
        Micro-Manager's core.
    reader : ImageReader
        On that core.
    number : callable
        Place of an image in the numbering that is followed; None for one of another camera.
    """

    def __init__(
        self, core: Any, reader: ImageReader, number: Callable[[CoreImage], int | None]
    ) -> None:
        self._core = core
        self._reader = reader
        self._number = number
        self._last: CoreImage | None = None
        # What lies in the buffer of a camera that stands still is old.
        self._count = 0 if self.running() else core.get_remaining_image_count()

    def running(self) -> bool:
        """Whether a sequence runs."""
        return bool(self._core.is_sequence_running())

    def go_on_after(self, image: CoreImage) -> None:
        """Take an image as the last one seen."""
        self._last = image

    def images(self) -> Iterator[CoreImage]:
        """Return what is new, oldest first."""
        count = self._core.get_remaining_image_count()
        if count in (0, self._count):
            self._count = count
            return
        self._count = count
        new = self._walk_back(count)
        if new:
            self._last = new[-1]
        yield from new

    def _walk_back(self, count: int) -> list[CoreImage]:
        """Look at older and older images until one is known.

        Frames that come meanwhile only push the others further back, so none is passed over. A
        buffer emptied meanwhile ends the walk: what it held is lost, which shows in the numbers.
        """
        new: dict[int, CoreImage] = {}
        after = -1
        seen: dict[str, str] = {}
        times_seen = 0
        for before_last in range(count):
            image = self._reader.look(before_last)
            if image is None:
                break
            times_seen = times_seen + 1 if image.tags == seen else 0
            seen = image.tags
            if times_seen > _MOST_SIGHTINGS:
                break
            index = self._number(image)
            if index is None:
                continue
            if not new:
                # A frame that came after the count was read has been seen already.
                if self._last is not None and image.tags == self._last.tags:
                    break
                after = self._index_before(image, index)
            newest = next(iter(new.values()), image)
            if index <= after:
                break
            if image.received_by_core <= newest.received_by_core:
                new.setdefault(index, image)
            if min(new) == after + 1:
                break
        return [new[index] for index in sorted(new)]

    def _index_before(self, newest: CoreImage, index: int) -> int:
        """Say after which index frames are wanted, now that the newest is known."""
        last = self._last
        if last is None:
            return index - 1
        known = self._number(last)
        if known is None or restarted(last, newest):
            return -1
        return known


def restarted(last: CoreImage, image: CoreImage) -> bool:
    """Whether an image belongs to another run than the one before it."""
    return image.number <= last.number or image.elapsed_ms < last.elapsed_ms
