"""OME-XML for a time-lapse of one channel, after the OME schema 2016-06."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from acquisition import PixelType
from pssr_live import __version__

_NAMESPACE = "http://www.openmicroscopy.org/Schemas/OME/2016-06"


@dataclass(frozen=True, slots=True)
class ImageDescription:
    """What a file's OME-XML says.

    Attributes
    ----------
    name : str
        Of the image.
    channel : str
        What the pixels show; a restored channel says so.
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
    creator : str
        Program and version that began the file.
    notes : mapping of str to str
        Key-value pairs: source, engine, hash.
    """

    name: str
    channel: str
    shape: tuple[int, int]
    dtype: np.dtype[PixelType]
    significant_bits: int
    pixel_size_um: float | None
    interval_s: float | None
    acquired_at: str | None
    creator: str = f"pssr-live {__version__}"
    notes: Mapping[str, str] = field(default_factory=dict)

    def to_xml(self, frame_count: int | None, times: Sequence[float] = ()) -> str:
        """Write the OME-XML.

        Parameters
        ----------
        frame_count : int or None
            Frames in the file; None leaves ten digits for `TiffAppender` to keep up.
        times : sequence of float
            Each frame's time in seconds since the first; none to leave them out.

        Returns
        -------
        str
        """
        size_t = "0000000000" if frame_count is None else str(frame_count)
        optional = ""
        if self.pixel_size_um:
            size = f"{self.pixel_size_um:.9g}"
            optional += f' PhysicalSizeX="{size}" PhysicalSizeY="{size}"'
        if self.interval_s:
            optional += f' TimeIncrement="{self.interval_s:.9g}"'
        planes = "".join(
            f'<Plane TheZ="0" TheT="{number}" TheC="0" DeltaT="{time:.6f}"/>'
            for number, time in enumerate(times)
        )
        date = f"<AcquisitionDate>{self.acquired_at}</AcquisitionDate>" if self.acquired_at else ""
        values = "".join(f"<M K={quoteattr(k)}>{escape(v)}</M>" for k, v in self.notes.items())
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            f'<OME xmlns="{_NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            f'xsi:schemaLocation="{_NAMESPACE} {_NAMESPACE}/ome.xsd" '
            f"Creator={quoteattr(self.creator)}>"
            f'<Image ID="Image:0" Name={quoteattr(self.name)}>'
            f"{date}"
            '<Pixels ID="Pixels:0" DimensionOrder="XYCZT" BigEndian="false" '
            f'Type="{self.dtype}" SignificantBits="{self.significant_bits}" '
            f'SizeX="{self.shape[1]}" SizeY="{self.shape[0]}" SizeC="1" SizeZ="1" '
            f'SizeT="{size_t}"{optional}>'
            f'<Channel ID="Channel:0:0" Name={quoteattr(self.channel)} SamplesPerPixel="1"/>'
            f"<TiffData/>{planes}</Pixels>"
            '<AnnotationRef ID="Annotation:0"/></Image>'
            '<StructuredAnnotations><MapAnnotation ID="Annotation:0" Namespace="pssr-live">'
            f"<Value>{values}</Value></MapAnnotation></StructuredAnnotations></OME>"
        )
