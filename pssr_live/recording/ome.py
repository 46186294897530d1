"""OME-XML for a time-lapse of one stream or several, after the OME schema 2016-06."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from acquisition import Channel, PixelType, printable
from pssr_live._version import __version__

_NAMESPACE = "http://www.openmicroscopy.org/Schemas/OME/2016-06"

XML_BEGINS = '<?xml version="1.0" encoding="UTF-8"?>\n<OME '
# Behind the end of the OME-XML, where notes may grow by a digit when a file is gone on with.
_SPARE = " " * 64
# Where planes without a page are counted.
BLANK_LINE = " " * 95 + "\n"
_SIZE_T = 'SizeT="1"'.ljust(len('SizeT="9999999999"'))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDescription:
    """What a file's OME-XML says.

    Attributes
    ----------
    name : str
        Of the image.
    channels : tuple of Channel
        What the pixels show; a restored channel's name says so.
    shape : tuple of int
        Height and width.
    dtype : dtype
        ``uint8`` or ``uint16``.
    significant_bits : int
        Bits in use.
    pixel_size_um, interval_s : float or None
        Side of a pixel, time from frame to frame.
    acquired_at : str or None
        ISO 8601 date and time of the first frame.
    slices : int
        Z slices of each channel.
    z_step_um : float or None
        From slice to slice.
    frames_are_slices : bool
        Whether page k is slice k of a stack instead of time point k; for one stream.
    placed : bool
        Whether it is said of each page where it belongs; else, and only for one stream, page k is
        time point k.
    creator : str
        Program and version that began the file.
    notes : mapping of str to str
        Key-value pairs: source, engine, hash.
    """

    name: str
    channels: tuple[Channel, ...]
    shape: tuple[int, int]
    dtype: np.dtype[PixelType]
    significant_bits: int
    pixel_size_um: float | None
    interval_s: float | None
    acquired_at: str | None
    slices: int = 1
    z_step_um: float | None = None
    frames_are_slices: bool = False
    placed: bool = False
    creator: str = f"pssr-live {__version__}"
    notes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.placed and len(self.channels) * self.slices != 1:
            raise ValueError("pages of several streams have to say where they belong")
        if self.placed and self.frames_are_slices:
            raise ValueError("the slices of several streams have places of their own")

    @property
    def _sizes(self) -> str:
        """Sizes of depth and time; the one that grows is the last."""
        if self.frames_are_slices:
            return f'SizeT="1" {_SIZE_T.replace("SizeT", "SizeZ")}'
        return f'SizeZ="{self.slices}" {_SIZE_T}'

    def to_xml(self) -> str:
        """Write the OME-XML without its planes: `TiffAppender` adds them as frames come.

        Returns
        -------
        str
            With room for a number of ten digits after ``SizeT``, or ``SizeZ`` of slices.
        """
        optional = ""
        if self.pixel_size_um:
            size = f"{self.pixel_size_um:.9g}"
            optional += f' PhysicalSizeX="{size}" PhysicalSizeY="{size}"'
        if self.z_step_um:
            optional += f' PhysicalSizeZ="{self.z_step_um:.9g}"'
        if self.interval_s:
            optional += f' TimeIncrement="{self.interval_s:.9g}"'
        channels = "".join(map(_channel, range(len(self.channels)), self.channels))
        pages = "\n" + BLANK_LINE if self.placed else "<TiffData/>\n"
        date = f"<AcquisitionDate>{self.acquired_at}</AcquisitionDate>" if self.acquired_at else ""
        values = "".join(
            f"<M K={quoteattr(k)}>{escape(printable(v))}</M>" for k, v in self.notes.items()
        )
        return (
            f'{XML_BEGINS}xmlns="{_NAMESPACE}" '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            f'xsi:schemaLocation="{_NAMESPACE} {_NAMESPACE}/ome.xsd" '
            f"Creator={quoteattr(self.creator)}>"
            f'<Image ID="Image:0" Name={quoteattr(self.name)}>'
            f"{date}"
            '<Pixels ID="Pixels:0" DimensionOrder="XYCZT" BigEndian="false" '
            f'Type="{self.dtype}" SignificantBits="{self.significant_bits}" '
            f'SizeX="{self.shape[1]}" SizeY="{self.shape[0]}" '
            f'SizeC="{len(self.channels)}" {self._sizes}{optional}>'
            f"{channels}{pages}</Pixels>"
            '<AnnotationRef ID="Annotation:0"/></Image>'
            '<StructuredAnnotations><MapAnnotation ID="Annotation:0" Namespace="pssr-live">'
            f"<Value>{values}</Value></MapAnnotation></StructuredAnnotations></OME>{_SPARE}"
        )


def _channel(number: int, channel: Channel) -> str:
    optional = ""
    if channel.wavelength_nm:
        length = f"{channel.wavelength_nm:.9g}"
        optional += f' EmissionWavelength="{length}" EmissionWavelengthUnit="nm"'
    if channel.colour is not None:
        red, green, blue = channel.colour
        # Of four bytes, the last for opacity, as one signed number.
        packed = int.from_bytes(bytes((red, green, blue, 255)), "big", signed=True)
        optional += f' Color="{packed}"'
    name = quoteattr(printable(channel.name))
    return f'<Channel ID="Channel:0:{number}" Name={name} SamplesPerPixel="1"{optional}/>'


def read_notes(xml: bytes) -> dict[str, str]:
    """Read the key-value pairs of OME-XML that `ImageDescription` wrote; none of damaged XML."""
    try:
        # The parser under ElementTree (expat) refuses entities that blow up.
        root = ElementTree.fromstring(xml.rstrip(b"\0"))  # noqa: S314
    except ElementTree.ParseError:
        return {}
    return {note.get("K", ""): note.text or "" for note in root.iter(f"{{{_NAMESPACE}}}M")}
