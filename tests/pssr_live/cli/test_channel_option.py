"""Channels are named on the command line by name or number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from acquisition import SourceError, TimeLapse
from acquisition.images import StreamChoice
from pssr_live.cli.main import app
from pssr_live.cli.options import number_or_name
from pssr_live.crappify import read_hr
from pssr_live.errors import UserError
from pssr_live.training.data import pool
from pssr_live.training.recipe_files import own_files


@pytest.fixture
def two_channels(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 900, (6, 2, 64, 72)).astype(np.uint16)
    path = tmp_path / "two.ome.tif"
    said = {"axes": "TCYX", "Channel": {"Name": ["GFP", "mCherry"]}, "PhysicalSizeX": 0.05}
    tifffile.imwrite(path, pixels, ome=True, photometric="minisblack", metadata=said)
    return path


def test_a_number_is_a_number_and_all_else_a_name() -> None:
    assert [number_or_name(said) for said in ("1", "GFP")] == [1, "GFP"]


def test_one_file_is_degraded_in_the_channel_that_is_named(two_channels: Path) -> None:
    written = []
    for channel in ("mcherry", "1", "GFP"):
        output = two_channels.with_name(f"lr-{channel}.tif")
        command = ["crappify", str(two_channels), "--output", str(output), "--channel", channel]
        answer = CliRunner().invoke(app, [*command, "--pixel-size", "0.05"])
        assert answer.exit_code == 0, answer.output
        written.append(tifffile.imread(output))
    np.testing.assert_array_equal(written[0], written[1])
    assert not np.array_equal(written[0], written[2])


def test_channels_that_there_are_not_are_told_those_that_there_are(two_channels: Path) -> None:
    for refused, read in ((UserError, read_hr), (SourceError, _time_lapse)):
        with pytest.raises(refused, match=r"no channel DAPI.*0 GFP, 1 mCherry"):
            read(two_channels, "DAPI")
        with pytest.raises(refused, match=r"2 channels \(0 GFP, 1 mCherry\)"):
            read(two_channels, None)
    np.testing.assert_array_equal(
        read_hr(two_channels, "GFP").frames, read_hr(two_channels, 0).frames
    )


@pytest.mark.parametrize("channel", ["mCherry", 1])
def test_a_training_takes_a_channel_by_its_name(two_channels: Path, channel: str | int) -> None:
    (entry,) = own_files([two_channels], channel=channel).series
    learnt = [
        pool._load(entry.model_copy(update={"channel": one}), Path(), 1, smallest=32)[0].frames
        for one in (channel, 1, 0)
    ]
    np.testing.assert_array_equal(learnt[0], learnt[1])
    assert not np.array_equal(learnt[0], learnt[2])
    with pytest.raises(UserError, match="no channel DAPI"):
        pool._load(entry.model_copy(update={"channel": "DAPI"}), Path(), 1, smallest=32)


def _time_lapse(path: Path, channel: str | None) -> TimeLapse:
    return TimeLapse(path, StreamChoice(channel))
