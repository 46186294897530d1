"""Figures of a polygon or a point in the frame that is shown, raw and restored, by channel."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from gui import theme
from gui.colouring import Counts
from gui.line_profile import ImagePair
from gui.marker import MarkedPlace
from gui.measured_words import area_of, as_csv
from gui.places import counts_in, pixel_at
from gui.polygon_marker import Polygon
from gui.qt import QtCore, QtWidgets

_IMAGES = ("raw", "restored")


class SpotFigures(QtWidgets.QLabel):
    """Writes a line for each image, and keeps the same as a table."""

    def __init__(self) -> None:
        super().__init__()
        self._pixel_size_um: float | None = None
        self._columns: Sequence[str] = ()
        self._rows: list[tuple[object, ...]] = []
        self.setFont(theme.number_font())
        self.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)

    def set_pixel_size(self, pixel_size_um: float | None) -> None:
        """Say how large an LR pixel is in µm; None if nobody knows."""
        self._pixel_size_um = pixel_size_um

    def table(self) -> str:
        """Return what is written as a CSV file's content."""
        return as_csv(self._columns, self._rows)

    def clear(self) -> None:
        """Write nothing."""
        self._rows = []
        self.setText("")

    def show_polygon(self, images: Mapping[int, ImagePair], place: Polygon) -> None:
        """Write area, mean and standard deviation of what lies in a polygon.

        Parameters
        ----------
        images : mapping of int to (ndarray, ndarray or None)
            By channel, see `LineProfile.show_images`.
        place : Polygon
        """
        unit, size = self._unit
        area = size**2 * area_of(place)
        self._columns = ("channel", "image", f"area_{unit}2", "pixels", "mean_counts", "sd_counts")
        self._rows, lines = [], []
        for channel, name, image, (height, width) in _each(images):
            counts = counts_in(image, place, height=height, width=width)
            mean = float(counts.mean()) if counts.size else math.nan
            sd = float(counts.std()) if counts.size else math.nan
            self._rows.append((channel, name, area, counts.size, mean, sd))
            lines.append(f"{self._label(images, channel, name)} mean {mean:8.1f}   sd {sd:7.1f}")
        self.setText("\n".join(lines))

    def show_point(self, images: Mapping[int, ImagePair], place: MarkedPlace) -> None:
        """Write the counts of the pixels at a point."""
        unit, size = self._unit
        self._columns = ("channel", "image", f"x_{unit}", f"y_{unit}", "counts")
        self._rows, lines = [], []
        for channel, name, image, (height, width) in _each(images):
            counts = float(image[pixel_at(image, place.x0, place.y0, height=height, width=width)])
            self._rows.append((channel, name, size * place.x0, size * place.y0, counts))
            lines.append(f"{self._label(images, channel, name)} {counts:8.1f} counts")
        self.setText("\n".join(lines))

    @property
    def _unit(self) -> tuple[str, float]:
        return ("px", 1.0) if self._pixel_size_um is None else ("um", self._pixel_size_um)

    def _label(self, images: Mapping[int, ImagePair], channel: int, name: str) -> str:
        which = f"channel {channel}  " if len(images) > 1 else ""
        return f"{which}{name:8}"


def _each(images: Mapping[int, ImagePair]) -> Iterator[tuple[int, str, Counts, tuple[int, int]]]:
    """Go through all images: channel, ``raw`` or ``restored``, pixels, and the field's size."""
    for channel, pair in images.items():
        height, width = pair[0].shape
        for name, image in zip(_IMAGES, pair, strict=True):
            if image is not None:
                yield channel, name, image, (height, width)
