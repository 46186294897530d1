from pathlib import Path

import numpy as np
import pytest

from pssr_live.errors import UserError
from pssr_live.training.data.datasets.inputs import choose_validation, find_files, look_into_all
from tests.pssr_live.training.data.datasets.conftest import write

MOVIE = np.random.default_rng(0).integers(0, 999, (6, 70, 80)).astype(np.uint16)


def test_folders_are_searched_to_the_bottom_and_each_file_counts_once(
    tmp_path: Path, movies: list[Path]
) -> None:
    below = movies[0].parent / "monday"
    below.mkdir()
    deep = write(below / "d.TIF", MOVIE)
    (below / "notes.txt").write_text("cells", encoding="utf-8")
    (below / "._d.tif").write_bytes(b"what a Mac leaves")
    found = find_files([movies[1], movies[0].parent], tmp_path / "out")
    assert found == [movies[1], movies[0], movies[2], deep]


def test_a_dataset_below_its_sources_is_no_source(movies: list[Path]) -> None:
    output = movies[0].parent / "dataset"
    output.mkdir()
    write(output / "tile.tif", MOVIE)
    assert find_files([movies[0].parent], output) == movies


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no TIFF, CZI or ND2"):
        find_files([tmp_path], tmp_path / "out")
    with pytest.raises(UserError, match="no file or folder"):
        find_files([tmp_path / "absent.czi"], tmp_path / "out")


def test_too_few_frames_are_refused_with_the_way_to_single_frames(tmp_path: Path) -> None:
    still = write(tmp_path / "still.tif", MOVIE[:1])
    with pytest.raises(UserError, match=r"still.tif has 1 frame; a stack needs 5") as caught:
        look_into_all([still], None, 5, pixel_size_um=None)
    assert "--frames 1" in caught.value.fix
    assert look_into_all([still], None, 1, pixel_size_um=None)[0].shape == (1, 70, 80)


def test_too_small_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="60 x 80: too small"):
        look_into_all([write(tmp_path / "a.tif", MOVIE[:, :60])], None, 5, pixel_size_um=None)


def test_mixed_pixel_sizes_are_refused_naming_both_files(tmp_path: Path) -> None:
    paths = [
        write(tmp_path / "fine.tif", MOVIE, 0.043),
        write(tmp_path / "unknown.tif", MOVIE, None),
        write(tmp_path / "coarse.tif", MOVIE, 0.086),
    ]
    with pytest.raises(UserError, match=r"0.043 µm in .*fine.tif, 0.086 µm in .*coarse.tif") as e:
        look_into_all(paths, None, 5, pixel_size_um=None)
    assert "--pixel-size 0.043" in e.value.fix
    assert len(look_into_all(paths, None, 5, pixel_size_um=0.05)) == 3
    assert len(look_into_all(paths[:2], None, 5, pixel_size_um=None)) == 2


@pytest.mark.parametrize(("part", "count"), [(0.0, 0), (0.1, 1), (0.34, 1), (0.5, 2), (0.9, 2)])
def test_a_part_of_the_movies_is_kept_for_validation(
    movies: list[Path], part: float, count: int
) -> None:
    files = look_into_all(movies, None, 5, pixel_size_um=None)
    chosen = choose_validation(files, part, seed=1)
    assert len(chosen) == count
    assert chosen == choose_validation(files, part, seed=1)
    if 0 < count < 3:
        assert len({frozenset(choose_validation(files, part, seed)) for seed in range(20)}) > 1


def test_named_files_are_kept_for_validation(movies: list[Path]) -> None:
    files = look_into_all(movies, None, 5, pixel_size_um=None)
    assert choose_validation(files, [movies[2]], seed=1) == {2}
    with pytest.raises(UserError, match="nothing to train on"):
        choose_validation(files, movies, seed=1)


def test_a_single_movie_is_not_split(movies: list[Path]) -> None:
    files = look_into_all(movies[:1], None, 5, pixel_size_um=None)
    with pytest.raises(UserError, match="one movie can't be split") as caught:
        choose_validation(files, 0.1, seed=1)
    assert "--validation 0" in caught.value.fix
    assert choose_validation(files, 0.0, seed=1) == set()
