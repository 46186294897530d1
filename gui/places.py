"""Where a drawn place lies in an image of any resolution."""

from __future__ import annotations

import numpy as np

from acquisition import Line
from gui.colouring import Counts
from gui.marker import MarkedPlace
from gui.polygon_marker import Polygon


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


def pixel_at(image: Counts, x: float, y: float, *, height: int, width: int) -> tuple[int, int]:
    """Find the row and column of the pixel at a place in LR pixels; the nearest of the image."""
    rows, columns = image.shape
    row, column = int(y * rows / height), int(x * columns / width)
    return min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)


def counts_in(image: Counts, place: Polygon, *, height: int, width: int) -> Counts:
    """Take the pixels whose middles lie in a polygon.

    Parameters
    ----------
    image : ndarray, any (rows, columns)
        Covers the field of view.
    place : Polygon
        In LR pixels. Where its edges cross, what is enclosed twice lies outside.
    height, width : int
        The field of view in LR pixels.

    Returns
    -------
    ndarray, shape (n,)
        None where it is smaller than a pixel.
    """
    rows, columns = image.shape
    corners = np.array(place) * (columns / width, rows / height) - 0.5
    first = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, (columns, rows))
    last = np.clip(np.ceil(corners.max(axis=0)).astype(int) + 1, 0, (columns, rows))
    part = image[first[1] : last[1], first[0] : last[0]]
    if part.size == 0:
        return part.ravel()
    # In each row the inside begins and ends where an edge is crossed.
    crossed = np.zeros((part.shape[0], part.shape[1] + 1), np.bool_)
    middles = np.arange(first[1], last[1])
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        here = np.nonzero((y0 <= middles) != (y1 <= middles))[0]
        if len(here):
            at = x0 + (middles[here] - y0) * (x1 - x0) / (y1 - y0)
            column = np.clip(np.ceil(at).astype(int) - first[0], 0, part.shape[1])
            crossed[here, column] ^= True
    inside = np.logical_xor.accumulate(crossed, axis=1)[:, :-1]
    return part[inside]


def _whole(one: float, other: float, most: int) -> tuple[int, int]:
    first = min(int(min(one, other)), most - 1)
    return first, min(max(round(max(one, other)), first + 1), most)
