from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from engines import Baseline, EngineError, IntensityScale
from engines.backends.baselines import enlarge_bicubically

SCALE = IntensityScale(0.0, 1.0)


def by_torch(frame: NDArray[np.generic]) -> NDArray[np.float64]:
    pixels = torch.from_numpy(frame.astype(np.float64))[None, None]
    enlarged = torch.nn.functional.interpolate(
        pixels, scale_factor=4, mode="bilinear", align_corners=False
    )
    result: NDArray[np.float64] = enlarged[0, 0].numpy()
    return result


def restore(name: str, window: NDArray[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
    engine = Baseline(name)
    engine.warm_up(*window.shape[1:], window.dtype)
    return engine.restore(window, SCALE)


@given(
    height=st.integers(1, 20),
    width=st.integers(1, 20),
    dtype=st.sampled_from([np.uint8, np.uint16]),
    seed=st.integers(0, 99),
)
def test_bilinear_is_torchs_and_rolling_mean_is_bilinear_of_the_mean(
    height: int, width: int, dtype: type[np.unsignedinteger], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    window = rng.integers(0, np.iinfo(dtype).max, (5, height, width), dtype, endpoint=True)
    np.testing.assert_array_equal(restore("bilinear", window), np.rint(by_torch(window[2])))
    mean = by_torch(window.mean(axis=0))
    np.testing.assert_allclose(restore("rolling-mean", window), mean, atol=0.52)


@given(height=st.integers(8, 20), width=st.integers(8, 20), seed=st.integers(0, 99))
def test_bicubic_is_pillows_away_from_the_edges(height: int, width: int, seed: int) -> None:
    frame = np.random.default_rng(seed).integers(0, 4000, (height, width)).astype(np.float32)
    ours = np.empty((4 * height, 4 * width), np.float32)
    enlarge_bicubically(frame, ours)
    expected = Image.fromarray(frame).resize((4 * width, 4 * height), Image.Resampling.BICUBIC)
    inner = slice(8, -8)
    np.testing.assert_allclose(ours[inner, inner], np.asarray(expected)[inner, inner], atol=0.01)


def test_bicubic_overshoots_into_no_other_counts() -> None:
    window = np.zeros((5, 8, 8), np.uint8)
    window[:, :, 4:] = 255
    restored = restore("bicubic", window)
    assert restored[:, :12].max() == 0
    assert restored[:, 20:].min() == 255
    assert (np.diff(restored[0].astype(int)) >= 0).all()


@pytest.mark.parametrize("name", ["bilinear", "bicubic", "rolling-mean"])
def test_the_result_is_written_where_it_is_wanted(name: str) -> None:
    engine = Baseline(name)
    engine.warm_up(6, 7, np.uint8)
    out = np.zeros((24, 28), dtype=np.uint8)
    assert engine.restore(np.full((5, 6, 7), 9, dtype=np.uint8), SCALE, out) is out
    assert (out == 9).all()
    engine.close()
    engine.close()


def test_another_window_than_warmed_up_for_is_refused() -> None:
    engine = Baseline("bilinear")
    engine.warm_up(6, 7, np.uint8)
    with pytest.raises(EngineError, match="is ready for windows of"):
        engine.restore(np.zeros((5, 7, 6), dtype=np.uint8), SCALE)


def test_an_unknown_baseline_is_refused() -> None:
    with pytest.raises(EngineError, match="bilinear, bicubic, rolling-mean"):
        Baseline("nearest")
