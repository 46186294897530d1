"""A demo of two channels, and an engine for each, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
import tifffile
from typer.testing import CliRunner

from acquisition.images import open_images
from pssr_live.cli.main import app
from pssr_live.recording import SessionRecord, open_recording


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 0, done.output
    return done.output


def test_a_demo_of_two_channels_is_recorded_as_one_hyperstack_with_a_picture_of_each(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "two"
    told = run(
        *("demo", "--headless", "--channels", "2", "--slices", "2", "--frames", "12"),
        *("--engine", "rolling-mean", "--engine", "ER=bilinear", "--save", str(folder)),
    )
    assert "mitochondria by rolling-mean, ER by bilinear" in told
    for name, side in (("raw", 440), ("restored", 1760)):
        with tifffile.TiffFile(folder / f"{name}.ome.tif") as tiff:
            assert tiff.series[0].axes == "TZCYX"
            assert tiff.series[0].shape == (3, 2, 2, side, side)
    with open_images(folder / "raw.ome.tif") as file:
        assert [channel.name for channel in file.series[0].channels] == ["mitochondria", "ER"]
    with open_recording(folder) as recording:
        assert recording.raw.shape[:3] == (3, 2, 2)
    assert SessionRecord.read(folder).state == "complete"
    assert {path.name for path in folder.glob("*.png")} == {
        "picture-mitochondria.png",
        "picture-ER.png",
    }


def test_a_channel_without_an_engine_is_recorded_raw(tmp_path: Path) -> None:
    folder = tmp_path / "two"
    run(
        *("live", "--source", "simulated:channels=2,height=32,width=32,frames=6", "--headless"),
        *("--rate", "max", "--engine", "bilinear", "--engine", "1=none", "--save", str(folder)),
    )
    with open_recording(folder) as recording:
        assert recording.raw.shape[:3] == (6, 2, 1)
        assert recording.restored is not None
        assert recording.restored.shape[:3] == (6, 1, 1)
    assert SessionRecord.read(folder).state == "complete"


@pytest.mark.parametrize(
    ("engines", "words"),
    [
        (("bilinear", "bicubic"), "Two engines"),
        (("DAPI=bilinear",), "There is no channel DAPI"),
        (("=bilinear",), "has no channel in it"),
    ],
)
def test_engines_that_fit_no_channel_are_refused_in_words(
    tmp_path: Path, engines: tuple[str, ...], words: str
) -> None:
    options = [part for engine in engines for part in ("--engine", engine)]
    source = "simulated:channels=2,height=32,width=32,frames=6"
    done = CliRunner().invoke(
        app,
        ["live", "--source", source, "--headless", "--save", str(tmp_path / "r"), *options],
    )
    assert done.exit_code != 0
    assert words in " ".join((done.output + str(done.exception or "")).split())
    assert not (tmp_path / "r").exists()
