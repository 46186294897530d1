"""A dataset from HR movies: what is in it, and that it is the same however often it was stopped."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
import tifffile

from pssr_live.crappify import Detector
from pssr_live.errors import UserError
from pssr_live.training import (
    MANIFEST,
    DatasetManifest,
    DatasetSettings,
    plan_dataset,
    write_dataset,
)
from pssr_live.training.data import read_manifest
from pssr_live.training.data.datasets.manifest import tile_files
from pssr_live.training.data.datasets.plan import cut_out
from tests.pssr_live.training.data.datasets.conftest import write


def make(
    inputs: list[Path], settings: DatasetSettings, output: Path, stop_after: int | None = None
) -> DatasetManifest:
    def report(done: int, total: int, text: str) -> None:
        if stop_after is not None and done >= stop_after:
            raise KeyboardInterrupt

    plan = plan_dataset(inputs, settings, output, report=lambda *_: None)
    write_dataset(plan, output, report)
    return plan.manifest


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_tiles_are_what_the_manifest_says(
    movies: list[Path], settings: DatasetSettings, tmp_path: Path
) -> None:
    output = tmp_path / "dataset"
    manifest = make(movies, settings, output)
    assert read_manifest(output).text() == manifest.text()
    assert len(manifest.tiles) == 9
    assert {source.split for source in manifest.sources} == {"training", "validation"}
    for tile in manifest.tiles:
        source = manifest.sources[tile.source]
        files = tile_files(output, manifest, tile)
        assert files.lr.relative_to(output).parts[0] == source.split
        lr, hr = tifffile.imread(files.lr), tifffile.imread(files.hr)
        assert lr.shape == (5, 16, 16)
        assert hr.shape == (64, 64)
        frames = tifffile.imread(source.file)
        expected = cut_out(frames[tile.first_frame + 2], tile.y, tile.x, tile=64)
        np.testing.assert_array_equal(hr, expected)
        assert hr.dtype == frames.dtype
        # The LR frames show the HR frames: brighter where those are.
        units = (expected - source.black) / (source.white - source.black)
        coarse = units.reshape(16, 4, 16, 4).mean(axis=(1, 3))
        counts = (lr.mean(axis=0) - tile.black) / (tile.white - tile.black)
        assert np.corrcoef(coarse.ravel(), counts.ravel())[0, 1] > 0.5


def test_the_manifest_names_sources_and_every_parameter(
    movies: list[Path], settings: DatasetSettings, tmp_path: Path
) -> None:
    make(movies, settings, tmp_path / "dataset")
    manifest = json.loads((tmp_path / "dataset" / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["settings"]["licence"] == "MIT"
    assert manifest["software"].startswith("pssr-live ")
    first = manifest["sources"][0]
    assert first["file"] == str(movies[0].resolve())
    assert first["sha256"] == hashlib.sha256(movies[0].read_bytes()).hexdigest()
    assert first["pixel_size_um"] == pytest.approx(0.1)
    assert first["interval_s"] == 2.0
    drawn = {tile["crappifier"]["name"]: tile["crappifier"] for tile in manifest["tiles"]}
    assert set(drawn) == {"detector", "poisson+salt-pepper"}
    assert set(drawn["detector"]) == {"name", *Detector.__dataclass_fields__}
    assert [set(noise) for noise in drawn["poisson+salt-pepper"]["noises"]] == [
        {"photons"},
        {"part"},
    ]


def test_tiles_open_in_imagej_with_their_pixel_size_and_time(
    movies: list[Path], settings: DatasetSettings, tmp_path: Path
) -> None:
    manifest = make(movies, settings, tmp_path / "dataset")
    files = tile_files(tmp_path / "dataset", manifest, manifest.tiles[0])
    for path, pixel_size in zip(files, (0.4, 0.1), strict=True):
        with tifffile.TiffFile(path) as tiff:
            assert tiff.is_imagej
            assert tiff.imagej_metadata is not None
            assert tiff.imagej_metadata["unit"] == "um"
            pixels, length = tiff.pages.first.tags["XResolution"].value
            assert length / pixels == pytest.approx(pixel_size)
    with tifffile.TiffFile(files.lr) as tiff:
        assert tiff.imagej_metadata is not None
        assert tiff.imagej_metadata["frames"] == 5
        assert tiff.imagej_metadata["finterval"] == 2.0


@pytest.mark.parametrize("stops", [(0,), (4,), (1, 2, 7)])
def test_a_dataset_that_was_stopped_is_the_same_in_the_end(
    movies: list[Path], settings: DatasetSettings, tmp_path: Path, stops: tuple[int, ...]
) -> None:
    make(movies, settings, tmp_path / "whole")
    for stop in stops:
        with pytest.raises(KeyboardInterrupt):
            make(movies, settings, tmp_path / "stopped", stop)
    # What a kill leaves behind.
    begun = tmp_path / "stopped" / "training" / "lr" / ".00099.5eed.new.tif"
    begun.write_bytes(b"half")
    make(movies, settings, tmp_path / "stopped")
    assert contents(tmp_path / "stopped") == contents(tmp_path / "whole")


def test_tiles_that_were_lost_or_cut_short_are_made_again(
    movies: list[Path], settings: DatasetSettings, tmp_path: Path
) -> None:
    output = tmp_path / "dataset"
    manifest = make(movies, settings, output)
    before = contents(output)
    tile_files(output, manifest, manifest.tiles[1]).hr.unlink()
    tile_files(output, manifest, manifest.tiles[7]).lr.write_bytes(b"")
    make(movies, settings, output)
    assert contents(output) == before


@pytest.mark.parametrize(
    ("name", "value"), [("seed", 4), ("tile", 32), ("crappifiers", ("gaussian",))]
)
def test_another_setting_is_refused_by_name(
    movies: list[Path], settings: DatasetSettings, tmp_path: Path, name: str, value: object
) -> None:
    make(movies, settings, tmp_path / "dataset")
    other = settings.model_copy(update={name: value})
    with pytest.raises(UserError, match=f"started with {name}"):
        make(movies, other, tmp_path / "dataset")


def test_other_files_are_refused(
    movies: list[Path], settings: DatasetSettings, tmp_path: Path
) -> None:
    make(movies, settings, tmp_path / "dataset")
    write(movies[1], tifffile.imread(movies[1])[::-1])
    with pytest.raises(UserError, match="other HR files"):
        make(movies, settings, tmp_path / "dataset")


def test_another_version_does_not_go_on(
    movies: list[Path], settings: DatasetSettings, tmp_path: Path
) -> None:
    manifest = make(movies, settings, tmp_path / "dataset")
    older = manifest.model_copy(update={"software": "pssr-live 0.0.1"})
    (tmp_path / "dataset" / MANIFEST).write_text(older.text(), encoding="utf-8")
    with pytest.raises(UserError, match=r"started with pssr-live 0\.0\.1"):
        make(movies, settings, tmp_path / "dataset")


def test_a_folder_with_something_else_is_left_alone(
    movies: list[Path], settings: DatasetSettings, tmp_path: Path
) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").write_text("cells", encoding="utf-8")
    with pytest.raises(UserError, match="already holds something else"):
        make(movies, settings, tmp_path / "thesis")
    with pytest.raises(UserError, match="is a file"):
        make(movies, settings, tmp_path / "thesis" / "chapter1.txt")
    assert contents(tmp_path / "thesis").keys() == {"chapter1.txt"}


def test_a_copy_among_the_files_is_found(
    movies: list[Path], settings: DatasetSettings, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.tif"
    shutil.copy(movies[0], copy)
    with pytest.raises(UserError, match=r"copy\.tif is a copy of .*a\.tif"):
        make([*movies, copy], settings, tmp_path / "dataset")
    assert not (tmp_path / "dataset").exists()


def test_a_disk_too_small_is_found_before_any_work(
    movies: list[Path], settings: DatasetSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10**9, 10**9, 40_000))
    with pytest.raises(UserError, match=r"needs 95 kB; .* has 40 kB free") as caught:
        make(movies, settings, tmp_path / "dataset")
    assert "--tiles 3" in caught.value.fix
    assert not (tmp_path / "dataset").exists()


def test_named_movies_go_to_validation_also_when_they_are_not_among_the_others(
    movies: list[Path], settings: DatasetSettings, tmp_path: Path
) -> None:
    named = settings.model_copy(update={"validation": (str(movies[2]),)})
    manifest = make(movies[:2], named, tmp_path / "dataset")
    assert [source.split for source in manifest.sources] == ["training", "training", "validation"]


def test_without_a_number_tiles_cover_the_movies(
    movies: list[Path], settings: DatasetSettings, tmp_path: Path
) -> None:
    manifest = make(movies, settings.model_copy(update={"tiles": 0}), tmp_path / "dataset")
    # Two windows of time each, of 2, 2 and 4 tiles.
    assert manifest.settings.tiles == len(manifest.tiles) == 2 * (2 + 2 + 4)


def test_single_frames_are_made_of_stills_and_stacks_in_z(
    settings: DatasetSettings, tmp_path: Path
) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (3, 80, 90)).astype(np.float64)
    tifffile.imwrite(
        tmp_path / "em.tif", pixels, photometric="minisblack", metadata={"axes": "ZYX"}
    )
    single = settings.model_copy(
        update={"frames": 1, "validation": 0.0, "crappifiers": ("additive-gaussian-em",)}
    )
    manifest = make([tmp_path / "em.tif"], single, tmp_path / "dataset")
    assert {tile.first_frame for tile in manifest.tiles} == {0, 1, 2}
    files = tile_files(tmp_path / "dataset", manifest, manifest.tiles[0])
    assert tifffile.imread(files.lr).shape == (16, 16)
    assert tifffile.imread(files.hr).dtype == np.float32


def test_a_manifest_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a dataset"):
        read_manifest(tmp_path)
    (tmp_path / MANIFEST).write_text('{"format": 2}', encoding="utf-8")
    with pytest.raises(UserError, match="is damaged"):
        read_manifest(tmp_path)
