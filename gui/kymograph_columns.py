"""The profiles of a line over time, of several channels side by side."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

COLUMNS = 600


class RollingImage:
    """The last profiles side by side, the newest rightmost, in memory taken once.

    Parameters
    ----------
    height : int
        Points of a profile.
    columns : int
        Empty ones that it begins with, at most `most`.
    most : int or None
        Columns that are kept; None for all.
    """

    def __init__(self, height: int, columns: int = 0, *, most: int | None = COLUMNS) -> None:
        self._most = most
        # Twice as wide as what is seen: the columns are moved back only now and then.
        width = 2 * (most or max(columns, COLUMNS))
        self._columns = np.zeros((height, width), np.float32)
        self._filled = np.zeros(width, np.bool_)
        self._end = columns

    @property
    def seen(self) -> NDArray[np.float32]:
        """The last columns, as many as are kept, shape (height, n); an empty one is 0."""
        return self._columns[:, self._last]

    @property
    def filled(self) -> NDArray[np.bool_]:
        """Which of them hold a profile, shape (n,)."""
        return self._filled[self._last]

    def insert(self, place: int) -> None:
        """Make room for a column before the one at a place, or behind the last."""
        if self._end == self._columns.shape[1]:
            self._make_room()
        first = self._last.start
        self._end += 1
        for kept in (self._columns.T, self._filled):
            part = kept[first + place : self._end]
            if len(part) > 1:
                part[1:] = part[:-1].copy()
            part[0] = 0

    def put(self, place: int, profile: NDArray[np.float64]) -> None:
        """Fill a column; shape (height,)."""
        self.seen[:, place] = profile
        self.filled[place] = True

    def _make_room(self) -> None:
        width = self._columns.shape[1]
        if self._most is None:
            self._columns = np.pad(self._columns, ((0, 0), (0, width)))
            self._filled = np.pad(self._filled, (0, width))
            return
        for kept in (self._columns.T, self._filled):
            kept[: self._most] = kept[self._most :].copy()
        self._end = self._most

    @property
    def _last(self) -> slice:
        first = 0 if self._most is None else max(0, self._end - self._most)
        return slice(first, self._end)


class KymographColumns:
    """A column for each time point, into which each channel puts its profiles.

    Parameters
    ----------
    most : int or None
        Columns that are kept, the last; None for all.
    """

    def __init__(self, most: int | None = COLUMNS) -> None:
        self._most = most
        self._points: list[int] = []
        self._times: list[float] = []
        self._images: dict[int, list[RollingImage]] = {}

    def add(
        self,
        channel: int,
        time_point: int,
        profiles: Sequence[NDArray[np.float64]],
        *,
        time: float,
    ) -> None:
        """Add the profiles of a frame, behind those of its channel that are there.

        Parameters
        ----------
        channel, time_point : int
            Frames of different channels and one time point are one column.
        profiles : sequence of ndarray of float64
            Raw, and restored if there is one.
        time : float
            Seconds on the source's clock; NaN if unknown.
        """
        images = self._images.setdefault(channel, [])
        for profile in profiles[len(images) :]:
            images.append(RollingImage(len(profile), len(self._points), most=self._most))
        place = self._place(images[0].filled, time_point)
        if place == len(self._points) or self._points[place] != time_point:
            place -= self._insert(place, time_point, time)
            if place < 0:
                return
        for image, profile in zip(images, profiles, strict=False):
            image.put(place, profile)

    def images(self, channels: Collection[int]) -> dict[int, tuple[NDArray[np.float32], ...]]:
        """Return what there is of some channels, (points, columns) each.

        Columns that none of them has a profile in are left out, the others are the same for all.
        """
        found = {one: self._images[one] for one in channels if one in self._images}
        if not found:
            return {}
        filled = self._filled(found)
        return {
            channel: tuple(one.seen if filled.all() else one.seen[:, filled] for one in images)
            for channel, images in found.items()
        }

    def filled(self, channels: Collection[int]) -> dict[int, tuple[NDArray[np.bool_], ...]]:
        """Say of each image of `images` which columns hold a profile; the others are 0."""
        found = {one: self._images[one] for one in channels if one in self._images}
        columns = self._filled(found)
        return {
            channel: tuple(one.filled[columns] for one in images)
            for channel, images in found.items()
        }

    def times(self, channels: Collection[int]) -> list[float]:
        """When the columns of these channels were scanned, in s."""
        filled = self._filled([one for one in channels if one in self._images])
        return [time for time, one in zip(self._times, filled, strict=True) if one]

    def _filled(self, channels: Collection[int]) -> NDArray[np.bool_]:
        filled = np.zeros(len(self._points), np.bool_)
        for channel in channels:
            filled |= self._images[channel][0].filled
        return filled

    def _place(self, filled: NDArray[np.bool_], time_point: int) -> int:
        """Find the column of a time point, or where it belongs, behind the channel's last."""
        place = len(self._points)
        while place > 0 and not filled[place - 1] and self._points[place - 1] >= time_point:
            place -= 1
        return place

    def _insert(self, place: int, time_point: int, time: float) -> int:
        """Make a column; returns how many of the first had to go."""
        gone = max(0, len(self._points) + 1 - self._most) if self._most is not None else 0
        self._points.insert(place, time_point)
        self._times.insert(place, time)
        for images in self._images.values():
            for image in images:
                image.insert(place)
        del self._points[:gone]
        del self._times[:gone]
        return gone
