"""Endless HR movies of simulated mitochondria, for training."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from acquisition.simulated.scanner import FWHM_TO_SIGMA
from acquisition.simulated.specimen import Specimen


def hr_movie(
    seed: int,
    frames: int,
    height: int,
    width: int,
    pixel_size_um: float = 0.049,
    interval_s: float = 0.27049,
) -> NDArray[np.float32]:
    """Film one specimen in HR, without noise.

    The seed also draws what differs from cell to cell and day to day: how many mitochondria there
    are, how fast and how thick they are, how bright the cytoplasm is, how sharp the microscope is,
    and the moment at which the film begins.

    Parameters
    ----------
    seed : int
        Decides everything.
    frames : int
        Length of the movie.
    height, width : int
        Size of a frame in HR pixels.
    pixel_size_um : float
        Side of an HR pixel.
    interval_s : float
        Time from frame to frame.

    Returns
    -------
    ndarray of float32, shape (frames, height, width)
        Light, scaled so that the 99.8th percentile of the movie is 1; nothing is below 0.
    """
    random = np.random.default_rng([seed, 0xF11])
    specimen = Specimen(
        seed,
        height * pixel_size_um,
        width * pixel_size_um,
        density=float(np.exp(random.uniform(np.log(0.4), np.log(1.8)))),
        speed=float(np.exp(random.uniform(np.log(0.3), np.log(2.5)))),
        thickness_um=random.uniform(0.08, 0.17),
        background=float(np.exp(random.uniform(np.log(0.2), np.log(2.5)))),
    )
    sigma_um = random.uniform(0.14, 0.18) * FWHM_TO_SIGMA
    start = random.uniform(0, 3600)
    movie = np.stack(
        [
            specimen.image(start + frame * interval_s, pixel_size_um, sigma_um, height, width)
            for frame in range(frames)
        ]
    )
    movie *= np.float32(1 / max(float(np.percentile(movie, 99.8)), 1e-6))
    return movie
