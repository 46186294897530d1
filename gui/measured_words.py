"""What is measured, in words and as tables."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence

from gui.marker import MarkedPlace


def size_words(place: MarkedPlace, pixel_size_um: float | None, *, rectangle: bool) -> str:
    """Say how long a line is and how it lies, or how large a rectangle is.

    Parameters
    ----------
    place : MarkedPlace
        In LR pixels.
    pixel_size_um : float or None
        Side of an LR pixel; None where nobody knows, which is then the unit.
    rectangle : bool

    Returns
    -------
    str
        Angles are counted from the right, counterclockwise, as Fiji does.
    """
    unit, size = ("px", 1.0) if pixel_size_um is None else ("µm", pixel_size_um)
    across, down = (place.x1 - place.x0) * size, (place.y1 - place.y0) * size
    if rectangle:
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
