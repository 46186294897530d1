"""HR time-lapses in the microscope makers' own files: Zeiss CZI and Nikon ND2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pssr_live.errors import UserError

_METRES_TO_UM = 1e6
_INSTALL = 'Install what training needs: python -m pip install "pssr-live[train]"'


class MicroscopeFile(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    pixels : ndarray
        Counts, its axes named by `axes`.
    axes : str
        A letter for each axis: T, C, Z, Y, X.
    pixel_size_um : float or None
    interval_s : float or None
    """

    pixels: NDArray[np.generic]
    axes: str
    pixel_size_um: float | None
    interval_s: float | None


def read_czi(path: Path) -> MicroscopeFile:
    """Read a CZI time series, for example one that ZEN's Airyscan Processing wrote.

    Raises
    ------
    UserError
        If it can't be read, or holds raw Airyscan planes, colours, several scenes or a z-stack.
    """
    try:
        from pylibCZIrw import czi
    except ImportError as error:
        raise UserError(f"{path} can't be read: pylibCZIrw is not installed.", _INSTALL) from error
    try:
        with czi.open_czi(str(path)) as document:
            box, kinds = document.total_bounding_box, set(document.pixel_types.values())
            scenes = document.scenes_bounding_rectangle
            counts = {axis: box[axis][1] - box[axis][0] for axis in box if axis not in "XY"}
            _check_czi(path, counts, kinds, len(scenes))
            plane = {"Z": box.get("Z", (0, 1))[0]}
            pixels = np.stack(
                [
                    [
                        document.read(plane=plane | {"T": time, "C": channel})[..., 0]
                        for channel in range(*box.get("C", (0, 1)))
                    ]
                    for time in range(*box.get("T", (0, 1)))
                ]
            )
            metadata = document.metadata["ImageDocument"]["Metadata"]
    except (RuntimeError, KeyError, OSError) as error:
        raise UserError(
            f"{path} can't be read as a CZI ({error}).", "Export it from ZEN as OME-TIFF."
        ) from error
    return MicroscopeFile(pixels, "TCYX", _czi_pixel_size(metadata), _czi_interval(metadata))


def read_nd2(path: Path) -> MicroscopeFile:
    """Read an ND2 time series.

    Raises
    ------
    UserError
        If it can't be read, or holds several positions or colours.
    """
    try:
        import nd2
    except ImportError as error:
        raise UserError(f"{path} can't be read: nd2 is not installed.", _INSTALL) from error
    try:
        with nd2.ND2File(path) as document:
            sizes = dict(document.sizes)
            pixels = document.asarray()
            size = float(document.voxel_size().x)
            interval = _nd2_interval(document)
    except (OSError, ValueError, RuntimeError) as error:
        raise UserError(
            f"{path} can't be read as an ND2 ({error}).", "Export it from NIS-Elements as TIFF."
        ) from error
    if sizes.get("P", 1) > 1:
        raise UserError(
            f"{path} has {sizes['P']} positions.", "Split them in NIS-Elements, one file each."
        )
    if "S" in sizes:
        raise UserError(f"{path} is in colour.", "Export a single channel in grey.")
    axes = "".join(axis for axis in sizes if axis != "P")
    if "P" in sizes:
        pixels = np.squeeze(pixels, axis=list(sizes).index("P"))
    return MicroscopeFile(pixels, axes, size or None, interval)


READERS: Mapping[str, Callable[[Path], MicroscopeFile]] = {".czi": read_czi, ".nd2": read_nd2}


def _check_czi(path: Path, counts: dict[str, int], kinds: set[str], scenes: int) -> None:
    if counts.get("H", 1) > 1:
        raise UserError(
            f"{path} holds the {counts['H']} raw detector planes of an Airyscan.",
            "Process it first: in ZEN, Method > Airyscan Processing; then take the new file.",
        )
    if not all(kind in ("Gray8", "Gray16", "Gray32Float") for kind in kinds):
        raise UserError(f"{path} is in colour ({', '.join(kinds)}).", "Export one grey channel.")
    if scenes > 1:
        raise UserError(
            f"{path} has {scenes} scenes.",
            "Split them in ZEN: Method > Split Scenes (Write files).",
        )
    if counts.get("Z", 1) > 1:
        raise UserError(f"{path} is a stack in z.", "Export one plane, or a projection, over time.")


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
