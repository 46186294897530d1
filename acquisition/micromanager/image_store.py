"""The images of an experiment, where Micro-Manager keeps them: a Datastore, only looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from acquisition.micromanager.answers import OddAnswerError
from acquisition.micromanager.experiment_summary import ExperimentSummary, read_summary
from acquisition.micromanager.image_coords import ImageCoords, read_coords

# Live and Snap have another class, and script's data that is shown may have any.
_STORE = "DefaultDatastore"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """One image, of which nothing is held in Micro-Manager any more.

    Attributes
    ----------
    pixels : ndarray, shape (H, W)
        Empty where it is not a grey image of 8 or 16 bits.
    kind : str
        Its size and kind, in words.
    elapsed_ms : float or None
        Since the experiment began.
    pixel_size_um : float or None
    significant_bits : int or None
    tags : dict of str to str
        What else is known of it.
    """

    pixels: NDArray[Any]
    kind: str
    elapsed_ms: float | None
    pixel_size_um: float | None
    significant_bits: int | None
    tags: dict[str, str]


class ImageStore:
    """One experiment's images.

    Three objects are had from Micro-Manager for an image, and let go of before the next.

    Parameters
    ----------
    provider : Any
        Micro-Manager's DataProvider.
    create_coords : callable
        Of Micro-Manager's DataManager.
    summary : ExperimentSummary
        Of the provider.
    """

    def __init__(
        self, provider: Any, create_coords: Callable[[str], Any], summary: ExperimentSummary
    ) -> None:
        self._provider = provider
        self._create_coords = create_coords
        self.summary = summary

    def count(self) -> int | None:
        """Ask how many images there are; None once its window was closed and they are gone."""
        count = self._provider.get_num_images()
        if not isinstance(count, int):
            raise OddAnswerError("get_num_images", count)
        return count if count >= 0 else None

    def is_frozen(self) -> bool:
        """Whether no image will be added."""
        return bool(self._provider.is_frozen())

    def coords(self) -> tuple[list[ImageCoords], list[str]]:
        """List all images, see `read_coords`."""
        listed = self._provider.get_unordered_image_coords()
        return ([], []) if listed is None else read_coords(listed.to_string())

    def image(self, coords: ImageCoords) -> StoredImage | None:
        """Fetch an image; None if it is not there."""
        image = self._provider.get_image(self._create_coords(str(coords)))
        return None if image is None else _read_image(image)


def find_stores(studio: Any) -> list[ImageStore]:
    """Find the experiments whose data window is open; those that run stand first, then the newest.

    Parameters
    ----------
    studio : Any
        Micro-Manager's Studio.
    """
    create_coords = studio.data().create_coords
    viewers = studio.displays().get_all_data_viewers()
    found: list[tuple[bool, str, ImageStore]] = []
    for number in range(viewers.size()):
        viewer = viewers.get(number)
        provider = viewer.get_data_provider()
        if provider is None or str(provider._java_class).rpartition(".")[2] != _STORE:
            continue
        metadata = provider.get_summary_metadata()
        if metadata is None or provider.get_num_images() < 0:
            continue
        summary = read_summary(metadata, viewer.get_display_settings())
        store = ImageStore(provider, create_coords, summary)
        found.append((not store.is_frozen(), summary.started, store))
    found.sort(key=lambda one: one[:2], reverse=True)
    return [store for _, _, store in found]


def _read_image(image: Any) -> StoredImage:
    height, width = int(image.get_height()), int(image.get_width())
    kind = f"{width} x {height} pixels of {8 * int(image.get_bytes_per_pixel())} bits"
    pixels = np.empty((0, 0), np.uint8)
    if image.get_num_components() != 1:
        kind = f"{kind} in colour"
    else:
        raw = image.get_raw_pixels()
        if isinstance(raw, np.ndarray) and raw.size == height * width:
            pixels = raw.reshape(height, width)
    metadata = image.get_metadata()
    bits = metadata.get_bit_depth()
    tags = {
        "Camera": metadata.get_camera(),
        "PositionName": metadata.get_position_name(),
        "ReceivedTime": metadata.get_received_time(),
        "ZPositionUm": metadata.get_z_position_um(),
        "Exposure-ms": metadata.get_exposure_ms(),
    }
    return StoredImage(
        pixels=pixels,
        kind=kind,
        elapsed_ms=_number(metadata.get_elapsed_time_ms()),
        pixel_size_um=_number(metadata.get_pixel_size_um()) or None,
        significant_bits=int(bits) if bits else None,
        tags={name: str(value) for name, value in tags.items() if value is not None},
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
