"""Commands that make something of each channel: none is taken or left out without a word."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from pssr_live.cli.main import app
from pssr_live.crappify import channel_names, look_into, outputs_of_channels, read_hr
from pssr_live.errors import UserError
from pssr_live.evaluation import evaluate

NAMES = ("GFP", "mCherry")


@pytest.fixture(scope="module")
def two_colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve frames of two channels, as unlike as can be: light that follows Poisson's law."""
    rng = np.random.default_rng(0)
    light = np.stack([np.linspace(5, 60, 128), np.linspace(90, 9, 128)])[:, None, :]
    frames = (
        rng.poisson(np.broadcast_to(light, (12, 2, 128, 128))) * np.array([2, 5])[:, None, None]
    )
    path = tmp_path_factory.mktemp("two") / "cells.ome.tif"
    tifffile.imwrite(
        path,
        (100 + frames).astype(np.uint16),
        ome=True,
        photometric="minisblack",
        metadata={"axes": "TCYX", "Channel": {"Name": list(NAMES)}, "PhysicalSizeX": 0.05},
    )
    return path


def run(*words: str | Path) -> tuple[int, str]:
    """Exit status, and all that was said."""
    found = CliRunner().invoke(app, [str(word) for word in words])
    said = found.output if found.exception is None else f"{found.output}{found.exception!r}"
    return found.exit_code, said


@pytest.mark.parametrize(
    "command", [("crappify",), ("calibrate",), ("evaluate", "--engine", "bilinear", "--truth")]
)
def test_no_channel_is_taken_by_itself(
    two_colours: Path, tmp_path: Path, command: Sequence[str]
) -> None:
    status, said = run(*command, two_colours, "--output", tmp_path / "out")
    assert status != 0
    assert "2 channels (0 GFP, 1 mCherry)" in said
    assert not list(tmp_path.iterdir())


def test_each_channel_that_is_named_has_a_detector_of_its_own(
    two_colours: Path, tmp_path: Path
) -> None:
    output = tmp_path / "detector.json"
    status, said = run(
        "calibrate", two_colours, "--output", output, "--channel", "gfp", "--channel", "1"
    )
    assert status == 0, said
    files = [tmp_path / "detector-gfp.json", tmp_path / "detector-channel-1.json"]
    gains = [json.loads(file.read_text())["gain"] for file in files]
    assert gains == pytest.approx([2, 5], rel=0.2)
    assert all(file.with_suffix(".png").exists() for file in files)
    assert not output.exists()
    assert "Detector, gfp" in said


def test_each_channel_that_is_named_makes_an_lr_file(two_colours: Path, tmp_path: Path) -> None:
    status, said = run(
        "crappify", two_colours, "--crappifier", "no-noise", "--output", tmp_path / "lr.ome.tif",
        "--channel", "mCherry", "--channel", "0",
    )  # fmt: skip
    assert status == 0, said
    for number, name in ((1, "mCherry"), (0, "channel-0")):
        lr = read_hr(tmp_path / f"lr-{name}.ome.tif").frames
        hr = read_hr(two_colours, channel=number).frames
        expected = hr.reshape(12, 32, 4, 32, 4).mean(axis=(2, 4))
        assert np.corrcoef(lr.ravel(), expected.ravel())[0, 1] > 0.9


def test_each_channel_that_is_named_makes_a_dataset(two_colours: Path, tmp_path: Path) -> None:
    status, said = run(
        "crappify", two_colours, "--output", tmp_path / "data", "--tile", "64", "--tiles", "2",
        "--validation", "0", "--channel", "GFP", "--channel", "mCherry",
    )  # fmt: skip
    assert status == 0, said
    for number, name in enumerate(NAMES):
        manifest = json.loads((tmp_path / "data" / name / "manifest.json").read_text())
        assert manifest["settings"]["channel"] == name
        assert {source["channel"] for source in manifest["sources"]} == {number}
        assert len(list((tmp_path / "data" / name).rglob("*.tif"))) == 4
    # Of one channel there is no folder between.
    status, said = run(
        "crappify",
        two_colours,
        "--output",
        tmp_path / "data",
        "--channel",
        "GFP",
        "--validation",
        "0",
    )
    assert status != 0
    assert "already holds something else" in said


def test_a_channel_that_is_not_there_is_told_before_anything_is_written(
    two_colours: Path, tmp_path: Path
) -> None:
    engines = "--engine", "bilinear", "--baseline", "bilinear"
    for command in (("crappify",), ("calibrate",), ("evaluate", *engines, "--truth")):
        status, said = run(
            *command, two_colours, "--output", tmp_path / "out.tif",
            "--channel", "GFP", "--channel", "DAPI",
        )  # fmt: skip
        assert status != 0
        assert "no channel DAPI" in said
        assert "0 GFP, 1 mCherry" in said
    assert not list(tmp_path.iterdir())


def test_each_channel_that_is_named_is_told_of_by_itself(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 900, (2, 2, 32, 40)).astype(np.uint16)
    path = tmp_path / "small.ome.tif"
    tifffile.imwrite(path, pixels, ome=True, photometric="minisblack", metadata={"axes": "TCYX"})
    found = evaluate(
        [path], engines=["bilinear"], baselines=[], crappifiers=["no-noise"], channel=[1, 0]
    )
    # A report has a section for each condition.
    assert found.conditions == ["channel-1, no-noise", "channel-0, no-noise"]
    assert [one.condition for one in found.trials] == found.conditions
    assert [found.movies(condition) for condition in found.conditions] == [["small"]] * 2
    one, other = (found.summary(title, "bilinear", "psnr_fit") for title in found.conditions)
    assert one != other


def test_outputs_of_channels_have_names_that_any_system_takes() -> None:
    assert outputs_of_channels(Path("a/lr.tif"), ["GFP"]) == [Path("a/lr.tif")]
    assert channel_names(["GFP", 1, "../x", "con"]) == ["GFP", "channel-1", "x", "con-3"]
    with pytest.raises(UserError, match="named twice"):
        channel_names(["GFP", "gfp"])


def test_a_file_of_two_channels_is_what_these_tests_take_it_for(two_colours: Path) -> None:
    assert [one.shape for one in look_into(two_colours, "GFP")] == [(12, 128, 128)]
