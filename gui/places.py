"""Where a drawn place lies in an image of any resolution."""

from __future__ import annotations

import numpy as np

from acquisition.line import Line
from gui.colouring import Counts
from gui.marker import MarkedPlace


def line_in(image: Counts, place: MarkedPlace, *, height: int, width: int) -> Line:
    """Find a line's pixels.

    Parameters
    ----------
    image : ndarray, any (rows, columns)
        Covers the field of view.
    place : MarkedPlace
        Its ends in LR pixels, (0, 0) being the corner of the first.
    height, width : int
        The field of view in LR pixels.

    Returns
    -------
    Line
        In the image's pixels, (0, 0) being the middle of the first; inside the image.
    """
    rows, columns = image.shape

    def row(y: float) -> float:
        return float(np.clip(y * rows / height - 0.5, 0.0, rows - 1.0))

    def column(x: float) -> float:
        return float(np.clip(x * columns / width - 0.5, 0.0, columns - 1.0))

    return Line(row(place.y0), column(place.x0), row(place.y1), column(place.x1))


def region_of(image: Counts, place: MarkedPlace, *, height: int, width: int) -> Counts:
    """Take the pixels that lie in a rectangle, at least one.

    Parameters
    ----------
    image : ndarray, any (rows, columns)
        Covers the field of view.
    place : MarkedPlace
        Opposite corners in LR pixels.
    height, width : int
        The field of view in LR pixels.

    Returns
    -------
    ndarray
        A view of the image.
    """
    rows, columns = image.shape
    # Whole LR pixels, so that raw and restored are measured over the very same part of the field.
    top, bottom = _whole(place.y0, place.y1, height)
    left, right = _whole(place.x0, place.x1, width)
    return image[
        top * rows // height : max(bottom * rows // height, top * rows // height + 1),
        left * columns // width : max(right * columns // width, left * columns // width + 1),
    ]


def _whole(one: float, other: float, most: int) -> tuple[int, int]:
    first = min(int(min(one, other)), most - 1)
    return first, min(max(round(max(one, other)), first + 1), most)
