"""What is measured, in words and as tables."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence

from gui.marker import MarkedPlace, MarkerShape
from gui.polygon_marker import Polygon


def area_of(place: Polygon) -> float:
    """Return the area of a polygon whose edges don't cross, in squares of its coordinates."""
    pairs = zip(place, (*place[1:], place[0]), strict=True)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)) / 2.0


def area_words(place: Polygon, pixel_size_um: float | None) -> str:
    """Say how large a polygon is, given in LR pixels of this size; None if nobody knows."""
    unit, size = ("px", 1.0) if pixel_size_um is None else ("µm", pixel_size_um)
    return f"{len(place)} corners, {area_of(place) * size**2:.2f} {unit}²"


def size_words(place: MarkedPlace, pixel_size_um: float | None, shape: MarkerShape) -> str:
    """Say how long a line is and how it lies, how large a rectangle is, or where a point is.

    Parameters
    ----------
    place : MarkedPlace
        In LR pixels.
    pixel_size_um : float or None
        Side of an LR pixel; None where nobody knows, which is then the unit.
    shape : MarkerShape

    Returns
    -------
    str
        Angles are counted from the right, counterclockwise, as Fiji does.
    """
    unit, size = ("px", 1.0) if pixel_size_um is None else ("µm", pixel_size_um)
    across, down = (place.x1 - place.x0) * size, (place.y1 - place.y0) * size
    if shape is MarkerShape.POINT:
        return f"x {place.x0 * size:.2f} {unit}, y {place.y0 * size:.2f} {unit}"
    if shape is MarkerShape.RECTANGLE:
        area = abs(across * down)
        return f"{abs(across):.2f} × {abs(down):.2f} {unit}, {area:.2f} {unit}²"
    return f"{math.hypot(across, down):.2f} {unit}, {math.degrees(math.atan2(-down, across)):.1f}°"


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table as a CSV file holds it, a line for each row, numbers with a point.

    Parameters
    ----------
    columns : sequence of str
        Names, with their units.
    rows : iterable of sequences
        None, and what is not a number, is left empty.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(["" if _is_nothing(one) else one for one in row])
    return text.getvalue()


def _is_nothing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
