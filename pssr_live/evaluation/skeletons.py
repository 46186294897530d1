"""Networks of tubes as skeletons: where one is broken or merged that is not so in another."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from skimage import filters, measure, morphology, segmentation

# Without types, as far as it has any.
_filters: Any = filters
_measure: Any = measure
_morphology: Any = morphology
_segmentation: Any = segmentation

Image = NDArray[np.float64]
Mask = NDArray[np.bool_]
Labels = NDArray[np.int64]
# In pixels: structures are thicker than a noisy pixel, and lie so far off at most.
SMOOTHING = 1.0
REACH = 3.0
# Pieces of skeleton shorter than this are specks.
SHORTEST = 6


class Network(NamedTuple):
    """The structures of one frame.

    Attributes
    ----------
    parts : ndarray of int, shape (H, W)
        Number of the structure that a pixel belongs to, from 1; 0 for none.
    skeleton : ndarray of bool, shape (H, W)
        The line along the middle of each.
    """

    parts: Labels
    skeleton: Mask


class Differences(NamedTuple):
    """How the structures of one frame are cut and joined in another.

    Attributes
    ----------
    breaks : list of tuple of (float, float)
        Where one structure of the first is several in the second, one entry for each cut: row and
        column of the gap.
    merges : list of tuple of (float, float)
        The other way round.
    """

    breaks: list[tuple[float, float]]
    merges: list[tuple[float, float]]


def threshold_of(frames: NDArray[np.generic]) -> float:
    """Find the brightness above which there is structure, one for all frames (Otsu 1979).

    Parameters
    ----------
    frames : ndarray, shape (T, H, W)
    """
    return float(_filters.threshold_otsu(np.stack([_smoothed(frame) for frame in frames])))


def network_of(frame: NDArray[np.generic], threshold: float) -> Network:
    """Find the structures of a frame, and the line along the middle of each.

    Parameters
    ----------
    frame : ndarray, shape (H, W)
    threshold : float
        In the frame's units, see `threshold_of`.
    """
    parts = _measure.label(_smoothed(frame) > threshold, connectivity=2).astype(np.int64)
    skeleton = _morphology.skeletonize(parts > 0)
    lengths = np.bincount(parts[skeleton], minlength=parts.max() + 1)
    kept = lengths >= SHORTEST
    kept[0] = False
    return Network(np.where(kept[parts], parts, 0), skeleton & kept[parts])


def differences(first: Network, second: Network) -> Differences:
    """Compare two frames: a method's with the truth, or one with the next.

    A structure of the first that has `SHORTEST` pixels of its skeleton or more on each of several
    structures of the second is broken there once less than there are of these. A ring that opens,
    or a branch that falls off and is not found at all, is no break.

    Parameters
    ----------
    first, second : Network
        Of one shape.
    """
    return Differences(_cuts(first, second), _cuts(second, first))


def _cuts(whole: Network, cut: Network) -> list[tuple[float, float]]:
    near = _segmentation.expand_labels(cut.parts, REACH)
    rows, columns = np.nonzero(whole.skeleton & (near > 0))
    points = np.stack([rows, columns], axis=1).astype(float)
    pairs = np.stack([whole.parts[rows, columns], near[rows, columns]], axis=1)
    places: list[tuple[float, float]] = []
    for number in np.unique(pairs[:, 0]):
        of_one = pairs[:, 0] == number
        pieces, counts = np.unique(pairs[of_one, 1], return_counts=True)
        long = counts >= SHORTEST
        # The longest goes on; each other one is a cut.
        ranked = pieces[long][np.argsort(-counts[long], kind="stable")]
        for piece in ranked[1:]:
            first, second = (points[of_one & (pairs[:, 1] == one)] for one in (ranked[0], piece))
            places.append(_between(first, second))
    return places


def _between(first: Image, second: Image) -> tuple[float, float]:
    """Find the middle of where two sets of points, (N, 2), are nearest."""
    distances, nearest = (np.asarray(found) for found in KDTree(first).query(second))
    end = int(np.argmin(distances))
    row, column = (first[int(nearest[end])] + second[end]) / 2
    return float(row), float(column)


def _smoothed(frame: NDArray[np.generic]) -> Image:
    return np.asarray(
        _filters.gaussian(np.asarray(frame, np.float64), SMOOTHING, preserve_range=True)
    )
