"""Gain, offset and read noise of a detector, from a recording it made.

Photon transfer: light arrives as photons, so the variance of a pixel's counts rises in proportion
to their mean, variance = gain x (mean - offset) + (gain x read noise)^2, and the slope is the gain
(Janesick, *Photon Transfer*, SPIE 2007). What moves or bleaches changes counts without being noise.
Variances are therefore taken from third differences of successive frames, in which all that changes
evenly over four frames cancels, and only where the image is flat.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquisition import ANY_STREAM, TimeLapse, readable
from acquisition.images import StreamChoice
from engines import write_whole
from pssr_live.crappify.hr_files import ALLOW_PREDICTED
from pssr_live.errors import UserError

MOST_FRAMES = 200
FEWEST_FRAMES = 10
SMALLEST_SIDE = 2
LEVELS = 24
FEWEST_PIXELS = 30
# Of the pixels at one level, the part that lies in the flattest places.
FLAT_PART = 0.4
DARK_PERCENTILE = 2.0
BLOCK = 4
# Third differences, and the sum of their squares: noise of one frame adds so much variance.
DIFFERENCES = (1, -3, 3, -1)
DIFFERENCES_GAIN = 20
PEAK_PERCENTILE = 99.5
# The brightest level must stand out this many times above the spread of a dark pixel.
SMALLEST_CONTRAST = 2.0

Image = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PhotonTransfer:
    """The points that a line was fitted to: mean and variance of counts, and pixels behind each."""

    mean: Image
    variance: Image
    pixels: Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What a detector does to light.

    Attributes
    ----------
    gain : float
        Counts to a photon.
    offset : float
        Counts without light.
    read_noise : float
        Standard deviation without light, in photons.
    photons : float
        Mean photons at the recording's brightest places (99.5th percentile).
    bits : int
        8, 12 or 16: where counts end.
    determination : float
        R squared of the line, 1 for a perfect fit.
    dark_known : bool
        Whether offset and read noise come from a dark recording; otherwise the darkest places are
        taken to be dark, which overstates both where they are not.
    """

    gain: float
    offset: float
    read_noise: float
    photons: float
    bits: int
    determination: float
    dark_known: bool

    def write_setting(self, path: Path) -> None:
        """Write the detector's setting as JSON, for ``crappify`` and ``train``."""
        keys = ("gain", "offset", "read_noise", "photons", "bits")
        setting = {"crappifier": "detector"} | {k: v for k, v in asdict(self).items() if k in keys}
        write_whole(path, json.dumps(setting, indent=2) + "\n")


def calibrate(
    recording: Path,
    dark: Path | None = None,
    choice: StreamChoice = ANY_STREAM,
    *,
    allow_predicted: bool = False,
) -> tuple[Calibration, PhotonTransfer]:
    """Measure a detector.

    Parameters
    ----------
    recording : Path
        LR time-lapse in any image file, or the folder of a recording; the stiller the sample the
        better. Frames that are missing are left out.
    dark : Path, optional
        The same with the laser off.
    choice : StreamChoice
        Channel, slice and position, where a file has several.
    allow_predicted : bool
        Whether a prediction of ours may be measured.

    Returns
    -------
    Calibration
    PhotonTransfer
        For a picture of the fit.

    Raises
    ------
    UserError, SourceError
        If the recordings can't be read, are too short, or hold too little contrast.
    """
    mean, variance, bits = _noise(recording, choice, allow_predicted=allow_predicted)
    if dark is not None:
        dark_mean, dark_variance, _ = _noise(dark, choice, allow_predicted=allow_predicted)
        offset, floor = float(np.median(dark_mean)), float(dark_variance.mean())
    else:
        blocks, block_variance = _block_means(mean), _block_means(variance)
        offset = float(np.percentile(blocks, DARK_PERCENTILE))
        floor = float(block_variance[blocks <= offset].mean())
    peak = float(np.percentile(mean, PEAK_PERCENTILE))
    if peak - offset < SMALLEST_CONTRAST * max(floor, 1e-12) ** 0.5:
        raise UserError(
            f"{recording} is too dark or too even to tell gain from noise.",
            "Record a sample with bright and dark places at the laser power you work with.",
        )
    points = _levels(mean, variance, top=0.9 * (2**bits - 1))
    slope, intercept, determination = _line(points) if variance.any() else (0.0, 0.0, 0.0)
    if slope <= 0:
        raise UserError(
            f"In {recording} bright places are not noisier than dark ones.",
            "Use raw counts: averaged, denoised or restored images have lost their noise.",
        )
    at_offset = floor if dark is not None else max(intercept + slope * offset, 0.0)
    calibration = Calibration(
        gain=slope,
        offset=offset,
        read_noise=at_offset**0.5 / slope,
        photons=(peak - offset) / slope,
        bits=bits,
        determination=determination,
        dark_known=dark is not None,
    )
    return calibration, points


def _noise(path: Path, choice: StreamChoice, *, allow_predicted: bool) -> tuple[Image, Image, int]:
    """Mean and noise variance of each pixel, and the bits in use."""
    window: deque[Image] = deque(maxlen=len(DIFFERENCES))
    total, squares = np.zeros(()), np.zeros(())
    highest, count, differences, last = 0.0, 0, 0, -1
    for number, frame in _frames(path, choice, allow_predicted=allow_predicted):
        if number != last + 1:
            # Over a gap the sample may have changed in any way.
            window.clear()
        last = number
        window.append(frame)
        count += 1
        total = total + frame
        highest = max(highest, float(frame.max()))
        if len(window) == len(DIFFERENCES):
            squares = squares + np.tensordot(DIFFERENCES, window, axes=1) ** 2
            differences += 1
    if count < FEWEST_FRAMES or not differences:
        raise UserError(
            f"{path} has {count} frames; noise is measured on {FEWEST_FRAMES} or more.",
            "Record a longer time-lapse.",
        )
    if min(total.shape) < SMALLEST_SIDE:
        size = " x ".join(map(str, total.shape))
        raise UserError(
            f"{readable(path)} is {size}: too small to measure on.",
            "Record a field with bright and dark places.",
        )
    bits = next(bits for bits in (8, 12, 16) if highest < 2**bits)
    return total / count, squares / (DIFFERENCES_GAIN * differences), bits


def _frames(
    path: Path, choice: StreamChoice, *, allow_predicted: bool
) -> Iterator[tuple[int, Image]]:
    """Read frames one by one, each with its number."""
    with closing(TimeLapse(path, choice)) as time_lapse:
        if time_lapse.predicted and not allow_predicted:
            raise UserError(
                f"{readable(path)} is restored: its noise is a network's, not the detector's.",
                f"Name the file it was made of; or, if you know why, add {ALLOW_PREDICTED}.",
            )
        numbers = time_lapse.indices or range(time_lapse.frame_count)
        for position in range(min(time_lapse.frame_count, MOST_FRAMES)):
            yield numbers[position], time_lapse.frame(position).astype(np.float64)


def _block_means(image: Image) -> Image:
    """Average blocks of pixels, lest the noise of single ones passes for darkness."""
    rows, columns = (max(1, side // BLOCK) for side in image.shape)
    cut = image[: rows * BLOCK, : columns * BLOCK]
    if cut.shape != (rows * BLOCK, columns * BLOCK):
        return image
    means: Image = cut.reshape(rows, BLOCK, columns, BLOCK).mean(axis=(1, 3))
    return means


def _levels(mean: Image, variance: Image, top: float) -> PhotonTransfer:
    """Average the noise of flat pixels at each of a few levels of brightness."""
    slopes = np.gradient(mean)
    steepness = slopes[0] ** 2 + slopes[1] ** 2
    edges = np.linspace(mean.min(), min(mean.max(), top), LEVELS + 1)
    level = np.digitize(mean, edges) - 1
    rows = []
    for number in range(LEVELS):
        here = level == number
        if np.count_nonzero(here) < FEWEST_PIXELS:
            continue
        flat = here & (steepness <= np.quantile(steepness[here], FLAT_PART))
        rows.append((mean[flat].mean(), variance[flat].mean(), float(np.count_nonzero(flat))))
    return PhotonTransfer(*np.array(rows).reshape(-1, 3).T)


def _line(points: PhotonTransfer) -> tuple[float, float, float]:
    """Fit variance = slope x mean + intercept; the error of a variance rises with its size."""
    if len(points.mean) < 3:
        raise UserError(
            "There are too few levels of brightness to fit a line through.",
            "Record a field with bright and dark places.",
        )
    weights = np.sqrt(points.pixels) / np.maximum(points.variance, 1e-12)
    slope, intercept = np.polyfit(points.mean, points.variance, 1, w=weights)
    residual = points.variance - (slope * points.mean + intercept)
    around_mean = points.variance - np.average(points.variance, weights=weights**2)
    determination = 1 - np.sum((weights * residual) ** 2) / np.sum((weights * around_mean) ** 2)
    return float(slope), float(intercept), float(determination)
