"""What a file holds of one position: axes by name, and its planes, each read when asked for."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from acquisition.channel import Channel
from acquisition.images.damage import DamagedImageError, damaged

Key = tuple[int, ...]
# Axes along which frames may follow one another: time, or what nothing says anything of.
TIME, UNLABELLED = "T", ("I", "Q")
CHANNEL, DEPTH, COLOUR = "C", "Z", "S"


@dataclass(frozen=True, eq=False, kw_only=True)
class ImageSeries:
    """Images of one position of a file, or of a set of files.

    Attributes
    ----------
    sizes : mapping of str to int
        Length of every axis that is stated, Y and X excepted: T, C, Z; S for the colours of a
        picture; I and Q for planes of which nothing is said; others by the name they were given.
    height, width : int
    dtype : numpy.dtype
    planes : mapping
        From the place along `sizes` to where a plane lies; planes that are missing have no entry.
    read : callable
        Reads what `planes` names, (H, W).
    name : str
        Of the position.
    channels : tuple of Channel
        As many as C is long, or none.
    pixel_size_um, z_step_um, interval_s : float or None
        As stated; None where unknown, or where pixels are not square.
    moments_s : mapping
        Times of planes since the beginning in s, as stated.
    significant_bits : int or None
        Bits that the detector uses.
    """

    sizes: Mapping[str, int]
    height: int
    width: int
    dtype: np.dtype[Any]
    planes: Mapping[Key, Any]
    read: Callable[[Any], NDArray[Any]]
    name: str = ""
    channels: tuple[Channel, ...] = ()
    pixel_size_um: float | None = None
    z_step_um: float | None = None
    interval_s: float | None = None
    moments_s: Mapping[Key, float] = field(default_factory=dict)
    significant_bits: int | None = None

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of all axes, Y and X last."""
        return (*self.sizes, "Y", "X")

    def size(self, axis: str) -> int:
        """Return the length of an axis; 1 for one that there is not."""
        return self.sizes.get(axis, 1)

    @property
    def missing(self) -> int:
        """Planes that the file promises and does not hold."""
        return math.prod(self.sizes.values()) - len(self.planes)

    @property
    def frame_axis(self) -> str:
        """The axis along which frames follow one another in time, as far as is said: T, I or Q."""
        if self.size(TIME) > 1:
            return TIME
        return next((axis for axis in UNLABELLED if self.size(axis) > 1), TIME)

    def plane(self, **place: int) -> NDArray[Any] | None:
        """Read one plane.

        Parameters
        ----------
        **place : int
            Where along each axis, from 0; 0 for axes that are not named.

        Returns
        -------
        ndarray, shape (H, W), or None
            In the file's own type; None where the plane is missing.

        Raises
        ------
        IndexError
            If an axis is not that long.
        """
        for axis, index in place.items():
            if not 0 <= index < self.size(axis):
                raise IndexError(f"axis {axis} has {self.size(axis)} places, not {index}")
        address = self.planes.get(tuple(place.get(axis, 0) for axis in self.sizes))
        return None if address is None else self.read(address)

    def stream(self, axis: str | None = None, **place: int) -> Stream:
        """Take the planes along one axis, at one place of all the others.

        Parameters
        ----------
        axis : str, optional
            By default `frame_axis`.
        **place : int
            Where along the other axes; 0 for those that are not named.
        """
        along = self.frame_axis if axis is None else axis
        names = list(self.sizes)
        if along not in names:
            here = tuple(place.get(name, 0) for name in names)
            return Stream(self, along, ({0: here} if here in self.planes else {}))
        column = names.index(along)
        wanted = [place.get(name, 0) for name in names]
        keys = {
            key[column]: key
            for key in self.planes
            if all(key[other] == wanted[other] for other in range(len(names)) if other != column)
        }
        return Stream(self, along, dict(sorted(keys.items())))


class Stream:
    """One channel, slice and position in time.

    Attributes
    ----------
    series : ImageSeries
    axis : str
        Along which its frames follow.
    numbers : tuple of int
        Places along the axis of the frames that are there, rising.
    times_s : tuple of float, or None
        When each of these was acquired, in s since the first of them; NaN for one that is not
        known. None where nothing is known of any.
    moments_s : tuple of float, or None
        The same on the file's own clock, which all of its streams share; by the interval, where no
        times are stated.
    interval_s : float or None
        As stated, or the median of the times' steps.
    """

    def __init__(self, series: ImageSeries, axis: str, keys: Mapping[int, Key]) -> None:
        self.series = series
        self.axis = axis
        self.numbers = tuple(keys)
        self._keys = tuple(keys.values())
        known = rising([series.moments_s.get(key, math.nan) for key in self._keys])
        # From slice to slice the interval says nothing.
        interval = None if axis == DEPTH else series.interval_s
        self.interval_s = interval or _median_step(self.numbers, known)
        self.times_s = _from_first(known)
        if self.times_s is None and interval is not None and self.numbers:
            first = self.numbers[0]
            self.times_s = tuple((one - first) * interval for one in self.numbers)
        self.moments_s: tuple[float, ...] | None = None
        if any(map(math.isfinite, known)):
            self.moments_s = tuple(known)
        elif interval is not None:
            self.moments_s = tuple(one * interval for one in self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def promised(self) -> int:
        """Frames that the file promises."""
        return self.series.size(self.axis)

    @property
    def gaps(self) -> list[range]:
        """Places of the frames that are promised and not there."""
        ends = [-1, *self.numbers, self.promised]
        return [range(before + 1, after) for before, after in pairwise(ends) if after > before + 1]

    @property
    def missing(self) -> int:
        """Frames that are promised and not there."""
        return self.promised - len(self.numbers)

    def place(self, position: int, axis: str) -> int:
        """Where a frame stands along an axis; 0 where the series has none such."""
        names = list(self.series.sizes)
        return self._keys[position][names.index(axis)] if axis in names else 0

    def frame(self, position: int) -> NDArray[Any]:
        """Read one frame that is there, by its position in `numbers`, (H, W).

        Raises
        ------
        SourceError
            If it can't be read, naming the frame.
        """
        series = self.series
        try:
            return series.read(series.planes[self._keys[position]])
        except DamagedImageError as error:
            number = self.numbers[position]
            raise damaged(error.path, number, "can't be read") from error.__cause__


def rising(times: Sequence[float]) -> list[float]:
    """Keep the times that can be true together: those that rise; NaN for the others.

    Of these as many as there are; where that is not the most of them, no time is to be trusted.
    """
    tails: list[int] = []
    values: list[float] = []
    before: list[int | None] = [None] * len(times)
    for index, time in enumerate(times):
        if not math.isfinite(time):
            continue
        place = bisect_left(values, time)
        if place < len(values) and values[place] == time:
            continue
        before[index] = tails[place - 1] if place else None
        tails[place : place + 1] = [index]
        values[place : place + 1] = [time]
    known = [math.nan] * len(times)
    finite = sum(map(math.isfinite, times))
    if len(tails) * 2 <= finite and finite > 1:
        return known
    index_back = tails[-1] if tails else None
    while index_back is not None:
        known[index_back] = times[index_back]
        index_back = before[index_back]
    return known


def words_of_gaps(gaps: Sequence[range]) -> str:
    """Say which frames are missing, counted from 1: ``5-8, 12``."""
    shown = [f"{gap.start + 1}" if len(gap) == 1 else f"{gap.start + 1}-{gap.stop}" for gap in gaps]
    most = 5
    return ", ".join(shown[:most]) + (", …" if len(shown) > most else "")


def _median_step(numbers: Sequence[int], times: Sequence[float]) -> float | None:
    pairs = list(zip(numbers, times, strict=True))
    steps = [
        later - earlier
        for (one, earlier), (other, later) in pairwise(pairs)
        if other == one + 1 and math.isfinite(later - earlier)
    ]
    return median(steps) if steps else None


def _from_first(times: Sequence[float]) -> tuple[float, ...] | None:
    if not any(map(math.isfinite, times)):
        return None
    first = times[0] if math.isfinite(times[0]) else 0.0
    return tuple(time - first for time in times)
