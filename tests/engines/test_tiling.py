from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import DTypeLike, NDArray

from engines import Baseline, Bundle, EngineError, IntensityScale, open_engine, stretches
from engines.architectures import ResUNet34
from engines.architectures.resunet34 import SelfAttention
from engines.backends import onnx_runtime
from engines.engine import Pixels
from engines.tiling import TiledEngine, tiled
from tests.engines.conftest import BundleMaker, noisy_window, tiny_restore

FINE = IntensityScale(0.0, 10_000.0)


@given(
    length=st.integers(1, 300),
    tile=st.tuples(st.integers(6, 60), st.integers(3, 30)).filter(
        lambda tile: tile[1] <= tile[0] // 2
    ),
    scale_factor=st.sampled_from([1, 2, 4]),
)
def test_every_pixel_is_covered_and_the_weights_add_up_to_one(
    length: int, tile: tuple[int, int], scale_factor: int
) -> None:
    side, overlap = tile
    total = np.zeros(length * scale_factor)
    for lr, hr, weights in stretches(length, side, overlap, scale_factor=scale_factor):
        assert lr.stop - lr.start == min(side, length)
        assert (hr.start, hr.stop) == (lr.start * scale_factor, lr.stop * scale_factor)
        assert weights.min() >= 0
        total[hr] += weights
    np.testing.assert_allclose(total, 1.0, atol=1e-6)


@given(length=st.integers(1, 300), side=st.integers(18, 60))
def test_the_outer_third_of_an_overlap_is_left_out(length: int, side: int) -> None:
    laid = list(stretches(length, side, 9, scale_factor=4))
    for before, after in pairwise(laid):
        assert before.lr.stop - after.lr.start >= 9
        assert not before.weights[-4 * 3 :].any()
        assert not after.weights[: 4 * 3].any()


@given(length=st.integers(1, 2000))
def test_no_more_tiles_are_laid_than_are_needed(length: int) -> None:
    count = len(list(stretches(length, 128, 48, scale_factor=1)))
    assert count == 1 or (count - 1) * 80 + 48 < length <= count * 80 + 48


@given(
    height=st.integers(3, 70),
    width=st.integers(3, 70),
    dtype=st.sampled_from([np.uint8, np.uint16]),
)
@settings(max_examples=20, deadline=None)
def test_tiled_is_whole_where_the_network_looks_no_farther_than_the_overlap(
    bundle: Bundle, height: int, width: int, dtype: type[np.unsignedinteger]
) -> None:
    window = noisy_window(height, width, dtype)
    engine = TiledEngine(onnx_runtime.load(bundle), side=24, overlap=9)
    engine.warm_up(height, width, dtype)
    scale = IntensityScale(10.0, 100.0)
    restored = engine.restore(window, scale)
    expected = tiny_restore(window, scale).clip(0, np.iinfo(dtype).max)
    np.testing.assert_allclose(restored, expected, atol=0.501)
    engine.close()


def test_tiled_differs_from_whole_by_less_than_a_ten_thousandth(bundle: Bundle) -> None:
    window = (noisy_window(61, 90).astype(np.float64) * FINE.gain / 100).clip(0, 60_000)
    window = window.astype(np.uint16)
    whole = onnx_runtime.load(bundle)
    whole.warm_up(61, 90, np.uint16)
    tiles = TiledEngine(onnx_runtime.load(bundle), side=32, overlap=12)
    tiles.warm_up(61, 90, np.uint16)
    difference = tiles.restore(window, FINE).astype(float) - whole.restore(window, FINE)
    assert np.abs(difference).max() / FINE.gain <= 1e-4


def test_a_frame_no_larger_than_a_tile_is_restored_whole(bundle: Bundle) -> None:
    window = noisy_window(20, 31)
    scale = IntensityScale(0.0, 100.0)
    tiles = TiledEngine(onnx_runtime.load(bundle), side=32, overlap=12)
    tiles.warm_up(20, 31, np.uint16)
    whole = onnx_runtime.load(bundle)
    whole.warm_up(20, 31, np.uint16)
    out = np.zeros((80, 124), dtype=np.uint16)
    assert tiles.restore(window, scale, out) is out
    np.testing.assert_array_equal(out, whole.restore(window, scale))


class Torch:
    """A network run by torch on the CPU, as far as a wrapper needs one."""

    name, backend, digest, scale_factor = "paper", "torch", "", 4
    half_width = None

    def __init__(self, network: ResUNet34) -> None:
        self._network = network

    def warm_up(self, height: int, width: int, dtype: DTypeLike) -> None:
        pass

    def restore(
        self, window: Pixels, intensity: IntensityScale, out: Pixels | None = None
    ) -> Pixels:
        units = torch.from_numpy(intensity.to_network(window))[None]
        with torch.inference_mode():
            restored = self._network(units)[0, 0].numpy().copy()
        if out is None:
            out = np.empty(restored.shape, dtype=window.dtype)
        intensity.to_counts(restored, out)
        return out

    def close(self) -> None:
        pass


def largest_step(frame: NDArray[np.generic]) -> float:
    """Of the mean steps from a restored column to the next, away from the frame's own edges."""
    steps = np.abs(np.diff(frame.astype(np.float64), axis=1)).mean(axis=0)
    return float(steps[16:-16].max())


def paper_s_network(window: NDArray[np.float32]) -> ResUNet34:
    """Random weights, attention at work; restores the window to mean 0 and deviation 1."""
    torch.manual_seed(0)
    network = ResUNet34(frames=5).folded()
    for module in network.modules():
        if isinstance(module, SelfAttention):
            module.gain.data.fill_(0.5)
    with torch.inference_mode():
        restored = network(torch.from_numpy(window)[None])
    last = network.to_pixels
    assert isinstance(last, torch.nn.Conv2d)
    assert last.bias is not None
    last.weight.data.div_(restored.std())
    last.bias.data.sub_(restored.mean()).div_(restored.std())
    return network


def test_resunet34_in_tiles_shows_no_seam() -> None:
    """Its attention makes each tile see its own frame: cut hard, the seams would show."""
    window = noisy_window(32, 72)
    scale = IntensityScale(60.0, 70.0)
    network = paper_s_network(scale.to_network(window))
    wide = window * np.uint16(60) + np.uint16(26_400)
    wide_scale = IntensityScale(30_000.0, 4200.0)
    whole = Torch(network)
    tiles = TiledEngine(whole, side=32, overlap=12)
    tiles.warm_up(32, 72, np.uint16)
    usual = largest_step(whole.restore(wide, wide_scale))
    hard = [whole.restore(wide[..., start : start + 24], wide_scale) for start in (0, 24, 48)]
    assert largest_step(np.hstack(hard)) > 4 * usual
    assert largest_step(tiles.restore(wide, wide_scale)) < 2 * usual


def test_an_engine_that_takes_whole_frames_is_left_as_it_is() -> None:
    engine = Baseline("bilinear")
    assert tiled(engine, None) is engine


def test_a_wrapped_engine_says_what_it_is(bundle: Bundle) -> None:
    engine = onnx_runtime.load(bundle)
    wrapped = tiled(engine, 64)
    assert wrapped.name == "tiny"
    assert wrapped.backend == "ONNX Runtime, tiles of 64"
    assert wrapped.digest == engine.digest
    assert wrapped.scale_factor == 4


def test_an_engine_whose_manifest_asks_for_tiles_is_tiled(make_bundle: BundleMaker) -> None:
    path = str(make_bundle(tile_side=16).path)
    engine = open_engine(path, backend="onnxruntime", height=40, width=30, dtype=np.uint16).engine
    assert engine.backend == "ONNX Runtime, tiles of 16"


def test_tiles_too_small_to_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="can't overlap by 20"):
        TiledEngine(Baseline("bilinear"), side=32, overlap=20)


def test_it_follows_a_change_of_format(bundle: Bundle) -> None:
    engine = TiledEngine(onnx_runtime.load(bundle), side=24, overlap=9)
    for height, width, dtype in ((40, 30, np.uint16), (13, 50, np.uint8)):
        engine.warm_up(height, width, dtype)
        restored = engine.restore(noisy_window(height, width, dtype), IntensityScale(0.0, 100.0))
        assert (restored.shape, restored.dtype) == ((4 * height, 4 * width), dtype)


def test_a_frame_too_small_for_the_network_is_refused(bundle: Bundle) -> None:
    engine = TiledEngine(onnx_runtime.load(bundle), side=24, overlap=9)
    with pytest.raises(EngineError, match="at least 3 x 3 pixels"):
        engine.warm_up(2, 100, np.uint16)


def test_a_window_of_another_format_is_refused(bundle: Bundle) -> None:
    engine = TiledEngine(onnx_runtime.load(bundle), side=24, overlap=9)
    engine.warm_up(40, 30, np.uint16)
    with pytest.raises(EngineError, match="is ready for windows of"):
        engine.restore(noisy_window(30, 40), IntensityScale(0.0, 100.0))
