"""One image as Micro-Manager's core hands it out, with what was noted at its capture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from acquisition.micromanager.answers import OddAnswerError

_CHANNEL_TAG = "CameraChannelIndex"
_ARRAY = "a"
# In the text of the core's error, in Java and in our own process.
_NOT_THERE = "Circular buffer is empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreImage:
    """An image of the sequence buffer.

    Attributes
    ----------
    pixels : ndarray
        Flat from a running Micro-Manager, (height, width) from a core in our own process.
    tags : dict of str to str
        As noted at the capture.
    number : int
        Counted by the core for each camera label, from 0 at each start of a sequence.
    elapsed_ms : float
        Since the start of the sequence.
    """

    pixels: NDArray[Any]
    tags: dict[str, str]
    number: int
    elapsed_ms: float

    @property
    def camera(self) -> str:
        """Label of the physical camera."""
        return self.tags.get("Camera", "")

    def channel(self, camera: str) -> int | None:
        """Which channel of a camera it is, from 0; None if it is not an image of that camera.

        Parameters
        ----------
        camera : str
            The camera label that the core uses.
        """
        # A device that is several cameras has its own label before the tag's name, and so has an
        # image of one of these cameras even where that one is used by itself.
        of_several = self.tags.get(f"{camera}-{_CHANNEL_TAG}")
        if of_several is not None:
            return int(of_several)
        return int(self.tags.get(_CHANNEL_TAG, "0")) if self.camera in ("", camera) else None

    @property
    def run_began(self) -> datetime | None:
        """Local time at which its sequence was started, None where the core does not tell."""
        received = self.received
        return None if received is None else received - timedelta(milliseconds=self.elapsed_ms)

    @property
    def received(self) -> datetime | None:
        """Local time at which the core got it, None where the core does not tell."""
        text = self.tags.get("TimeReceivedByCore", "")
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None

    def index(self, camera: str, channels: int) -> int:
        """Count within the image's own channel.

        Parameters
        ----------
        camera : str
            The camera label that the core uses.
        channels : int
            How many channels that camera has.

        Returns
        -------
        int
            Channels under one label share its numbers in turn; several physical cameras behind
            one label are numbered each for itself.
        """
        return self.number // channels if self.camera in ("", camera) else self.number


class ImageReader:
    """Takes images out of a core, or looks at them, with one Metadata object used again and again.

    Parameters
    ----------
    core : Any
        Micro-Manager's core, remote or in our own process.
    metadata : Any
        An empty Metadata of the same kind. Tagged images would leave an object behind in Java for
        each frame.
    """

    def __init__(self, core: Any, metadata: Any) -> None:
        self._core = core
        self._metadata = metadata
        self._text = metadata.serialize if hasattr(metadata, "serialize") else metadata.Serialize

    def pop(self) -> CoreImage | None:
        """Take the oldest image out of the buffer; None if the core has just emptied it."""
        return self._image(self._core.pop_next_image_md)

    def look(self, before_last: int) -> CoreImage | None:
        """Look at an image without taking it; None if the buffer does not hold it any more.

        Parameters
        ----------
        before_last : int
            0 for the newest.
        """
        return self._image(self._core.get_n_before_last_image_md, before_last)

    def _image(self, get: Callable[..., NDArray[Any]], *place: int) -> CoreImage | None:
        try:
            pixels = get(*place, self._metadata)
        except Exception as error:
            if _NOT_THERE in str(error):
                return None
            raise
        text = self._text()
        try:
            tags = parse_metadata(text)
            number, elapsed_ms = int(tags["ImageNumber"]), float(tags["ElapsedTime-ms"])
        except (AttributeError, KeyError, RuntimeError, StopIteration, ValueError) as error:
            raise OddAnswerError("for an image's tags", text) from error
        return CoreImage(pixels=np.asarray(pixels), tags=tags, number=number, elapsed_ms=elapsed_ms)


def parse_metadata(text: str) -> dict[str, str]:
    r"""Read what ``mmcorej.Metadata.Serialize`` writes.

    Parameters
    ----------
    text : str
        A count, then for each tag its kind (``s``: one value, ``a``: a list), name, device, a flag
        and value, one a line; a list has its length before its values.

    Returns
    -------
    dict of str to str
        Lists are joined by spaces.

    Examples
    --------
    >>> parse_metadata("1\ns\nImageNumber\n_\n1\n7\n")
    {'ImageNumber': '7'}
    """
    lines = iter(text.split("\n"))
    tags: dict[str, str] = {}
    for _ in range(int(next(lines))):
        kind, name, _device, _read_only = (next(lines) for _ in range(4))
        length = int(next(lines)) if kind == _ARRAY else 1
        tags[name] = " ".join(next(lines) for _ in range(length))
    return tags
