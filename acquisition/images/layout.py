"""Planes that follow one another in a TIFF in an order that its metadata state."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from acquisition.errors import SourceError
from acquisition.images.damage import damaged
from acquisition.images.series import ImageSeries, Key
from acquisition.images.tiff_pages import Page, Place, TiffPages, grey_shape
from acquisition.images.tiff_set import TiffSet
from acquisition.names import readable

_SHOWN_FIRST = ("T", "C", "Z")


class SeriesLayout:
    """Where the planes of a series lie.

    Attributes
    ----------
    sizes : dict of str to int
        T, C and Z first.
    planes : dict
        Where each plane lies, by its place along `sizes`.
    page : Page
        What all pages are like.
    """

    def __init__(self, page: Page, sizes: Mapping[str, int], colours: str = "S") -> None:
        self.page = page
        self.height, self.width, self._samples = grey_shape(page)
        names = sorted(sizes, key=lambda axis: (*_SHOWN_FIRST, axis).index(axis))
        self.sizes = {axis: sizes[axis] for axis in names}
        if self._samples > 1:
            self.sizes[colours] = self._samples
        self._order = [list(sizes).index(axis) for axis in names]
        self.planes: dict[Key, Place] = {}

    def put(self, key: Sequence[int], place: Place) -> None:
        """Say where the plane lies whose place is `key`, along the axes as they were given."""
        here = tuple(key[column] for column in self._order)
        if self._samples == 1:
            self.planes.setdefault(here, place)
            return
        for sample in range(self._samples):
            self.planes.setdefault((*here, sample), place._replace(within=(sample,)))

    def series(self, files: TiffSet) -> ImageSeries:
        """Make the series, of which nothing is known but its planes."""
        return ImageSeries(
            sizes=self.sizes,
            height=self.height,
            width=self.width,
            dtype=self.page.dtype,
            planes=self.planes,
            read=files.read,
        )


def first_page(pages: TiffPages, number: int) -> Page:
    """Return a page that others have to be like.

    Raises
    ------
    SourceError
        If it can't be read, or is a volume.
    """
    page = pages.pages[number]
    if page is None or not page.whole:
        raise damaged(pages.path, number, "is cut off")
    if set(page.axes) - set("YXS"):
        raise SourceError(
            f"{readable(pages.path.name)} is a volume, not a time-lapse.",
            "Open it in ImageJ and save it again with File > Save As > Tiff….",
        )
    return page


def lay_out(
    pages: TiffPages,
    sizes: Mapping[str, int],
    numbers: Sequence[int] | None = None,
    *,
    colours: str = "S",
    stopped: bool = False,
) -> SeriesLayout:
    """Lay planes out along axes, the last of which runs fastest.

    Parameters
    ----------
    pages : TiffPages
    sizes : mapping of str to int
        Slowest axis first.
    numbers : sequence of int, optional
        Pages that hold planes, in order; by default all but thumbnails.
    colours : str
        What the samples of a pixel are called.
    stopped : bool
        Whether planes at the end may be missing; otherwise such a file is damaged.

    Returns
    -------
    SeriesLayout

    Raises
    ------
    SourceError
        If the file is damaged, or its pages differ.
    """
    numbers = pages.images if numbers is None else numbers
    page = first_page(pages, numbers[0])
    layout = SeriesLayout(page, sizes, colours)
    promised = math.prod(sizes.values())
    if len(numbers) == 1 and promised > 1 and is_block(pages, page):
        for place, offset in zip(places(sizes), block(pages, page, promised), strict=False):
            layout.put(place, Place(0, numbers[0], offset))
        return layout
    there = whole_pages(pages, numbers, page)
    if there < promised and (not stopped or pages.cut):
        raise damaged(pages.path, there, f"of {promised} is missing or cut off")
    for place, number in zip(places(sizes), numbers[:there], strict=False):
        layout.put(place, Place(0, number))
    return layout


def whole_pages(pages: TiffPages, numbers: Sequence[int], page: Page) -> int:
    """Count the pages that are there, all alike; the last may have been cut off.

    Raises
    ------
    SourceError
        If one in their midst is damaged, or unlike the first.
    """
    last = pages.pages[numbers[-1]]
    there = len(numbers) - (last is None or not last.whole)
    for number in numbers[:there]:
        pages.require(number, page.shape, page.dtype)
    return there


def is_block(pages: TiffPages, page: Page) -> bool:
    """Whether planes may follow behind a single page header, as ImageJ writes large files."""
    return page.axes == "YX" and len(pages.pages) == 1 and bool(pages.first.is_contiguous)


def block(pages: TiffPages, page: Page, promised: int) -> range:
    """Offsets of planes behind a single page header.

    Raises
    ------
    SourceError
        If they are not all there.
    """
    start = pages.first.dataoffsets[0]
    size = math.prod(page.shape) * page.dtype.itemsize
    whole = (pages.tiff.filehandle.size - start) // size
    if whole < promised:
        raise damaged(pages.path, whole, f"of {promised} is missing or cut off")
    return range(start, start + promised * size, size)


def places(sizes: Mapping[str, int]) -> Iterator[Key]:
    """Yield every place along axes, the last of which runs fastest."""
    lengths = tuple(sizes.values())
    place = [0] * len(lengths)
    while True:
        yield tuple(place)
        column = len(lengths) - 1
        while column >= 0:
            place[column] += 1
            if place[column] < lengths[column]:
                break
            place[column] = 0
            column -= 1
        if column < 0:
            return
