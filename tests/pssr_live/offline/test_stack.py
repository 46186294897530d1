"""A time-lapse restored by one call is the one that the command writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from rich.console import Console

import pssr_live
from acquisition import SourceError
from engines import IntensityScale
from pssr_live import evaluate, load_engine, restore
from pssr_live.errors import UserError
from tests.places import DATA
from tests.pssr_live.sessions import restore_file

CELLS = DATA / "hela_mitochondria.tif"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("restored") / "restored.ome.tif"
    restore_file(CELLS, output, "rolling-mean", "auto", Console(quiet=True), force=False)
    return output


def test_an_array_and_a_file_give_what_the_command_writes(written: Path) -> None:
    expected = tifffile.imread(written)
    np.testing.assert_array_equal(restore(CELLS, "rolling-mean"), expected)
    np.testing.assert_array_equal(restore(str(CELLS), engine="rolling-mean"), expected)
    np.testing.assert_array_equal(restore(tifffile.imread(CELLS), "rolling-mean"), expected)


def test_frames_that_are_few_are_as_many_restored() -> None:
    frames = np.random.default_rng(0).poisson(20, (2, 24, 32)).astype(np.uint8)
    restored = restore(frames, "bilinear")
    assert (restored.shape, restored.dtype) == ((2, 96, 128), np.dtype(np.uint8))


@pytest.mark.parametrize("shape", [(24, 32), (4, 2, 24, 32), (0, 24, 32)])
def test_what_is_no_time_lapse_is_refused_with_how_to_make_it_one(shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match=r"frames, height and width.*array\[None\]"):
        restore(np.zeros(shape, np.uint16), "bilinear")


def test_what_was_restored_is_not_restored_again(written: Path) -> None:
    with pytest.raises(UserError, match="restored already"):
        restore(written, "bilinear")


def test_the_stream_of_a_file_is_chosen_as_on_the_command_line() -> None:
    with pytest.raises(SourceError, match="no channel GFP"):
        restore(CELLS, "bilinear", channel="GFP")
    with pytest.raises(UserError, match="chosen in files"):
        restore(tifffile.imread(CELLS), "bilinear", z=0)


def test_an_engine_is_loaded_for_windows() -> None:
    window = np.random.default_rng(0).poisson(20, (5, 24, 32)).astype(np.uint16)
    engine = load_engine("rolling-mean", height=24, width=32)
    restored = engine.restore(window, IntensityScale.from_window(window))
    assert (restored.shape, restored.dtype) == ((96, 128), np.dtype(np.uint16))
    engine.close()


def test_engines_are_evaluated_as_by_the_command() -> None:
    found = evaluate(
        [DATA / "lysosomes.tif"],
        engines=["rolling-mean"],
        baselines=["bilinear"],
        crappifiers=["no-noise"],
    )
    assert (found.methods, found.conditions) == (["rolling-mean", "bilinear"], ["no-noise"])
    psnr = found.summary("no-noise", "bilinear", "psnr_fit")
    assert psnr is not None
    assert psnr.n == 1
    assert 10 < psnr.mean < 60


def test_all_that_is_offered_is_there() -> None:
    for name in pssr_live.__all__:
        assert getattr(pssr_live, name) is not None
    assert dir(pssr_live) == pssr_live.__all__
    assert pssr_live.evaluate.__module__ == "pssr_live.evaluation.of_files"
