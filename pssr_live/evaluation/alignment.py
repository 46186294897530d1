"""Do LR and HR frames show the same field? Two scans of it never quite do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines import enlarge_bilinearly
from pssr_live.metrics import GaussianBlur, tapered

# Detail finer than the LR pixels, which the enlarged frame lacks, must not decide.
_BLUR = 2.0


def shift_from_truth(lr: NDArray[np.generic], truth: NDArray[np.generic]) -> tuple[int, int]:
    """How far the truth lies from an LR frame, where the two correlate best.

    Parameters
    ----------
    lr : ndarray of real numbers, shape (H, W)
    truth : ndarray of real numbers, shape (4H, 4W)

    Returns
    -------
    tuple of int
        Down and right, in HR pixels; (0, 0) for frames that are registered.
    """
    enlarged = np.empty(truth.shape, np.float32)
    enlarge_bilinearly(lr.astype(np.float32), enlarged)
    blur = GaussianBlur(truth.shape, _BLUR)
    waves = [np.fft.fft2(tapered(blur(image))) for image in (enlarged, truth)]
    correlation = np.fft.ifft2(waves[0].conj() * waves[1]).real
    peak = np.unravel_index(int(correlation.argmax()), correlation.shape)
    down, right = (
        (int(place) + size // 2) % size - size // 2
        for place, size in zip(peak, correlation.shape, strict=True)
    )
    return down, right
