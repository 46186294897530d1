"""Micro-Manager's data of an experiment, as its Java objects show it to a client."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

AXES = ("channel", "position", "time", "z")


class JavaList:
    """A list of Java's: not iterable for a client, but it tells its size and its elements."""

    def __init__(self, elements: Iterable[Any]) -> None:
        self._elements = list(elements)

    def size(self) -> int:
        return len(self._elements)

    def get(self, index: int) -> Any:
        return self._elements[index]

    def toString(self) -> str:  # noqa: N802 - Java's name
        return f"[{', '.join(as_text(element) for element in self._elements)}]"


def as_text(element: Any) -> str:
    """What Java's ``toString`` makes of it."""
    return str(element.toString() if hasattr(element, "toString") else element)


@dataclass(frozen=True)
class Coords:
    """Where an image belongs; an index of 0 is none."""

    indices: Mapping[str, int]

    @classmethod
    def of(cls, **indices: int) -> Coords:
        """Without what is 0."""
        return cls({axis: index for axis, index in sorted(indices.items()) if index})

    @classmethod
    def read(cls, text: str) -> Coords:
        """Read what ``createCoords`` takes."""
        pairs = (part.split("=") for part in text.replace(" ", "").split(",") if part)
        return cls.of(**{axis: int(index) for axis, index in pairs})

    def getIndex(self, axis: str) -> int:  # noqa: N802 - Java's name
        return self.indices.get(axis, 0)

    def toString(self) -> str:  # noqa: N802 - Java's name
        return f"<{' '.join(f'{axis}={index}' for axis, index in self.indices.items())}>"

    def __hash__(self) -> int:
        return hash(tuple(self.indices.items()))


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """Of one image; a number that Micro-Manager does not know is null."""

    elapsed_ms: float | None
    received: str
    z_um: float | None
    pixel_size_um: float
    position: str
    camera: str
    exposure_ms: float | None
    bit_depth: int
    image_number: int | None = None

    def getElapsedTimeMs(self) -> float | None:  # noqa: N802 - Java's names
        return self.elapsed_ms

    def getReceivedTime(self) -> str:  # noqa: N802
        return self.received

    def getZPositionUm(self) -> float | None:  # noqa: N802
        return self.z_um

    def getPixelSizeUm(self) -> float:  # noqa: N802
        return self.pixel_size_um

    def getPositionName(self) -> str:  # noqa: N802
        return self.position

    def getCamera(self) -> str:  # noqa: N802
        return self.camera

    def getExposureMs(self) -> float | None:  # noqa: N802
        return self.exposure_ms

    def getBitDepth(self) -> int:  # noqa: N802
        return self.bit_depth

    def getImageNumber(self) -> int | None:  # noqa: N802
        return self.image_number


@dataclass(frozen=True, kw_only=True)
class Image:
    """Pixels and what is known of them."""

    pixels: np.ndarray[Any, Any]
    coords: Coords
    metadata: Metadata
    components: int = 1

    def getRawPixels(self) -> np.ndarray[Any, Any]:  # noqa: N802 - Java's names
        return self.pixels

    def getWidth(self) -> int:  # noqa: N802
        return int(self.pixels.shape[1])

    def getHeight(self) -> int:  # noqa: N802
        return int(self.pixels.shape[0])

    def getBytesPerPixel(self) -> int:  # noqa: N802
        return self.pixels.itemsize

    def getNumComponents(self) -> int:  # noqa: N802
        return self.components

    def getMetadata(self) -> Metadata:  # noqa: N802
        return self.metadata


@dataclass(frozen=True)
class Position:
    """A position of the stage list."""

    label: str

    def getLabel(self) -> str:  # noqa: N802 - Java's name
        return self.label


@dataclass(frozen=True, kw_only=True)
class SummaryMetadata:
    """What was planned."""

    channels: Sequence[str]
    interval_ms: float
    intended: Coords
    z_step_um: float | None
    started: str
    prefix: str
    positions: Sequence[str] = ()
    axes: Sequence[str] = ("channel", "z", "time", "position")

    def getChannelNameList(self) -> JavaList:  # noqa: N802 - Java's names
        return JavaList(self.channels)

    def getWaitInterval(self) -> float:  # noqa: N802
        return self.interval_ms

    def getIntendedDimensions(self) -> Coords:  # noqa: N802
        return self.intended

    def getZStepUm(self) -> float | None:  # noqa: N802
        return self.z_step_um

    def getStartDate(self) -> str:  # noqa: N802
        return self.started

    def getPrefix(self) -> str:  # noqa: N802
        return self.prefix

    def getDirectory(self) -> str | None:  # noqa: N802
        return None

    def getOrderedAxes(self) -> JavaList:  # noqa: N802
        return JavaList(self.axes)

    def getStagePositionList(self) -> JavaList:  # noqa: N802
        return JavaList(Position(label) for label in self.positions)


class Datastore:
    """The images of an experiment, in memory.

    Parameters
    ----------
    summary : SummaryMetadata
    """

    def __init__(self, summary: SummaryMetadata) -> None:
        self.summary = summary
        self.digests: dict[str, str] = {}
        self._images: dict[Coords, Image] | None = {}
        self._frozen = False
        self._lock = threading.Lock()

    def put(self, image: Image) -> None:
        """Take an image; none is taken any more once the window was closed."""
        with self._lock:
            if self._images is not None:
                self._images[image.coords] = image
                self.digests[image.coords.toString()] = digest(image.pixels)

    def freeze(self) -> None:
        """Take no more."""
        self._frozen = True

    def discard(self) -> None:
        """Forget all, as when the data window is closed and nothing was saved."""
        with self._lock:
            self._images = None

    def isFrozen(self) -> bool:  # noqa: N802 - Java's names
        return self._frozen

    def getNumImages(self) -> int:  # noqa: N802
        images = self._images
        return -1 if images is None else len(images)

    def getUnorderedImageCoords(self) -> JavaList | None:  # noqa: N802
        with self._lock:
            if self._images is None:
                return None
            # As a hash table has them.
            return JavaList(sorted(self._images, key=lambda coords: digest_of(coords.toString())))

    def getImage(self, coords: Coords) -> Image | None:  # noqa: N802
        return (self._images or {}).get(coords)

    def hasImage(self, coords: Coords) -> bool:  # noqa: N802
        return coords in (self._images or {})

    def getSummaryMetadata(self) -> SummaryMetadata:  # noqa: N802
        return self.summary


class Preview(Datastore):
    """Live's and Snap's own: rewritten again and again, and never frozen."""


@dataclass(frozen=True)
class Colour:
    """A colour of Java's."""

    red: int
    green: int
    blue: int

    def getRed(self) -> int:  # noqa: N802 - Java's names
        return self.red

    def getGreen(self) -> int:  # noqa: N802
        return self.green

    def getBlue(self) -> int:  # noqa: N802
        return self.blue


@dataclass(frozen=True)
class DisplaySettings:
    """How a window shows its channels."""

    colours: Sequence[Colour]

    def getChannelColor(self, channel: int) -> Colour:  # noqa: N802 - Java's name
        return self.colours[channel]


@dataclass(frozen=True)
class Viewer:
    """A window with data."""

    store: Datastore
    settings: DisplaySettings = field(default_factory=lambda: DisplaySettings([]))

    def getDataProvider(self) -> Datastore:  # noqa: N802 - Java's names
        return self.store

    def getDisplaySettings(self) -> DisplaySettings:  # noqa: N802
        return self.settings


class Displays:
    """All windows with data, in no order."""

    def __init__(self) -> None:
        nothing = SummaryMetadata(
            channels=["Default"], interval_ms=0.0, intended=Coords.of(), z_step_um=None,
            started="", prefix="Preview",
        )  # fmt: skip
        self.viewers = [Viewer(Preview(nothing))]

    def getAllDataViewers(self) -> JavaList:  # noqa: N802 - Java's name
        return JavaList(self.viewers)


class DataManager:
    """Makes what a client needs to ask for data."""

    def createCoords(self, text: str) -> Coords:  # noqa: N802 - Java's name
        return Coords.read(text)


def digest(pixels: np.ndarray[Any, Any]) -> str:
    """Tell pixels apart by a few characters."""
    return digest_of(np.ascontiguousarray(pixels).tobytes())


def digest_of(content: bytes | str) -> str:
    data = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()[:16]
