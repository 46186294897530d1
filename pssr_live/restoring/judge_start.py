"""What is settled once for a recording before its frames are judged."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from acquisition import WINDOW_LENGTH, FrameFormat, PixelType, window_positions
from engines import IntensityScale
from pssr_live.restoring.engine_pool import SharedEngine
from pssr_live.trust import SMALLEST_SIDE, Judge, fit_forward_model


def begin_judge(
    engine: SharedEngine,
    frame_format: FrameFormat,
    intensity: IntensityScale,
    *,
    first_frames: NDArray[PixelType],
) -> Judge | None:
    """Fit the forward model to the first window, and read what the engine was trained on.

    The first frames alone decide, as for the intensity scale, so that a recording that is restored
    later gets the figures that it would have got live.

    Parameters
    ----------
    engine : SharedEngine
        Restores the first window for this.
    frame_format : FrameFormat
        Of the raw frames.
    intensity : IntensityScale
        The recording's.
    first_frames : ndarray, shape (n, H, W), n from 1 to 5
        Its first frames, five where there are so many.

    Returns
    -------
    Judge or None
        None for frames that are too small to tell anything.

    Raises
    ------
    EngineError
        If the engine can't restore them.
    """
    if min(frame_format.shape) < SMALLEST_SIDE:
        return None
    _use_one_blas_thread()
    centre = WINDOW_LENGTH // 2
    window = first_frames[window_positions(centre, 0, len(first_frames))]
    restored = engine.new_buffer(frame_format)
    engine.restore(np.ascontiguousarray(window), intensity, restored)
    sigma = fit_forward_model(restored, window[centre])
    judge = Judge(
        frame_format, engine.scale_factor, intensity, trained_on=engine.trained_on, sigma=sigma
    )
    judge.begin(first_frames)
    return judge


@cache
def _use_one_blas_thread() -> None:
    """Let NumPy's BLAS compute in the calling thread alone, from now on.

    OpenBLAS keeps a thread for each core, and after a product of two frames each of them turns in
    circles for tens of milliseconds, waiting for the next. Beside an engine that uses every core
    this costs half of its frames; the products themselves take microseconds.
    """
    threadpool_limits(1, "blas")
