"""TIFFs that belong together, with few of them open at a time."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from acquisition.images.image_file import ImageFile
from acquisition.images.series import ImageSeries
from acquisition.images.tiff_pages import Place, TiffPages

# Systems let a process open a few hundred files.
MOST_OPEN = 16


class TiffSet:
    """Files of a set, numbered in the order in which they were added.

    Attributes
    ----------
    files : list of TiffPages
    """

    def __init__(self, *files: TiffPages) -> None:
        self.files: list[TiffPages] = []
        self._numbers: dict[str, int] = {}
        self._open: OrderedDict[int, None] = OrderedDict()
        for one in files:
            self.add(one.path, one)

    def add(self, path: Path, opened: TiffPages | None = None) -> int:
        """Open a file, unless it is in the set, and return its number.

        Raises
        ------
        SourceError
            If it is not a TIFF.
        """
        if path.name in self._numbers:
            return self._numbers[path.name]
        self.files.append(opened or TiffPages(path))
        number = self._numbers[path.name] = len(self.files) - 1
        self._used(number)
        return number

    def read(self, place: Place) -> NDArray[Any]:
        """Read one plane, (H, W)."""
        handle = self.files[place.file].tiff.filehandle
        if handle.closed:
            handle.open()
        self._used(place.file)
        return self.files[place.file].read(place)

    def image(self, kind: str, series: list[ImageSeries]) -> ImageFile:
        """Make an image of what the set holds, called by its first file."""
        return ImageFile(
            path=self.files[0].path, kind=kind, series=series, files=self.paths, close=self.close
        )

    @property
    def paths(self) -> tuple[Path, ...]:
        """Of all files."""
        return tuple(one.path for one in self.files)

    def close(self) -> None:
        """Close all files. May be called more than once."""
        for one in self.files:
            one.close()

    def _used(self, number: int) -> None:
        self._open[number] = None
        self._open.move_to_end(number)
        while len(self._open) > MOST_OPEN:
            oldest, _ = self._open.popitem(last=False)
            self.files[oldest].tiff.filehandle.close()
