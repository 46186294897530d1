"""Images in the microscope makers' own files: Zeiss CZI and Nikon ND2.

Each kind of file has a `Reader`, which tells what a file holds without reading its pixels, and
reads one channel of one position. Positions are what Zeiss calls scenes, OME images, and Nikon and
Micro-Manager positions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pssr_live.errors import UserError

_METRES_TO_UM = 1e6
_INSTALL = 'Install what training needs: python -m pip install "pssr-live[train]"'
_CZI_TYPES = {"Gray8": np.uint8, "Gray16": np.uint16, "Gray32Float": np.float32}


class Header(NamedTuple):
    """What one position of a file holds.

    Attributes
    ----------
    axes : str
        A letter for each axis: T, C, Z, Y, X; S for the colours of a picture.
    shape : tuple of int
        Along these axes.
    dtype : numpy.dtype
    pixel_size_um : float or None
    interval_s : float or None
    """

    axes: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    pixel_size_um: float | None
    interval_s: float | None

    def count(self, axis: str) -> int:
        """Return the size along an axis; 1 for one that there is not."""
        return self.shape[self.axes.index(axis)] if axis in self.axes else 1


class Reader(NamedTuple):
    """How one kind of file is read.

    Attributes
    ----------
    headers : callable
        From a path to the headers of its positions.
    pixels : callable
        From a path, a position and a channel to counts, with the axes of the position's header
        but C and S.
    """

    headers: Callable[[Path], list[Header]]
    pixels: Callable[[Path, int, int], NDArray[Any]]


def czi_headers(path: Path) -> list[Header]:
    """Look into a CZI, for example one that ZEN's Airyscan Processing wrote.

    Raises
    ------
    UserError
        If it can't be read, or holds raw Airyscan planes or colours.
    """
    with _czi(path) as document:
        box = document.total_bounding_box
        counts = {axis: box[axis][1] - box[axis][0] if axis in box else 1 for axis in "TCZH"}
        kinds = set(document.pixel_types.values())
        if counts["H"] > 1:
            raise UserError(
                f"{path} holds the {counts['H']} raw detector planes of an Airyscan.",
                "Process it first: in ZEN, Method > Airyscan Processing; then take the new file.",
            )
        if len(kinds) != 1 or not kinds <= set(_CZI_TYPES):
            raise UserError(
                f"{path} is in colour, or mixes kinds of pixels ({', '.join(sorted(kinds))}).",
                "Export one grey channel.",
            )
        metadata = document.metadata["ImageDocument"]["Metadata"]
        scenes = document.scenes_bounding_rectangle or {0: document.total_bounding_rectangle}
        return [
            Header(
                "TZCYX",
                (counts["T"], counts["Z"], counts["C"], scenes[scene].h, scenes[scene].w),
                np.dtype(_CZI_TYPES[next(iter(kinds))]),
                _czi_pixel_size(metadata),
                _czi_interval(metadata),
            )
            for scene in sorted(scenes)
        ]


def czi_pixels(path: Path, position: int, channel: int) -> NDArray[Any]:
    """Read one channel of a CZI's scene, (T, Z, Y, X)."""
    with _czi(path) as document:
        box = document.total_bounding_box
        scenes = sorted(document.scenes_bounding_rectangle)
        scene = {"scene": scenes[position]} if scenes else {}
        first = box.get("C", (0, 1))[0]
        return np.stack(
            [
                [
                    document.read(plane={"T": time, "Z": z, "C": first + channel}, **scene)[..., 0]
                    for z in range(*box.get("Z", (0, 1)))
                ]
                for time in range(*box.get("T", (0, 1)))
            ]
        )


def nd2_headers(path: Path) -> list[Header]:
    """Look into an ND2.

    Raises
    ------
    UserError
        If it can't be read.
    """
    with _nd2(path) as document:
        sizes = dict(document.sizes)
        positions = sizes.pop("P", 1)
        size = float(document.voxel_size().x) or None
        header = Header(
            "".join(sizes),
            tuple(sizes.values()),
            np.dtype(document.dtype),
            size,
            _nd2_interval(document),
        )
        return [header] * positions


def nd2_pixels(path: Path, position: int, channel: int) -> NDArray[Any]:
    """Read one channel of an ND2's position."""
    with _nd2(path) as document:
        axes = "".join(axis for axis in document.sizes if axis != "P")
        several = document.sizes.get("P", 1) > 1
        pixels = document.asarray(position=position if several else None)
        if "P" in document.sizes and pixels.ndim > len(axes):
            pixels = np.squeeze(pixels, axis=list(document.sizes).index("P"))
        return one_channel(pixels, axes, channel)


CZI = Reader(czi_headers, czi_pixels)
ND2 = Reader(nd2_headers, nd2_pixels)


def one_channel(pixels: NDArray[Any], axes: str, channel: int) -> NDArray[Any]:
    """Take one channel, or one colour, of pixels with these axes; others stay as they are."""
    for axis in "CS":
        if axis in axes:
            count = pixels.shape[axes.index(axis)]
            pixels = np.take(pixels, channel if count > 1 else 0, axis=axes.index(axis))
            axes = axes.replace(axis, "")
    return pixels


@contextmanager
def _czi(path: Path) -> Iterator[Any]:
    try:
        from pylibCZIrw import czi
    except ImportError as error:
        raise UserError(f"{path} can't be read: pylibCZIrw is not installed.", _INSTALL) from error
    try:
        with czi.open_czi(str(path)) as document:
            yield document
    except (RuntimeError, KeyError, OSError) as error:
        raise UserError(
            f"{path} can't be read as a CZI ({error}).", "Export it from ZEN as OME-TIFF."
        ) from error


@contextmanager
def _nd2(path: Path) -> Iterator[Any]:
    try:
        import nd2
    except ImportError as error:
        raise UserError(f"{path} can't be read: nd2 is not installed.", _INSTALL) from error
    try:
        with nd2.ND2File(path) as document:
            yield document
    except (OSError, ValueError, RuntimeError) as error:
        raise UserError(
            f"{path} can't be read as an ND2 ({error}).", "Export it from NIS-Elements as TIFF."
        ) from error


def _czi_pixel_size(metadata: Mapping[str, Any]) -> float | None:
    distances = _at(metadata, "Scaling", "Items", "Distance")
    for distance in distances if isinstance(distances, list) else [distances]:
        if isinstance(distance, Mapping) and distance.get("@Id") == "X":
            return float(distance["Value"]) * _METRES_TO_UM or None
    return None


def _czi_interval(metadata: Mapping[str, Any]) -> float | None:
    increment = _at(
        metadata,
        *("Information", "Image", "Dimensions", "T", "Positions", "Interval", "Increment"),
    )
    return float(increment) if increment else None


def _nd2_interval(document: Any) -> float | None:
    for loop in document.experiment:
        if loop.type in ("TimeLoop", "NETimeLoop"):
            parameters = loop.parameters
            if loop.type == "NETimeLoop":
                parameters = parameters.periods[0]
            period = float(parameters.periodMs) or float(parameters.periodDiff.avg)
            return period / 1e3 or None
    return None


def _at(tree: Any, *keys: str) -> Any:
    """Follow keys down a tree; None where it ends."""
    for key in keys:
        if not isinstance(tree, Mapping) or key not in tree:
            return None
        tree = tree[key]
    return tree
