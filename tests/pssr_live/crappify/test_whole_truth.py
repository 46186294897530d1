"""What is missing, predicted, or the same movie under another name, never becomes training data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from pssr_live.cli.crappify_command import CrappifyOptions, crappify_file
from pssr_live.crappify import HRSeries, look_into, read_hr
from pssr_live.crappify.calibration import calibrate
from pssr_live.errors import UserError
from pssr_live.evaluation import find_sources, load
from pssr_live.evaluation.recordings import missing_frames
from pssr_live.training import (
    DatasetSettings,
    compose,
    find_training_data,
    load_series,
    plan_dataset,
)
from pssr_live.training.data import missing_frames as missing_of_recipe
from pssr_live.training.data.datasets.inputs import find_movies
from tests.acquisition.images.conftest import movie, ome_xml, tiff_data, write_pages
from tests.acquisition.images.test_maker_files import write_czi

NAMES = [f"r_{part}.ome.tif" for part in range(3)]
FRAMES = movie(18, 64, 72)


@pytest.fixture
def gap(tmp_path: Path) -> Path:
    """A set of three files of six frames, the second of them gone."""
    data = tiff_data([(NAMES[t // 6], t % 6, t // 6) for t in range(18)])
    for part in (0, 2):
        xml = ome_xml((64, 72), {"T": 18}, data, own=part, TimeIncrement=0.5)
        write_pages(tmp_path / NAMES[part], FRAMES[6 * part : 6 * part + 6], xml)
    return tmp_path / NAMES[0]


def restored(path: Path, frames: np.ndarray) -> Path:
    """What a file of ours says of itself."""
    channel = ['Name="restored by mito-lite (predicted)"']
    return write_pages(
        path, frames, ome_xml(frames.shape[1:], {"T": len(frames)}, channels=channel)
    )


def settings(**changes: object) -> DatasetSettings:
    return DatasetSettings(
        **{
            "frames": 5,
            "tile": 32,
            "tiles": 40,
            "crappifiers": ("poisson",),
            "validation": 0.0,
            "channel": None,
            "pixel_size_um": None,
            "seed": 0,
            "licence": "mine",
        }
        | changes  # type: ignore[arg-type]
    )


def quietly(*_: object) -> None:
    pass


def test_missing_frames_are_left_out_of_an_lr_file_and_told(gap: Path, tmp_path: Path) -> None:
    made = crappify_file(gap, tmp_path / "lr.tif", CrappifyOptions(crappifiers=("no-noise",)))
    assert made.frames == 12
    assert "6 of 18 frames missing (7-12), left out" in made.missing
    assert NAMES[1] in made.missing
    lr = read_hr(tmp_path / "lr.tif")
    assert lr.frames.min(axis=(1, 2)).shape == (12,)
    assert np.all(np.diff(lr.frames.mean(axis=(1, 2))) > 0)
    (file,) = look_into(tmp_path / "lr.tif")
    assert file.times_s == pytest.approx([0.5 * n for n in (*range(6), *range(12, 18))])


def test_a_czi_with_gaps_has_no_black_frames(tmp_path: Path) -> None:
    kept = [t for t in range(12) if t not in (4, 5)]
    path = write_czi(tmp_path / "gap.czi", {(t, 0, 0): FRAMES[t] + np.uint16(9) for t in kept})
    series = read_hr(path)
    np.testing.assert_array_equal(series.frames, FRAMES[kept] + 9)
    assert series.numbers == tuple(kept)


def test_no_stack_of_a_dataset_spans_a_gap(gap: Path, tmp_path: Path) -> None:
    plan = plan_dataset([gap], settings(), tmp_path / "dataset", report=quietly)
    assert any("6 of 18 frames missing" in note for note in plan.notes)
    starts = {cut.first_frame for movie in plan.movies for cut in movie.cuts}
    assert starts == {0, 1, 6, 7}


def test_no_film_of_a_training_spans_a_gap(gap: Path) -> None:
    recipe = compose([gap])
    assert "6 of 18 frames missing" in missing_of_recipe(recipe, Path())[0]
    ((_, series),) = load_series(recipe, "training", Path())
    assert list(series.starts(5)) == [0, 1, 6, 7]
    assert list(series.starts(5, stride=2)) == []


def test_an_evaluation_measures_frames_that_follow_one_another(gap: Path) -> None:
    (source,) = find_sources([gap], [], [])
    assert "6 of 18 frames missing" in missing_frames(source)
    assert len(load(source, "poisson", 0).lr) == 6
    gaps = HRSeries(
        name="a",
        frames=np.zeros((5, 2, 2), np.float32),
        pixel_size_um=None,
        interval_s=None,
        numbers=(0, 1, 4, 5, 6),
    )
    assert len(gaps.longest_run().frames) == 3


def test_noise_is_measured_on_what_is_there(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    light = np.linspace(20, 900, 64 * 72).reshape(64, 72)
    counts = (100 + 2 * random.poisson(light, (18, 64, 72))).astype(np.uint16)
    data = tiff_data([(NAMES[t // 6], t % 6, t // 6) for t in range(18)])
    for part in (0, 2):
        xml = ome_xml((64, 72), {"T": 18}, data, own=part)
        write_pages(tmp_path / NAMES[part], counts[6 * part : 6 * part + 6], xml)
    found, _ = calibrate(tmp_path / NAMES[0])
    assert found.gain == pytest.approx(2, rel=0.15)


def test_a_line_is_too_small_to_calibrate_on(tmp_path: Path) -> None:
    path = write_pages(tmp_path / "one.tif", FRAMES[:, :1])
    with pytest.raises(UserError, match="1 x 72: too small"):
        calibrate(path)


def test_files_of_a_set_are_counted_once_in_a_folder(tmp_path: Path) -> None:
    data = tiff_data([(NAMES[t // 6], t % 6, t // 6) for t in range(18)])
    for part, name in enumerate(NAMES):
        xml = ome_xml((64, 72), {"T": 18}, data, own=part)
        write_pages(tmp_path / name, FRAMES[6 * part : 6 * part + 6], xml)
    assert find_movies([tmp_path], tmp_path / "out").paths == [tmp_path / NAMES[0]]
    recipe = compose([tmp_path / name for name in NAMES])
    assert len(recipe.series) == 1


def test_predictions_in_folders_are_left_out_with_a_word(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    raw = write_pages(tmp_path / "in" / "a.tif", FRAMES)
    restored(tmp_path / "in" / "a-restored.ome.tif", movie(18, 64, 72, seed=1))
    restored(tmp_path / "in" / "disguised.tif", movie(18, 64, 72, seed=2))
    plan = plan_dataset([tmp_path / "in"], settings(), tmp_path / "dataset", report=quietly)
    assert [movie.file.path for movie in plan.movies] == [raw]
    (note,) = plan.notes
    assert "a-restored.ome.tif, disguised.tif" in note
    both = settings(allow_predicted=True)
    assert (
        len(plan_dataset([tmp_path / "in"], both, tmp_path / "other", report=quietly).movies) == 3
    )


def test_a_named_prediction_is_refused_unless_it_is_allowed(tmp_path: Path) -> None:
    path = restored(tmp_path / "a.tif", FRAMES)
    with pytest.raises(UserError, match="prediction") as told:
        read_hr(path)
    assert "--allow-predicted" in told.value.fix
    assert len(read_hr(path, allow_predicted=True).frames) == 18
    with pytest.raises(UserError, match="prediction"):
        crappify_file(path, tmp_path / "lr.tif")
    with pytest.raises(UserError, match="restored"):
        calibrate(path)
    with pytest.raises(UserError, match="prediction"):
        load(find_sources([path], [], [])[0], "poisson", 0)
    with pytest.raises(UserError, match="prediction"):
        load_series(compose([path]), "training", Path())
    recipe = compose([path], allow_predicted=True)
    assert len(load_series(recipe, "training", Path())) == 1
    with pytest.raises(UserError, match="prediction"):
        plan_dataset([path], settings(), tmp_path / "dataset", report=quietly)


def test_the_same_frames_are_never_learnt_from_and_judged_on(tmp_path: Path) -> None:
    first = write_pages(tmp_path / "a.tif", FRAMES)
    # A part of it, compressed, in another format and under another name.
    second = tmp_path / "b.ome.tif"
    tifffile.imwrite(second, FRAMES[4:16], ome=True, compression="zlib", metadata={"axes": "TYX"})
    with pytest.raises(UserError, match=r"copy of .*a\.tif"):
        plan_dataset([first, second], settings(), tmp_path / "dataset", report=quietly)
    recipe = compose([first], validation=[second])
    with pytest.raises(UserError, match=r"b\.ome\.tif has frames of .*a\.tif"):
        find_training_data(recipe, Path())
