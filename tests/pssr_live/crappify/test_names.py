"""Crappifiers asked for by name or by file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pssr_live.crappify import Detector, find_crappifier
from pssr_live.crappify.calibration import Calibration
from pssr_live.crappify.names import crappifier_names
from pssr_live.errors import UserError
from pssr_live.training import Recipe

MEASURED = Calibration(
    gain=33.0,
    offset=120.0,
    read_noise=0.7,
    photons=9.0,
    bits=12,
    determination=0.99,
    dark_known=True,
)


@pytest.mark.parametrize("name", [*crappifier_names(), "poisson+salt-pepper"])
def test_every_name_there_is_finds_a_crappifier_of_that_name(name: str) -> None:
    crappifier = find_crappifier(name)
    assert crappifier.name == name
    rng = np.random.default_rng(0)
    assert crappifier.draw(rng).apply(np.full((8, 12), 0.5, np.float32), rng).shape == (2, 3)


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(UserError) as caught:
        find_crappifier("blur")
    assert all(part in caught.value.fix for name in crappifier_names() for part in name.split("+"))


def test_a_calibration_fixes_the_detector_and_leaves_light_and_optics_free(tmp_path: Path) -> None:
    MEASURED.write_setting(tmp_path / "detector.json")
    crappifier = find_crappifier(str(tmp_path / "detector.json"))
    assert crappifier.name == "detector.json"
    assert crappifier.black == 120.0
    assert crappifier.white == 120.0 + 33.0 * 9.0
    rng = np.random.default_rng(1)
    drawn = [crappifier.draw(rng) for _ in range(20)]
    for one in drawn:
        assert isinstance(one, Detector)
        assert (one.gain, one.offset, one.read_noise, one.bits) == (33.0, 120.0, 0.7, 12)
        assert 3.0 <= one.photons <= 27.0
    assert len({one.photons for one in drawn if isinstance(one, Detector)}) == 20


@pytest.mark.parametrize(
    ("content", "words"),
    [("{}", "gain"), ("no json", "JSON"), ('{"crappifier": "detector", "gain": -1}', "gain")],
)
def test_a_file_that_is_no_setting_is_refused_in_words(
    tmp_path: Path, content: str, words: str
) -> None:
    (tmp_path / "d.json").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match="not a detector setting") as caught:
        find_crappifier(str(tmp_path / "d.json"))
    assert words in str(caught.value) or "crappifier" in str(caught.value)
    with pytest.raises(UserError, match="can't be read"):
        find_crappifier(str(tmp_path / "missing.json"))


def test_a_recipe_takes_any_of_them_and_refuses_what_is_none(tmp_path: Path) -> None:
    MEASURED.write_setting(tmp_path / "detector.json")
    names = {"poisson+salt-pepper": 1.0, str(tmp_path / "detector.json"): 2.0}
    assert Recipe(crappifiers=names, drawn=1.0).crappifiers == names
    with pytest.raises(ValueError, match="sugar"):
        Recipe(crappifiers={"sugar": 1.0}, drawn=1.0)
