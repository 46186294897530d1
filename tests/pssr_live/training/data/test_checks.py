from __future__ import annotations

import os
from collections import namedtuple
from pathlib import Path

import numpy as np
import psutil
import pytest
import tifffile

from engines.architectures import build_network
from pssr_live.errors import UserError
from pssr_live.training import Recipe, load_series
from pssr_live.training.data import check_export, checks
from pssr_live.training.data.checks import (
    COPIES_ON_DISK,
    check_disk,
    check_memory,
    check_pixel_sizes,
    check_recipe,
)
from pssr_live.training.loop import train
from pssr_live.training.recipe import Schedule, Series
from pssr_live.training.recipe_files import read_recipe
from pssr_live.training.run.run_folder import STATE


def movie(path: Path, pixel_size: float | None, side: int = 96, frames: int = 6) -> Path:
    pixels = np.random.default_rng(0).integers(0, 999, (frames, side, side), np.uint16)
    calibration = {"resolution": (1 / pixel_size,) * 2} if pixel_size else {}
    metadata = {"axes": "TYX"} | ({"unit": "um"} if pixel_size else {})
    tifffile.imwrite(path, pixels, imagej=True, metadata=metadata, **calibration)
    return path


def recipe(*paths: Path, **changes: object) -> Recipe:
    series = tuple(Series(path=str(path)) for path in paths)
    schedule = Schedule(tiles=2, epochs=1, steps=1, batch=1)
    return Recipe(**({"series": series, "schedule": schedule} | changes))


def refused(recipe: Recipe, output: Path, problem: str) -> str:
    """The fix that is offered; nothing was done before."""
    with pytest.raises(UserError, match=problem) as caught:
        train(recipe, Path(), output, report=lambda *_: pytest.fail("work was begun"))
    assert not output.exists() or not any(output.iterdir())
    return caught.value.fix


def test_pixels_of_different_sizes_are_told_with_both_files(tmp_path: Path) -> None:
    fine, coarse = movie(tmp_path / "fine.tif", 0.05), movie(tmp_path / "coarse.tif", 0.11)
    fix = refused(recipe(fine, coarse), tmp_path / "run", r"fine\.tif are 0\.05.*coarse\.tif 0\.11")
    assert "mixed_pixel_sizes = true" in fix


def test_pixels_about_alike_unknown_or_allowed_to_differ_are_taken(tmp_path: Path) -> None:
    files = [movie(tmp_path / f"{n}.tif", size) for n, size in enumerate((0.05, 0.07, None, 0.2))]
    for taken in (recipe(*files[:3]), recipe(*files, mixed_pixel_sizes=True)):
        check_pixel_sizes(taken, load_series(taken, "training", Path()))


def test_a_recipe_with_nothing_to_train_on_says_how_to_give_files(tmp_path: Path) -> None:
    fix = refused(read_recipe("paper-multi-frame"), tmp_path / "run", "nothing to train on")
    assert "pssr-live train HR.tif --recipe paper-multi-frame" in fix


def test_what_is_trained_on_is_not_judged_by(tmp_path: Path) -> None:
    cell = str(movie(tmp_path / "cell.tif", None))
    for role in ("selection", "validation"):
        both = recipe(cell, series=[Series(path=cell), Series(path=cell, role=role, channel=1)])
        fix = refused(both, tmp_path / "run", "is trained on and judged by")
        assert "--validation" in fix
    check_recipe(
        recipe(
            series=[
                Series(path=cell, position=0),
                Series(path=cell, position=1, role="selection"),
                Series(path="other.tif", role="validation"),
            ]
        )
    )


def test_images_too_small_for_the_tiles_are_refused_and_smaller_ones_mirrored(
    tmp_path: Path,
) -> None:
    small = movie(tmp_path / "small.tif", None, side=96)
    large_tiles = Schedule(tiles=2, hr_tile=512)
    fix = refused(recipe(small, schedule=large_tiles), tmp_path / "run", "too small")
    assert "128 x 128" in fix
    mirrored = recipe(small, schedule=Schedule(tiles=2, hr_tile=384, epochs=1, steps=1, batch=1))
    assert train(mirrored, Path(), tmp_path / "run")


def test_too_few_frames_are_enough_for_a_network_of_one(tmp_path: Path) -> None:
    short = movie(tmp_path / "short.tif", None, frames=2)
    refused(recipe(short), tmp_path / "run", "2 frames")
    single = recipe(
        short,
        network={"kind": "lite", "frames": 1, "channels": 8, "coarse_channels": 8, "pairs": 1},
    )
    assert train(single, Path(), tmp_path / "run")


def test_a_teacher_or_weights_that_are_not_there_are_told_first(tmp_path: Path) -> None:
    for changes in ({"teacher": "absent"}, {"init": "absent"}):
        with pytest.raises(Exception, match="There is no engine"):
            train(recipe(drawn=1.0, **changes), tmp_path, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_pool_beyond_the_memory_is_told_with_the_films_to_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = namedtuple("memory", "available")
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory(4_000_000_000))
    paper = read_recipe("paper-multi-frame")
    with pytest.raises(UserError, match=r"5\.2 GB of memory; 4\.0 GB") as caught:
        check_memory(paper)
    films = int(caught.value.fix.rpartition(" ")[2])
    fitting = paper.schedule.model_copy(update={"tiles": films})
    check_memory(paper.model_copy(update={"schedule": fitting}))


def test_a_disk_too_full_is_told_with_what_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "free")
    network = build_network("lite", 5)
    check_disk(network, tmp_path / "new" / "run")
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: usage(1000))
    with pytest.raises(UserError, match="are free at"):
        check_disk(network, tmp_path / "new" / "run")
    # A run to go on with has taken what it takes.
    (tmp_path / "run").mkdir()
    weights = sum(weight.numel() for weight in network.parameters())
    (tmp_path / "run" / STATE).write_bytes(bytes(4 * COPIES_ON_DISK * weights - 1000))
    check_disk(network, tmp_path / "run")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="rights as POSIX has them")
def test_a_folder_that_can_t_be_written_is_told_first(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        refused(recipe(drawn=1.0), tmp_path / "run", "can't be written")
    finally:
        tmp_path.chmod(0o700)


def test_a_file_in_the_run_s_place_is_told_first(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match="already holds something"):
        train(recipe(drawn=1.0), Path(), tmp_path / "run")
    with pytest.raises(UserError, match=r"can't be written|already holds"):
        train(recipe(drawn=1.0), Path(), tmp_path / "run" / "below")


def test_an_export_s_folder_must_be_free(tmp_path: Path) -> None:
    check_export(None)
    check_export(tmp_path / "new")
    with pytest.raises(UserError, match="exists already"):
        check_export(tmp_path)
