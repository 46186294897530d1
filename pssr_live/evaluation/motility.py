"""Motility: what moves along a line, how far, how fast, and how much of the time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter
from scipy.optimize import linear_sum_assignment
from scipy.signal import find_peaks

Kymograph = NDArray[np.float64]
# In pixels along the line.
SMOOTHING = 1.5
# In parts of the kymograph's span, and in standard deviations of its noise: what stands out so far
# is a particle.
PROMINENCE, ABOVE_NOISE = 0.15, 4.5
# In frames: tracks are bridged over so many without a peak, and shorter ones are left out.
LONGEST_GAP, SHORTEST = 2, 8
# In frames: noise moves a peak by a fraction of a pixel from frame to frame.
_MEDIAN_OF = 5
# In µm/s: what is slower pauses, as in KymoAnalyzer (Neumann et al., Traffic 18, 2017).
PAUSE_SPEED = 0.05


class Track(NamedTuple):
    """A particle's way along the line.

    Attributes
    ----------
    frames : ndarray of int, shape (n,)
        Every frame from its first to its last.
    places : ndarray of float64, shape (n,)
        In pixels along the line; between peaks where none was found.
    """

    frames: NDArray[np.int64]
    places: NDArray[np.float64]


class Motility(NamedTuple):
    """How a particle moved.

    Attributes
    ----------
    distance_um : float
        Travelled while moving, back and forth.
    speed_um_s : float
        Mean while moving; 0 for one that never does.
    moving, paused : float
        Parts of its time, in percent.
    """

    distance_um: float
    speed_um_s: float
    moving: float
    paused: float


def find_tracks(kymograph: Kymograph, *, reach: float) -> list[Track]:
    """Follow the peaks of a kymograph from row to row.

    Peaks of neighbouring rows are joined so that the sum of all steps is least.

    Parameters
    ----------
    kymograph : ndarray of float64, shape (T, n)
        Time runs down.
    reach : float
        Pixels that a particle moves at most from frame to frame.

    Returns
    -------
    list of Track
    """
    smooth = gaussian_filter1d(kymograph, SMOOTHING, axis=1)
    low, high = np.percentile(smooth, (1, 99.9))
    prominence = max(PROMINENCE * (high - low), ABOVE_NOISE * _noise(smooth))
    open_tracks: list[list[tuple[int, float]]] = []
    closed: list[list[tuple[int, float]]] = []
    for frame, row in enumerate(smooth):
        found, _ = find_peaks(row, prominence=prominence)
        peaks = [_between_pixels(row, int(peak)) for peak in found]
        taken = _joined(open_tracks, peaks, frame, reach=reach)
        for number, peak in taken.items():
            open_tracks[number].append((frame, peaks[peak]))
        open_tracks += [[(frame, peaks[n])] for n in set(range(len(peaks))) - set(taken.values())]
        closed += [one for one in open_tracks if frame - one[-1][0] > LONGEST_GAP]
        open_tracks = [one for one in open_tracks if frame - one[-1][0] <= LONGEST_GAP]
    tracks = [_filled(one) for one in (*closed, *open_tracks)]
    return [one for one in tracks if len(one.frames) >= SHORTEST]


def motility_of(track: Track, *, pixel_um: float, interval_s: float) -> Motility:
    """Measure a track, after a median over five frames.

    Parameters
    ----------
    track : Track
    pixel_um, interval_s : float
        Of the movie.
    """
    places = pixel_um * median_filter(track.places, _MEDIAN_OF, mode="nearest")
    steps = np.abs(np.diff(places))
    moves = steps / interval_s > PAUSE_SPEED
    distance = float(steps[moves].sum())
    time = float(moves.sum()) * interval_s
    moving = 100 * float(moves.mean())
    return Motility(distance, distance / time if time else 0.0, moving, 100 - moving)


def _noise(rows: Kymograph) -> float:
    """Standard deviation of what changes from row to row, whatever the few particles do."""
    changes = np.diff(rows, axis=0)
    spread = np.median(np.abs(changes - np.median(changes))) if changes.size else 0.0
    return float(1.4826 * spread / 2**0.5)


def _joined(
    tracks: list[list[tuple[int, float]]], peaks: list[float], frame: int, *, reach: float
) -> dict[int, int]:
    """Find which peak goes on with which track."""
    if not tracks or not peaks:
        return {}
    ends = np.array([one[-1] for one in tracks])
    costs = np.abs(ends[:, 1:2] - np.array(peaks))
    allowed = costs <= reach * (frame - ends[:, :1])
    rows, columns = linear_sum_assignment(np.where(allowed, costs, 1e6))
    return {int(r): int(c) for r, c in zip(rows, columns, strict=True) if allowed[r, c]}


def _between_pixels(row: NDArray[np.float64], peak: int) -> float:
    """Place of a peak by the parabola through it and its neighbours."""
    left, middle, right = row[peak - 1 : peak + 2]
    bend = left - 2 * middle + right
    return peak + (0.5 * float((left - right) / bend) if bend else 0.0)


def _filled(points: list[tuple[int, float]]) -> Track:
    """Put places between peaks where there was none."""
    frames = np.arange(points[0][0], points[-1][0] + 1)
    known, places = zip(*points, strict=True)
    return Track(frames, np.interp(frames, known, places))
