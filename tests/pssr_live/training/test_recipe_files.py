from pathlib import Path

import numpy as np
import pytest
import tifffile

from pssr_live.errors import UserError
from pssr_live.training.recipe_files import own_files, read_recipe


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_lab_s_own_files_make_a_recipe(tmp_path: Path) -> None:
    for name in "abc":
        film = np.zeros((5, 64, 64), np.uint16)
        tifffile.imwrite(tmp_path / f"{name}.tif", film, imagej=True, metadata={"axes": "TYX"})
    recipe = own_files([tmp_path / "a.tif", tmp_path / "b.tif"], [tmp_path / "c.tif"])
    assert [series.title for series in recipe.having("training")] == ["a", "b"]
    assert [series.title for series in recipe.having("selection")] == ["c"]
    assert [series.title for series in recipe.having("validation")] == ["c"]


def test_a_recipe_like_another_says_only_where_it_differs(tmp_path: Path) -> None:
    path = write(tmp_path, 'like = "mito-lite"\nseed = 7\n[network]\nchannels = 8')
    mine, whole = read_recipe(path), read_recipe("mito-lite")
    network = whole.network.model_copy(update={"channels": 8})
    assert mine == whole.model_copy(update={"seed": 7, "network": network})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('like = "fog"', "does not come with pssr-live"),
        ("seed = ", "not a TOML"),
        ("drawn = 1.0\nsped = 2", "sped"),
        ("drawn = 1.0\n[crappifiers]\nfog = 1.0", "There is no crappifier called .fog."),
        ("drawn = 1.0\n[crappifiers]\ndetector = 0.0", "weight above 0"),
        ("drawn = 1.0\n[schedule]\nbatch = 0", "schedule.batch"),
        ('drawn = 1.0\nmotion = "real"', "takes movies alone"),
        ('drawn = 1.0\n[schedule]\nrates = "v1"', "resunet34"),
    ],
)
def test_a_wrong_recipe_is_answered_with_the_place(tmp_path: Path, text, problem) -> None:
    with pytest.raises(UserError, match=problem):
        read_recipe(write(tmp_path, text))


def test_an_absent_recipe_is_said_to_be_absent(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no recipe"):
        read_recipe(tmp_path / "recipe.toml")
