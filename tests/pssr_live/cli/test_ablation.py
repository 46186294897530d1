"""One engine for each crappifier, and the report that compares them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tifffile
from typer.testing import CliRunner

from engines import load_bundle
from pssr_live.cli.main import app
from pssr_live.errors import UserError
from tests.pssr_live.other_cell import write_other_cell

TINY = """
name = "tiny"
[network]
channels = 8
coarse_channels = 8
pairs = 1
[schedule]
tiles = 2
hr_tile = 64
epochs = 1
steps = 1
batch = 1
"""


def ablate(*arguments: object) -> str:
    ran = CliRunner().invoke(app, ["ablation", *map(str, arguments)], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.output


def test_one_command_trains_and_compares(hr_file: Path, tmp_path: Path) -> None:
    test = write_other_cell(hr_file, hr_file.with_name("other.tif"))
    short = tifffile.imread(test)[:5]
    tifffile.imwrite(test, short, imagej=True, metadata={"axes": "TYX"})
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(TINY, encoding="utf-8")
    names = ("--crappifier", "no-noise", "--crappifier", "salt-pepper+gaussian")
    output = tmp_path / "ablation"
    arguments = (hr_file, "--test", test, *names, "--recipe", recipe, "--minutes", 0.01)
    ablate(*arguments, "--output", output)
    for engine in ("no-noise", "salt-pepper-gaussian"):
        manifest = load_bundle(output / "engines" / engine).manifest
        assert manifest.name == engine
    assert manifest.crappifiers == ["salt-pepper+gaussian"]
    figures = json.loads((output / "report" / "metrics.json").read_text(encoding="utf-8"))
    assert {"no-noise", "salt-pepper-gaussian", "bilinear"} <= figures["provenance"].keys()
    assert (output / "report" / "report.html").is_file()


def test_what_can_t_be_compared_is_refused_before_any_work(hr_file: Path, tmp_path: Path) -> None:
    output = ("--output", tmp_path / "ablation")
    for arguments, words in (
        ((hr_file, "--test", hr_file), "is trained on"),
        ((hr_file, "--test", "b.tif", "--crappifier", "no-noise"), "two crappifiers"),
        ((hr_file, "--test", "b.tif", "--crappifier", "fog"), "no crappifier called"),
    ):
        with pytest.raises(UserError, match=words):
            ablate(*arguments, *output)
    assert not (tmp_path / "ablation").exists()
