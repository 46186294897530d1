from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from rich.console import Console

from acquisition import window_positions
from engines import EngineError
from pssr_live.errors import UserError
from pssr_live.evaluation import BM3D, find_methods
from pssr_live.evaluation.methods import EngineMethod, RollingMean
from tests.pssr_live.sessions import restore_file


@pytest.mark.parametrize("engine", ["mito-lite", "rolling-mean"])
def test_an_engine_is_fed_as_the_commands_feed_it(
    engine: str, lr: np.ndarray, tmp_path: Path
) -> None:
    tifffile.imwrite(tmp_path / "lr.tif", lr, photometric="minisblack")
    restored = tmp_path / "restored.ome.tif"
    backend = "onnxruntime" if engine == "mito-lite" else "auto"
    restore_file(tmp_path / "lr.tif", restored, engine, backend, Console(quiet=True), force=False)
    method = EngineMethod(engine, backend)
    method.begin(lr)
    ours = np.stack([method.restore(frame) for frame in range(len(lr))])
    method.close()
    np.testing.assert_array_equal(ours, tifffile.imread(restored))


def test_the_edge_frame_is_repeated_at_both_ends() -> None:
    assert list(window_positions(0, 0, 9)) == [0, 0, 0, 1, 2]
    assert list(window_positions(8, 0, 9)) == [6, 7, 8, 8, 8]
    assert list(window_positions(0, 0, 1)) == [0, 0, 0, 0, 0]


def test_a_rolling_mean_averages_what_was_restored_in_any_order(lr: np.ndarray) -> None:
    plain, rolling = EngineMethod("bicubic"), RollingMean(EngineMethod("bicubic"))
    plain.begin(lr)
    rolling.begin(lr)
    for frame in (3, 0, 6, 1):
        expected = np.mean([plain.restore(n) for n in window_positions(frame, 0, 7)], axis=0)
        np.testing.assert_allclose(rolling.restore(frame), expected, rtol=1e-6)
    assert rolling.name == "rolling-mean:bicubic"
    rolling.begin(lr[::-1])
    plain.begin(lr[::-1])
    expected = np.mean([plain.restore(n) for n in window_positions(3, 0, 7)], axis=0)
    np.testing.assert_allclose(rolling.restore(3), expected, rtol=1e-6)


def test_frames_of_another_size_open_the_engine_anew(lr: np.ndarray) -> None:
    method = EngineMethod("bilinear")
    for frames in (lr, lr[:, :8], lr.astype(np.uint8)):
        method.begin(frames)
        restored = method.restore(0)
        assert restored.shape == (4 * frames.shape[1], 4 * frames.shape[2])
        assert restored.dtype == frames.dtype


def test_every_method_is_made_once_and_has_a_name_of_its_own() -> None:
    methods = find_methods(["bilinear", "a/mine", "b/mine", "bilinear", "rolling-mean:a/mine"])
    assert [method.name for method in methods] == [
        *("bilinear", "mine", "b/mine", "rolling-mean:mine")
    ]


def test_an_engine_that_is_not_there_is_named(lr: np.ndarray) -> None:
    with pytest.raises(EngineError, match="no engine nothing"):
        EngineMethod("nothing").begin(lr)


def test_without_bm3d_its_licence_and_the_command_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "bm3d", None)
    with pytest.raises(UserError, match=r"non-commercial use only.*pip install bm3d"):
        find_methods(["bilinear", "bm3d-before"])


@pytest.mark.parametrize("name", ["bm3d-before", "bm3d-after"])
def test_bm3d_takes_noise_away_before_or_after_enlarging(name: str) -> None:
    pytest.importorskip("bm3d")
    truth = np.zeros((2, 24, 24))
    truth[:, 6:18, 6:18] = 1000
    lr = np.rint(2000 + truth + np.random.default_rng(0).normal(0, 200, truth.shape))
    method, plain = BM3D(name), EngineMethod("bilinear")
    method.sigma = 0.2
    for one in (method, plain):
        one.begin(lr.astype(np.uint16))
    flat = (slice(36, 60), slice(36, 60))
    assert method.restore(0)[flat].std() < 0.8 * plain.restore(0)[flat].std()
    assert method.restore(0)[flat].mean() == pytest.approx(3000, abs=100)
