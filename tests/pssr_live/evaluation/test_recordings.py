from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from acquisition.images import StreamChoice
from pssr_live.crappify import Detector
from pssr_live.errors import UserError
from pssr_live.evaluation import find_sources, load
from pssr_live.evaluation.recordings import SCANNED


def write(path: Path, pixels: np.ndarray) -> Path:
    tifffile.imwrite(path, pixels, photometric="minisblack")
    return path


def test_the_same_seed_makes_the_same_scans_and_the_two_differ(movies: list[Path]) -> None:
    (source,) = find_sources(movies[:1], [], [])
    first, again, other = (load(source, "detector", seed) for seed in (1, 1, 2))
    assert first.second_lr is not None
    np.testing.assert_array_equal(first.lr, again.lr)
    assert (first.lr != first.second_lr).any()
    assert (first.lr != other.lr).any()


def test_counts_come_back_to_the_truths_scale(movies: list[Path]) -> None:
    (source,) = find_sources(movies[:1], [], [])
    found = load(source, "detector", 0)
    assert (found.black, found.unit) == (100.0, Detector().white - 100.0)
    back = (found.lr - found.black) / found.unit
    assert back.mean() == pytest.approx(found.truth.mean(), abs=0.02)
    assert found.truth.shape == (4, 64, 72)
    assert found.lr.shape == (4, 16, 18)
    assert found.pixel_size_um == pytest.approx(0.1)


def test_rows_that_make_no_whole_lr_pixel_are_left_out(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (3, 30, 41)).astype(np.uint8)
    (source,) = find_sources([write(tmp_path / "odd.tif", pixels)], [], [])
    found = load(source, "no-noise", 0)
    assert found.truth.shape == (3, 28, 40)
    assert found.lr.shape == (3, 7, 10)


def test_scans_are_taken_as_they_are(tmp_path: Path) -> None:
    hr = np.random.default_rng(0).integers(0, 900, (3, 32, 40)).astype(np.uint16)
    lr = np.random.default_rng(1).integers(0, 255, (3, 8, 10)).astype(np.uint8)
    hr_path, lr_path = write(tmp_path / "hr.tif", hr), write(tmp_path / "lr.tif", lr)
    (source,) = find_sources([hr_path], [lr_path], [])
    found = load(source, SCANNED, 0)
    np.testing.assert_array_equal(found.lr, lr)
    np.testing.assert_array_equal(found.truth, hr)
    assert (found.black, found.unit, found.second_lr) == (0, 1, None)
    assert found.span == pytest.approx(np.subtract(*np.percentile(hr, (99.9, 0.1))))


def test_of_files_with_several_channels_one_is_chosen(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 900, (3, 2, 32, 40)).astype(np.uint16)
    path = tmp_path / "two.ome.tif"
    tifffile.imwrite(path, pixels, ome=True, metadata={"axes": "TCYX"}, photometric="minisblack")
    lr = write(tmp_path / "lr.tif", np.ones((3, 8, 10), np.uint16))
    with pytest.raises(UserError, match="2 channels"):
        load(find_sources([path], [lr], [])[0], SCANNED, 0)
    tifffile.imwrite(
        tmp_path / "lr2.ome.tif",
        pixels[:, :, ::4, ::4],
        ome=True,
        metadata={"axes": "TCYX"},
        photometric="minisblack",
    )
    found = load(
        find_sources([path], [tmp_path / "lr2.ome.tif"], [], choice=StreamChoice(channel=1))[0],
        SCANNED,
        0,
    )
    np.testing.assert_array_equal(found.truth, pixels[:, 1])
    np.testing.assert_array_equal(found.lr, pixels[:, 1, ::4, ::4])


@pytest.mark.parametrize("shape", [(2, 8, 10), (3, 8, 11), (3, 9, 10)])
def test_scans_that_do_not_fit_the_truth_are_refused(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    hr = write(tmp_path / "hr.tif", np.arange(3 * 32 * 40, dtype=np.uint16).reshape(3, 32, 40))
    lr = write(tmp_path / "lr.tif", np.ones(shape, np.uint16))
    (source,) = find_sources([hr], [lr], [])
    with pytest.raises(UserError, match="4 times smaller"):
        load(source, SCANNED, 0)


def test_fractions_are_no_counts(tmp_path: Path) -> None:
    hr = write(tmp_path / "hr.tif", np.arange(32 * 40, dtype=np.uint16).reshape(32, 40))
    lr = write(tmp_path / "lr.tif", np.full((8, 10), 0.5, np.float32))
    (source,) = find_sources([hr], [lr], [])
    with pytest.raises(UserError, match="not hold whole counts"):
        load(source, SCANNED, 0)


def test_a_truth_too_small_or_empty_is_refused(tmp_path: Path) -> None:
    small = write(tmp_path / "small.tif", np.ones((2, 12, 40), np.uint8))
    empty = write(tmp_path / "empty.tif", np.ones((2, 40, 40), np.uint8))
    for path, problem in ((small, "too small"), (empty, "one value everywhere")):
        (source,) = find_sources([path], [], [])
        with pytest.raises(UserError, match=problem):
            load(source, "detector", 0)


def test_files_are_grouped_by_movie() -> None:
    paths = [Path(name) for name in ("GFP_1_t1.tif", "GFP_1_t2.tif", "other.ome.tif")]
    assert [s.movie for s in find_sources(paths, [], ["GFP_1"])] == ["GFP_1", "GFP_1", "other"]
    assert [s.movie for s in find_sources(paths, [], [])] == ["GFP_1_t1", "GFP_1_t2", "other"]


def test_files_that_can_t_be_told_apart_or_paired_are_refused() -> None:
    paths = [Path("a/cell.tif"), Path("b/cell.tif")]
    with pytest.raises(UserError, match="Two HR files are called cell"):
        find_sources(paths, [], [])
    with pytest.raises(UserError, match="2 HR files and 1 LR files"):
        find_sources(paths, [Path("lr.tif")], [])
