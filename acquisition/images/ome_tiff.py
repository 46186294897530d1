"""OME-TIFF: one file or several, whose OME-XML says which page is which plane."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath

from acquisition.errors import SourceError
from acquisition.images.damage import damaged
from acquisition.images.image_file import ImageFile
from acquisition.images.layout import SeriesLayout, block, first_page, is_block
from acquisition.images.ome_xml import NO_PAGE, Ome, OmeImage, PlanesAt, parse_ome, run
from acquisition.images.provenance import says_predicted
from acquisition.images.series import ImageSeries
from acquisition.images.tiff_pages import Place, TiffPages
from acquisition.images.tiff_set import TiffSet
from acquisition.names import readable

LARGEST_COMPANION = 1 << 28


def open_ome_tiff(pages: TiffPages) -> ImageFile | None:
    """Read a TIFF by its OME-XML.

    Parameters
    ----------
    pages : TiffPages

    Returns
    -------
    ImageFile or None
        None for a TIFF without OME-XML, or with what can't be read.

    Raises
    ------
    SourceError
        If a file of the set is damaged, or the one with the metadata is not there.
    """
    own = parse_ome(pages.first.description) if pages.tiff.is_ome else None
    if own is None:
        return None
    ome = _metadata(pages.path, own) if own.metadata_file is not None else own
    files = _Files(pages, own, ome)
    try:
        series = [
            read for number in range(len(ome.images)) if (read := _series(ome, number, files))
        ]
    except BaseException:
        files.close()
        raise
    if not series:
        files.close()
        raise SourceError(
            f"{readable(pages.path.name)} holds none of the planes that its OME-XML names.",
            "Put the files of its set together in one folder.",
        )
    channels = [channel.name for image in ome.images for channel in image.channels]
    return ImageFile(
        path=pages.path,
        kind="OME-XML",
        series=series,
        files=files.set.paths,
        absent=tuple(files.absent),
        predicted=says_predicted(ome.notes, channels),
        close=files.close,
    )


class _Files:
    """The files of a set, each opened when a plane in it is looked for."""

    def __init__(self, pages: TiffPages, own: Ome, ome: Ome) -> None:
        self.set = TiffSet()
        self.absent: dict[str, None] = {}
        self._own, self._pages = own, pages
        named = {(data.file, data.uuid) for image in ome.images for data in image.data if data.file}
        # A file alone may have been given another name since.
        self._alone = len(named) == 1 and ome is own
        self._known: dict[tuple[str | None, str], int | None] = {}
        if any(self._is_own(PlanesAt(0, (0, 0, 0), None, *one, bare=False)) for one in named):
            self.set.add(pages.path, pages)

    def find(self, data: PlanesAt) -> int | None:
        """Return the number in `set` of the file that holds planes; None for one not there."""
        key = data.file, data.uuid
        if key not in self._known:
            self._known[key] = self._look(data)
        return self._known[key]

    def close(self) -> None:
        """Close them all."""
        self._pages.close()
        self.set.close()

    def _is_own(self, data: PlanesAt) -> bool:
        if data.file is None or self._alone:
            return True
        if data.uuid and self._own.uuid:
            return data.uuid == self._own.uuid
        return _name(data.file) == self._pages.path.name

    def _look(self, data: PlanesAt) -> int | None:
        if self._is_own(data):
            return self.set.add(self._pages.path, self._pages)
        name = _name(data.file or "")
        path = self._pages.path.with_name(name) if name else None
        if path is None or not path.is_file() or path == self._pages.path:
            self.absent[name] = None
            return None
        opened = TiffPages(path)
        theirs = parse_ome(opened.first.description) if opened.tiff.is_ome else None
        if theirs is not None and theirs.uuid and data.uuid and theirs.uuid != data.uuid:
            opened.close()
            self.absent[f"{name} (another file has this name)"] = None
            return None
        return self.set.add(path, opened)


def _name(said: str) -> str:
    """Keep the name alone: no file of a set lies in another folder."""
    return PureWindowsPath(said).name


def _metadata(path: Path, own: Ome) -> Ome:
    """Read the OME-XML of the file that another names for it."""
    name = _name(own.metadata_file or "")
    companion = path.with_name(name) if name else path
    problem = f"{readable(path.name)} says that {readable(name)} holds its metadata"
    fix = "Put the files of the set together in one folder, under the names they were given."
    if companion == path or not companion.is_file():
        raise SourceError(f"{problem}, and that file is not there.", fix)
    if companion.suffix.lower() in (".tif", ".tiff"):
        pages = TiffPages(companion)
        pages.close()
        xml: str | bytes = pages.first.description
    elif companion.stat().st_size > LARGEST_COMPANION:
        raise SourceError(f"{problem}, and that file is too large to be metadata.", fix)
    else:
        xml = companion.read_bytes()
    ome = parse_ome(xml)
    if ome is None or not ome.images:
        raise SourceError(f"{problem}, and that file holds none.", fix)
    return ome


def _series(ome: Ome, number: int, files: _Files) -> ImageSeries | None:
    image = ome.images[number]
    data = image.data or (PlanesAt(0, (0, 0, 0), None, None, "", bare=True),)
    layout: SeriesLayout | None = None
    for one in data:
        if one.page >= NO_PAGE:
            continue
        if any(place >= image.sizes[axis] for axis, place in zip("TCZ", one.first, strict=True)):
            continue
        file = files.find(one)
        if file is None:
            continue
        pages = files.set.files[file]
        if one.page >= len(pages.pages):
            _check_end(pages, len(pages.pages))
            continue
        if layout is None:
            sizes = _grown(image, pages, ome) if one.bare else image.sizes
            image = image._replace(sizes=sizes)
            layout = SeriesLayout(first_page(pages, one.page), sizes)
        _put(layout, image, one, file=file, pages=pages)
    if layout is None:
        return None
    return ImageSeries(
        sizes=layout.sizes,
        height=layout.height,
        width=layout.width,
        dtype=layout.page.dtype,
        planes=layout.planes,
        read=files.set.read,
        name=image.name,
        channels=image.channels,
        pixel_size_um=image.pixel_size_um or files.set.files[0].pixel_size_um,
        z_step_um=image.z_step_um,
        interval_s=image.interval_s,
        moments_s=_with_samples(image, layout),
        significant_bits=image.significant_bits,
    )


def _grown(image: OmeImage, pages: TiffPages, ome: Ome) -> dict[str, int]:
    """Count the frames of a file whose OME-XML was written before they were.

    ``<TiffData/>`` stands for all pages, however many there are now.
    """
    sizes = image.sizes
    last = pages.pages[-1]
    whole = len(pages.pages) - (last is None or not last.whole)
    if len(ome.images) > 1 or sizes["C"] * sizes["Z"] > 1 or whole <= sizes["T"]:
        return sizes
    return sizes | {"T": whole}


def _put(
    layout: SeriesLayout, image: OmeImage, data: PlanesAt, *, file: int, pages: TiffPages
) -> None:
    promised = image.sizes["T"] * image.sizes["C"] * image.sizes["Z"]
    page = layout.page
    count = promised if data.length is None else min(data.length, promised)
    if count > 1 and not data.page and is_block(pages, page):
        offsets = block(pages, page, count)
        for place, offset in zip(run(image, data, count), offsets, strict=False):
            layout.put(place, Place(file, 0, offset))
        return
    numbers = range(data.page, min(data.page + count, len(pages.pages)))
    for place, number in zip(run(image, data, len(numbers)), numbers, strict=False):
        if number == len(pages.pages) - 1 and pages.cut and _is_cut_off(pages, number):
            _check_end(pages, number)
        pages.require(number, page.shape, page.dtype)
        layout.put(place, Place(file, number))
    if len(numbers) < count:
        _check_end(pages, numbers.stop)


def _is_cut_off(pages: TiffPages, number: int) -> bool:
    page = pages.pages[number]
    return page is None or not page.whole


def _check_end(pages: TiffPages, number: int) -> None:
    """Refuse a file that was cut off; one that ends as it should holds fewer planes than said."""
    if pages.cut:
        raise damaged(pages.path, number, "is missing or cut off")


def _with_samples(image: OmeImage, layout: SeriesLayout) -> dict[tuple[int, ...], float]:
    if layout.sizes.get("S", 1) == 1:
        return image.moments_s
    samples = range(layout.sizes["S"])
    return {(*key, one): time for key, time in image.moments_s.items() for one in samples}
