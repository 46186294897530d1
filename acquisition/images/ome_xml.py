"""What OME-XML says of images: axes, sizes, times, and where each plane lies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from acquisition.channel import Channel
from acquisition.images.series import Key
from acquisition.images.units import duration_s, length_um, moment_s, number, square

_DIMENSIONS = "TCZ"
# The page of planes that are said to have none: more than a TIFF has.
NO_PAGE = 1 << 30


class PlanesAt(NamedTuple):
    """A ``TiffData``: planes that follow one another in a file.

    Attributes
    ----------
    page : int
        The first's.
    first : tuple of int
        Its place along T, C and Z.
    length : int or None
        How many; None for all pages of the file.
    file : str or None
        The file's name; None for the one that holds the OME-XML.
    uuid : str
        The file's; may be empty.
    bare : bool
        Whether nothing at all is said.
    """

    page: int
    first: Key
    length: int | None
    file: str | None
    uuid: str
    bare: bool


class OmeImage(NamedTuple):
    """An ``Image``.

    Attributes
    ----------
    name : str
    sizes : dict
        T, C and Z; C counts the samples of a pixel as one.
    order : str
        T, C and Z, the fastest last.
    data : tuple of PlanesAt
    channels : tuple of Channel
    pixel_size_um, z_step_um, interval_s : float or None
    moments_s : dict
        By place along T, C and Z.
    significant_bits : int or None
    """

    name: str
    sizes: dict[str, int]
    order: str
    data: tuple[PlanesAt, ...]
    channels: tuple[Channel, ...]
    pixel_size_um: float | None
    z_step_um: float | None
    interval_s: float | None
    moments_s: dict[Key, float]
    significant_bits: int | None


class Ome(NamedTuple):
    """A document.

    Attributes
    ----------
    uuid : str
        Of the file that holds it; may be empty.
    images : tuple of OmeImage
    metadata_file : str or None
        The file that holds the metadata in its stead.
    notes : dict
        Key-value pairs.
    """

    uuid: str
    images: tuple[OmeImage, ...]
    metadata_file: str | None
    notes: dict[str, str]


def parse_ome(xml: str | bytes) -> Ome | None:
    """Read OME-XML.

    Returns
    -------
    Ome or None
        None for what is not XML, or says nothing of an image.
    """
    try:
        # The parser under ElementTree (expat) refuses entities that blow up.
        root = ElementTree.fromstring(xml)  # noqa: S314
    except (ElementTree.ParseError, ValueError):
        return None
    images = tuple(
        _image(image, pixels)
        for image in root.iterfind("{*}Image")
        for pixels in image.findall("{*}Pixels")[:1]
    )
    elsewhere = root.find("{*}BinaryOnly")
    if not images and elsewhere is None:
        return None
    return Ome(
        uuid=root.get("UUID", "").lower(),
        images=images,
        metadata_file=None if elsewhere is None else elsewhere.get("MetadataFile", ""),
        notes={note.get("K", ""): note.text or "" for note in root.iterfind(".//{*}M")},
    )


def run(image: OmeImage, planes: PlanesAt, count: int) -> Iterator[Key]:
    """Yield the places along T, C and Z of planes that follow one another."""
    place = dict(zip(_DIMENSIONS, planes.first, strict=True))
    for _ in range(count):
        yield tuple(place.values())
        for axis in reversed(image.order):
            place[axis] += 1
            if place[axis] < image.sizes[axis]:
                break
            place[axis] = 0
        else:
            return


def _image(image: ElementTree.Element, pixels: ElementTree.Element) -> OmeImage:
    channels = pixels.findall("{*}Channel")
    samples = [_count(one.get("SamplesPerPixel")) for one in channels]
    sizes = {axis: _count(pixels.get(f"Size{axis}")) for axis in _DIMENSIONS}
    colours = max(samples, default=1)
    if colours > 1 and sum(samples) == sizes["C"]:
        sizes["C"] = len(samples)
    order = "".join(axis for axis in pixels.get("DimensionOrder", "XYCZT") if axis in _DIMENSIONS)
    bits = _count(pixels.get("SignificantBits"))
    return OmeImage(
        name=image.get("Name", ""),
        sizes=sizes,
        order=order[::-1] if sorted(order) == sorted(_DIMENSIONS) else "TZC",
        data=tuple(_planes_at(data) for data in pixels.iterfind("{*}TiffData")),
        channels=tuple(_channel(one) for one in channels),
        pixel_size_um=square(_length(pixels, "X"), _length(pixels, "Y")),
        z_step_um=_length(pixels, "Z"),
        interval_s=duration_s(pixels.get("TimeIncrement"), pixels.get("TimeIncrementUnit", "s")),
        moments_s=dict(_moments(pixels)),
        significant_bits=bits if bits > 1 else None,
    )


def _planes_at(data: ElementTree.Element) -> PlanesAt:
    said = data.get("PlaneCount", data.get("NumPlanes"))
    page = data.get("IFD")
    count = _count(said) if said is not None else (None if page is None else 1)
    uuid = data.find("{*}UUID")
    return PlanesAt(
        page=_index(page),
        first=tuple(_index(data.get(f"First{axis}")) for axis in _DIMENSIONS),
        length=count,
        file=None if uuid is None else uuid.get("FileName"),
        uuid="" if uuid is None else (uuid.text or "").strip().lower(),
        bare=not data.attrib and uuid is None,
    )


def _moments(pixels: ElementTree.Element) -> Iterator[tuple[Key, float]]:
    for plane in pixels.iterfind("{*}Plane"):
        time = moment_s(plane.get("DeltaT"), plane.get("DeltaTUnit", "s"))
        if time is not None:
            yield tuple(_index(plane.get(f"The{axis}")) for axis in _DIMENSIONS), time


def _channel(said: ElementTree.Element) -> Channel:
    wavelength = length_um(said.get("EmissionWavelength"), said.get("EmissionWavelengthUnit", "nm"))
    return Channel(
        said.get("Name", ""),
        _colour(said.get("Color")),
        None if wavelength is None else round(1e3 * wavelength, 3),
    )


def _length(pixels: ElementTree.Element, axis: str) -> float | None:
    return length_um(pixels.get(f"PhysicalSize{axis}"), pixels.get(f"PhysicalSize{axis}Unit", "µm"))


def _colour(said: str | None) -> tuple[int, int, int] | None:
    """Read a colour: red, green, blue and opacity, a byte each, as one signed number."""
    try:
        bits = int(said or "") & 0xFFFFFFFF
    except ValueError:
        return None
    return bits >> 24, bits >> 16 & 255, bits >> 8 & 255


def _count(said: object) -> int:
    value = number(said)
    return int(value) if 1 <= value < 1 << 31 else 1


def _index(said: object) -> int:
    value = number(said)
    return int(value) if 0 <= value < 1 << 31 else 0
