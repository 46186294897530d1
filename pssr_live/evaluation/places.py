"""Where in a recording to look closely: a part of the field, and a line through it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from acquisition import Line
from engines import SCALE_FACTOR
from pssr_live.metrics import GaussianBlur, average_cells

MOST_PIXELS = 640
_SMALLEST_SIDE, _LARGEST_SIDE = 64, 256
_PART = 4


class CloseUp(NamedTuple):
    """A square part of the field, in HR pixels, on whole LR pixels."""

    top: int
    left: int
    side: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns."""
        return slice(self.top, self.top + self.side), slice(self.left, self.left + self.side)

    def in_lr(self) -> CloseUp:
        """The same square in LR pixels."""
        return CloseUp(*(value // SCALE_FACTOR for value in self))


class View(NamedTuple):
    """An image as a report shows it.

    Attributes
    ----------
    field : ndarray of float32
        All of it, averaged down to at most `MOST_PIXELS` a side.
    part : ndarray of float32
        The close-up, pixel by pixel.
    """

    field: NDArray[np.float32]
    part: NDArray[np.float32]

    @classmethod
    def of(cls, image: NDArray[np.floating], place: CloseUp) -> View:
        """Look at an image.

        Parameters
        ----------
        image : ndarray, shape (H, W)
        place : CloseUp
            In pixels of this image.
        """
        factor = max(1, -(-max(image.shape) // MOST_PIXELS))
        height, width = (side - side % factor for side in image.shape)
        field = average_cells(image[:height, :width], factor)
        return cls(field, image[place.slices].astype(np.float32))


def close_up(truth: NDArray[np.floating]) -> CloseUp:
    """Choose the square with the most contrast, a quarter of the field's side.

    Parameters
    ----------
    truth : ndarray, shape (H, W)
        Chosen by the truth alone, so that it favours no method.
    """
    height, width = truth.shape
    side = min(height, width, max(_SMALLEST_SIDE, min(_LARGEST_SIDE, min(truth.shape) // _PART)))
    side -= side % SCALE_FACTOR
    blur = GaussianBlur(truth.shape, side / _PART)
    contrast = blur(truth**2) - blur(truth) ** 2
    half = side // 2
    inside = contrast[half : height - side + half + 1, half : width - side + half + 1]
    top, left = np.unravel_index(int(inside.argmax()), inside.shape)
    return CloseUp(
        int(top) // SCALE_FACTOR * SCALE_FACTOR, int(left) // SCALE_FACTOR * SCALE_FACTOR, side
    )


def line_through(truth: NDArray[np.floating], place: CloseUp) -> Line:
    """Choose the row or column of a part of the field with the most contrast.

    Parameters
    ----------
    truth : ndarray, shape (H, W)
    place : CloseUp
    """
    part = truth[place.slices]
    row, column = int(part.std(axis=1).argmax()), int(part.std(axis=0).argmax())
    end = place.side - 1
    if part[row].std() >= part[:, column].std():
        return Line(place.top + row, place.left, place.top + row, place.left + end)
    return Line(place.top, place.left + column, place.top + end, place.left + column)
