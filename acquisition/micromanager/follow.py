"""The mode in which somebody else runs the camera and keeps every frame."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from acquisition.micromanager.gaps import CLEARED, EMPTIED, why_missing
from acquisition.micromanager.image import CoreImage, ImageReader
from acquisition.micromanager.runs import Succession, restarted, succession

# One is enough where nothing came meanwhile; cameras that share a buffer and are fast take many.
_MOST_LOOKS = 100
# So many images of other cameras are passed by in search of one of ours.
_MOST_OTHERS = 100
# A count that stays the same may hide that as many were taken as came.
_LOOK_ANYWAY = 0.25


class Follow:
    """Looks at the buffer of a running sequence without taking anything out.

    The number of images in the buffer grows by one with each frame, so a change of it says that
    there is something new; it starts again at 1 when the core has emptied a full buffer. Images
    are had by their place: 0 is the newest, and each frame that comes pushes all others on by one.
    So what is found at a place is what was sought there, or something newer.

    Parameters
    ----------
    core : Any
        Micro-Manager's core.
    reader : ImageReader
        On that core.
    number : callable
        Place of an image in the numbering that is followed; None for one of another camera.
    channels : int
        Of the camera.

    Attributes
    ----------
    behind : int
        Images that have come and are still to be looked at.
    room : int
        How many more images the buffer holds: then it is emptied, with what was not looked at.
    capacity : int
        Of the buffer, in images.
    stood_still : bool
        Whether the camera stood still when this began: every image of its run is wanted.
    others : Counter of str
        Images of other cameras that came while none of ours did, by the camera's label.
    lost_to : str
        What has become of images that are missing before the one yielded, see `gaps`.
    how : Succession
        ``RENUMBERED`` at the first image of a run that goes on in a buffer that was cleared or
        resized; else ``SAME``.
    """

    def __init__(
        self,
        core: Any,
        reader: ImageReader,
        number: Callable[[CoreImage], int | None],
        *,
        channels: int = 1,
    ) -> None:
        self._core = core
        self._reader = reader
        self._number = number
        self._channels = channels
        self._last: CoreImage | None = None
        # Seen on the way to an older one, by number; not delivered yet.
        self._seen: dict[int, CoreImage] = {}
        # Where an image was last found, its number, and how many came while it was looked for.
        self._place = self._number_there = self._came = 0
        # What lies in the buffer of a camera that stands still is old; of the run that it begins,
        # every image is wanted, however late it is seen to run.
        self.stood_still = not self.running()
        self._count = core.get_remaining_image_count() if self.stood_still else 0
        self.capacity: int = core.get_buffer_total_capacity()
        self.room = self.capacity - self._count
        self.behind = 0
        self.lost_to = ""
        self.how = Succession.SAME
        self.others: Counter[str] = Counter()
        # The newest number that was looked at, and how many images were held then.
        self._known = (0, 0)
        self._look_anyway_at = 0.0

    def running(self) -> bool:
        """Whether a sequence runs."""
        return bool(self._core.is_sequence_running())

    def go_on_after(self, image: CoreImage) -> None:
        """Take an image as the last one seen: what the buffer holds that came later is new."""
        self._last = image
        self._count = 0

    def images(self) -> Iterator[CoreImage]:
        """Return what is new, oldest first."""
        count = self._core.get_remaining_image_count()
        if count < self._count:
            self.capacity = self._core.get_buffer_total_capacity()
        now = time.monotonic()
        anyway = self._last is not None and now >= self._look_anyway_at
        if count == 0 or (count == self._count and not anyway):
            self._count = count
            return
        grown, self._count = max(0, count - self._count), count
        self._look_anyway_at = now + _LOOK_ANYWAY
        self.room = self.capacity - count
        self._seen = {}
        newest = self._look(0, 0)
        self._came = 0
        # A frame that came after the count was read has been seen already.
        if newest is None:
            self._count_others(grown)
            return
        if self._last and self._seen[newest].tags == self._last.tags:
            return
        wanted = self._first_wanted(self._seen[newest], newest)
        while wanted <= newest:
            found = wanted if wanted in self._seen else self._search(wanted)
            if found > wanted:
                self._judge_the_loss(newest)
            self._last = self._seen.pop(found)
            self.behind = newest - found + self._came
            yield self._last
            self.how = Succession.SAME
            wanted = found + 1
        self._known = (newest, count)

    def _count_others(self, grown: int) -> None:
        image = self._reader.look(0)
        if image is not None and grown:
            self.others[image.camera] += grown

    def _judge_the_loss(self, newest: int) -> None:
        """Note what has become of images that the buffer does not hold."""
        number_then, held_then = self._known
        self.capacity = self._core.get_buffer_total_capacity()
        image = self._reader.look(0)
        now = self._number(image) if image is not None else None
        if image is None:
            self.lost_to = EMPTIED
            return
        if now is not None and now < newest:
            # Numbers have begun anew since the newest was seen.
            self.lost_to = CLEARED
            return
        came = max(now if now is not None else 0, newest) - number_then
        self.lost_to = why_missing(came, held_then, self.capacity, channels=self._channels)

    def _first_wanted(self, newest: CoreImage, number: int) -> int:
        last, self.how = self._last, Succession.SAME
        if last is None:
            return 0 if self.stood_still else number
        known = self._number(last)
        if known is not None and not restarted(last, newest):
            return known + 1
        if succession(last, newest) is Succession.RENUMBERED:
            self.how = Succession.RENUMBERED
        self._known = (0, 0)
        return 0

    def _search(self, wanted: int) -> int:
        """Look for an image; returns the oldest number after it where it can't be had."""
        self._seen = {number: image for number, image in self._seen.items() if number > wanted}
        newer, older = 0, math.inf
        place = self._place_of(wanted)
        for _ in range(_MOST_LOOKS):
            place = int(max(newer + 1, min(place, older - 1)))
            number = self._look(place, wanted)
            if number == wanted:
                break
            if number is not None and number > wanted:
                newer = self._place
                older = older if older > newer else math.inf
                place = self._place_of(wanted)
            elif place == newer + 1:
                # It was never in the buffer, or the core has thrown it away.
                break
            elif number is not None and older == math.inf:
                older, place = place, self._place_of(wanted)
            else:
                older, place = place, (newer + place) // 2
        return min(self._seen)

    def _place_of(self, number: int) -> int:
        """Guess where an image lies, if no number is missing and as many come as last time."""
        return self._place + self._number_there - number + self._came

    def _look(self, place: int, wanted: int) -> int | None:
        """Look at the first image of ours from a place on; its number, None if there is none."""
        expected = self._place + self._number_there + self._came - place
        last = place + _MOST_OTHERS
        while place < last and (image := self._reader.look(place)) is not None:
            number = self._number(image)
            if number is not None:
                self._came = max(0, self._came + number - expected)
                self._place, self._number_there = place, number
                if number >= wanted:
                    self._seen[number] = image
                return number
            place += 1
        return None
