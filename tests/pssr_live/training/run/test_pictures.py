from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pssr_live.crappify import CRAPPIFIERS, read_hr, scaled
from pssr_live.training import FIXED_SETTINGS, PairMaker, Pool, ValidationSet, validation_sets
from pssr_live.training.data import (
    FRAMES,
    HR_TILE,
    TIMES,
    Batch,
    EpochScore,
    Scores,
    drawn_scene,
    enlarged,
)
from pssr_live.training.data.pool import STEPS_TO_PEAK
from pssr_live.training.run import LogEntry, choose_samples
from pssr_live.training.run.pictures import Sample, draw_curve, draw_samples


@pytest.fixture
def tests_of_two_series(hr_file: Path) -> list[ValidationSet]:
    first = scaled(read_hr(hr_file))
    second = scaled(read_hr(hr_file.rename(hr_file.with_name("other.tif"))))
    return validation_sets([first, second], CRAPPIFIERS, 3, seed=1)


@pytest.fixture(params=[5, 1])
def held_out(request: pytest.FixtureRequest) -> list[Batch]:
    """Six pairs of films with five frames, or with the centre frame alone."""
    films = np.array([drawn_scene(np.random.default_rng(n), TIMES, HR_TILE) for n in range(6)])
    seen = films if request.param == FRAMES else films[:, FRAMES // 2 : FRAMES // 2 + 1]
    pool = Pool((np.clip(seen, 0, 2) * STEPS_TO_PEAK).astype(np.uint16), ())
    maker = PairMaker(pool=pool, crappifiers={"detector": 1.0}, seed=1)
    batches = [maker.pairs(numbers, HR_TILE) for numbers in (range(3), range(3, 6))]
    return [Batch(*(torch.from_numpy(images) for images in pairs)) for pairs in batches]


def bilinear(window: np.ndarray) -> np.ndarray:
    return enlarged(window[2][None])[0]


def entry(step: int, psnr: float | None) -> LogEntry:
    scores = Scores(psnr, 25.0, 26.0, 0.8, 0.6, 0.7) if psnr else None
    score = EpochScore(None if scores else 0.5, scores)
    return LogEntry(step=step, loss=1 / step, seconds=float(step), score=score)


@pytest.mark.parametrize("psnr", [27.0, None])
def test_the_curve_is_drawn_from_the_first_epoch_on(tmp_path: Path, psnr: float | None) -> None:
    path = tmp_path / "curve.png"
    draw_curve([entry(10, psnr)], path)
    first = np.asarray(Image.open(path))
    draw_curve([entry(10, psnr), entry(20, psnr)], path)
    assert not np.array_equal(first, np.asarray(Image.open(path)))
    assert [file.name for file in tmp_path.iterdir()] == ["curve.png"]


def test_samples_show_every_setting_and_every_series(
    tests_of_two_series: list[ValidationSet],
) -> None:
    samples = choose_samples(tests_of_two_series, [])
    assert [sample.setting for sample in samples] == list(FIXED_SETTINGS)
    assert {sample.series for sample in samples} == {"hela", "other"}
    for sample in samples:
        assert sample.truth.shape == tuple(4 * side for side in sample.window.shape[1:])
        below = np.corrcoef(bilinear(sample.window).ravel(), sample.truth.ravel())[0, 1]
        assert below > 0.4


def test_without_selection_series_samples_are_the_clearest_films_held_out(
    held_out: list[Batch],
) -> None:
    samples = choose_samples([], held_out)
    assert len({sample.series for sample in samples}) == 4
    contrasts = [float(truth.std()) for batch in held_out for truth in batch.truths]
    shown = [contrasts[int(sample.series.removeprefix("film ")) - 1] for sample in samples]
    assert sorted(shown) == sorted(contrasts)[-4:]
    for sample in samples:
        assert sample.window.shape == (FRAMES, 48, 48)
        assert sample.truth.shape == (192, 192)


def test_all_images_of_a_sample_have_the_contrast_of_the_truth(
    tests_of_two_series: list[ValidationSet], tmp_path: Path
) -> None:
    sample = choose_samples(tests_of_two_series, [])[0]
    path = tmp_path / "sample.png"
    draw_samples([sample], lambda _: sample.truth, "Epoch 1", path=path)
    perfect = panels(path, side=2 * len(sample.truth))
    draw_samples([sample], lambda _: sample.truth / 2, "Epoch 1", path=path)
    dim = panels(path, side=2 * len(sample.truth))
    assert np.array_equal(perfect[2], perfect[3])
    assert np.array_equal(perfect[3], dim[3])
    assert dim[2].mean() < 0.7 * dim[3].mean()


def test_lr_is_shown_pixel_by_pixel(
    tests_of_two_series: list[ValidationSet], tmp_path: Path
) -> None:
    sample = choose_samples(tests_of_two_series, [])[3]
    path = tmp_path / "sample.png"
    draw_samples([sample], bilinear, "Epoch 1", path=path)
    lr, enlargement, restored, _ = panels(path, side=2 * len(sample.truth))
    assert np.array_equal(lr[::8, ::8].repeat(8, axis=0).repeat(8, axis=1), lr)
    assert np.array_equal(enlargement, restored)


@pytest.mark.parametrize("restored", [np.nan, np.inf, 0.0])
def test_what_has_no_psnr_is_drawn_all_the_same(tmp_path: Path, restored: float) -> None:
    empty = Sample(
        series="cells",
        setting="noise",
        window=np.zeros((5, 8, 8), np.float32),
        truth=np.zeros((32, 32), np.float32),
    )
    wrong = np.full((32, 32), restored, np.float32)
    draw_samples([empty], lambda _: wrong, "Epoch 1", path=tmp_path / "sample.png")
    assert (tmp_path / "sample.png").is_file()


def panels(path: Path, side: int) -> list[np.ndarray]:
    """Cut the four images of the first row out of a sample picture."""
    picture = np.asarray(Image.open(path))
    lefts = [8 + number * (side + 8) for number in range(4)]
    return [picture[30 : 30 + side, left : left + side] for left in lefts]
