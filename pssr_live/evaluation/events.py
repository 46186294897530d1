"""Fission and fusion: what a method breaks and merges, and which events it lets one see."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines import SCALE_FACTOR, write_whole
from pssr_live.evaluation.regression import Regression, regress
from pssr_live.evaluation.skeletons import (
    Differences,
    Network,
    differences,
    network_of,
    threshold_of,
)
from pssr_live.metrics import fit_to_truth

TRUTH = "HR"
COLUMNS = ("movie", "method", "frame", "breaks", "merges", "fissions", "fusions")


class FrameEvents(NamedTuple):
    """What was found in one frame.

    Attributes
    ----------
    against_truth : Differences
        Structures of the truth that the method broke, and merged.
    since_last : Differences
        Structures of the frame before that are broken now, and merged: fission and fusion, or
        flicker. None in the first frame.
    """

    against_truth: Differences
    since_last: Differences


class MovieEvents(NamedTuple):
    """What a method showed of one movie.

    Attributes
    ----------
    movie, method : str
    frames : list of FrameEvents
    networks : list of Network
        Of each frame.
    """

    movie: str
    method: str
    frames: list[FrameEvents]
    networks: list[Network]

    @property
    def fissions(self) -> int:
        """Of the whole movie."""
        return sum(len(frame.since_last.breaks) for frame in self.frames)

    @property
    def fusions(self) -> int:
        """Of the whole movie."""
        return sum(len(frame.since_last.merges) for frame in self.frames)

    @property
    def breaks(self) -> float:
        """False breaks in a frame, on average."""
        return float(np.mean([len(frame.against_truth.breaks) for frame in self.frames]))

    @property
    def merges(self) -> float:
        """False merges in a frame, on average."""
        return float(np.mean([len(frame.against_truth.merges) for frame in self.frames]))


def names_of_movies(paths: Sequence[Path]) -> list[str]:
    """Name movies by their files; those of one name in several folders are numbered."""
    stems = [path.stem for path in paths]
    return [
        stem if stems.count(stem) == 1 else f"{stem} {stems[: number + 1].count(stem)}"
        for number, stem in enumerate(stems)
    ]


def of_whole_lr_pixels(frame: NDArray[Any]) -> NDArray[Any]:
    """Leave out the last rows and columns of an HR frame that make no whole LR pixel.

    Parameters
    ----------
    frame : ndarray, shape (H, W)
    """
    height, width = (side - side % SCALE_FACTOR for side in frame.shape)
    return frame[:height, :width]


def find_events(
    movie: str, truth: NDArray[np.generic], methods: Mapping[str, NDArray[np.generic]]
) -> list[MovieEvents]:
    """Find the events in a movie's truth, and in what methods made of it.

    Every frame is brought to the truth's brightness by one gain and one offset, as for PSNR, so
    that one threshold holds for all: Otsu's, of the truth.

    Parameters
    ----------
    movie : str
    truth : ndarray, shape (T, H, W)
    methods : mapping of str to ndarray, shape (T, H, W)

    Returns
    -------
    list of MovieEvents
        The truth's first.

    Raises
    ------
    ValueError
        If a frame has another shape, or the truth shows nothing.
    """
    goals = np.stack([fit_to_truth(frame, frame)[1] for frame in truth])
    threshold = threshold_of(goals)
    true = [network_of(goal, threshold) for goal in goals]
    found = [_events(movie, TRUTH, true, true=true)]
    for method, frames in methods.items():
        fitted = [fit_to_truth(frame, goal)[0] for frame, goal in zip(frames, truth, strict=True)]
        networks = [network_of(frame, threshold) for frame in fitted]
        found.append(_events(movie, method, networks, true=true))
    return found


def regressions(found: Sequence[MovieEvents]) -> dict[str, Regression | None]:
    """Fissions of each method against those of the truth, over movies."""
    truths = {one.movie: one.fissions for one in found if one.method == TRUTH}
    methods = dict.fromkeys(one.method for one in found if one.method != TRUTH)
    return {
        method: regress(
            [truths[one.movie] for one in found if one.method == method],
            [one.fissions for one in found if one.method == method],
        )
        for method in methods
    }


def write_table(path: Path, found: Sequence[MovieEvents]) -> None:
    """Write a line for every frame as CSV."""
    lines = io.StringIO()
    table = csv.writer(lines, lineterminator="\n")
    table.writerow(COLUMNS)
    for one in found:
        for number, frame in enumerate(one.frames):
            counts = (len(part) for both in frame for part in both)
            table.writerow([one.movie, one.method, number, *counts])
    write_whole(path, lines.getvalue())


def _events(
    movie: str, method: str, networks: list[Network], *, true: list[Network]
) -> MovieEvents:
    nothing = Differences([], [])
    frames = [
        FrameEvents(
            differences(goal, network),
            differences(networks[number - 1], network) if number else nothing,
        )
        for number, (network, goal) in enumerate(zip(networks, true, strict=True))
    ]
    return MovieEvents(movie, method, frames, networks)
