"""A lab's own HR files, composed into a recipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from pssr_live.errors import UserError
from pssr_live.training import Changes, compose, load_series


@pytest.fixture
def two_positions(tmp_path: Path) -> Path:
    """Two positions, two channels, 6 frames."""
    frames = np.random.default_rng(0).integers(0, 999, (2, 6, 2, 64, 72)).astype(np.uint16)
    path = tmp_path / "mda.tif"
    tifffile.imwrite(path, frames, photometric="minisblack", metadata={"axes": "RTCYX"})
    return path


def test_each_position_of_a_file_is_a_series(two_positions: Path) -> None:
    recipe = compose([two_positions], channel=1)
    loaded = [series for _, series in load_series(recipe, "training", Path())]
    assert [one.name for one in loaded] == ["mda, position 0", "mda, position 1"]
    assert not np.array_equal(loaded[0].frames, loaded[1].frames)
    second = recipe.series[0].model_copy(update={"position": 1, "name": "second"})
    recipe = recipe.model_copy(update={"series": (second,)})
    ((_, alone),) = load_series(recipe, "training", Path())
    assert alone.name == "second"
    np.testing.assert_array_equal(alone.frames, loaded[1].frames)


def test_a_channel_has_to_be_chosen(two_positions: Path) -> None:
    with pytest.raises(UserError, match="2 channels") as caught:
        load_series(compose([two_positions]), "training", Path())
    assert "--channel 0 to 1" in caught.value.fix


def test_crappifiers_are_mixed_as_often_as_they_are_named(hr_file: Path, tmp_path: Path) -> None:
    setting = tmp_path / "detector.json"
    setting.write_text(
        '{"crappifier": "detector", "gain": 40, "offset": 100, "read_noise": 0.4, '
        '"photons": 12, "bits": 12}',
        encoding="utf-8",
    )
    names = ("poisson", str(setting), "poisson")
    recipe = compose([hr_file], changes=Changes(crappifiers=names))
    assert recipe.crappifiers == {"poisson": 2.0, str(setting): 1.0}
    with pytest.raises(UserError, match="sugar"):
        compose([hr_file], changes=Changes(crappifiers=("sugar",)))
