"""What ``restore`` says of the frames that it made of a file."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from pssr_live import open_recording
from pssr_live.cli.main import app
from pssr_live.offline.figures_table import figures_beside
from pssr_live.recording.bigtiff import TiffAppender

FRAMES = 7


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Far noisier than anything that the engine was trained on."""
    path = tmp_path_factory.mktemp("movie") / "dark.tif"
    frames = np.random.default_rng(1).poisson(0.3, (FRAMES, 64, 64)).astype(np.uint16)
    tifffile.imwrite(path, frames, imagej=True, metadata={"axes": "TYX", "finterval": 0.5})
    return path


def run(*line: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in line], env={"COLUMNS": "300"})
    assert result.exit_code == 0, result.output
    return result.output


def lights(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row["light"] for row in csv.DictReader(file)]


def test_a_file_gets_the_lights_that_a_live_session_gives(movie: Path, tmp_path: Path) -> None:
    output = tmp_path / "dark-restored.ome.tif"
    said = run("restore", movie, "--output", output, "--engine", "mito-lite-fast", "--figures")
    of_file = lights(figures_beside(output))
    folder = tmp_path / "live"
    run(
        *("live", "--headless", "--source", f"replay:{movie}", "--rate", "max", "--save", folder),
        *("--engine", "mito-lite-fast"),
    )
    with (folder / "frames.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader([line.replace(" ", "") for line in file])
        live = [row["light"] for row in rows]
    assert of_file == live
    assert len(of_file) == FRAMES
    for light in set(live):
        assert f"{light} in {live.count(light)}" in said
    assert "green" not in live, "nothing was wrong with it, so nothing was shown"


def test_what_is_gone_on_with_keeps_the_figures_of_before(movie: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.ome.tif"
    frames = tifffile.imread(movie)
    grown = tmp_path / "grown.tif"
    for count in (5, FRAMES):
        tifffile.imwrite(
            grown, frames[:count], imagej=True, metadata={"axes": "TYX", "finterval": 0.5}
        )
        run("restore", grown, "--output", output, "--engine", "bilinear", "--figures")
    with figures_beside(output).open(encoding="utf-8", newline="") as file:
        indices = [int(row["index"]) for row in csv.DictReader(file)]
    # Those at the edge of the five have other neighbours now: their lines are new ones.
    assert sorted(indices) == list(range(FRAMES))


def test_figures_are_written_through_no_link_and_over_nothing_of_others(
    movie: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.ome.tif"
    beside, letter = figures_beside(output), tmp_path / "letter.csv"
    letter.write_text("mine\n", encoding="utf-8")
    line = ["restore", str(movie), "--output", str(output), "--engine", "bilinear", "--figures"]
    if os.name == "posix":
        beside.symlink_to(letter)
        assert "is a link" in str(CliRunner().invoke(app, line).exception)
        beside.unlink()
    letter.rename(beside)
    assert "not a table of figures" in str(CliRunner().invoke(app, line).exception)
    assert beside.read_text(encoding="utf-8") == "mine\n"
    beside.unlink()
    run(*line)
    assert len(lights(beside)) == FRAMES


def test_lines_of_frames_that_a_kill_kept_from_the_file_are_written_once(
    movie: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.ome.tif"
    line = ["restore", str(movie), "--output", str(output), "--engine", "bilinear", "--figures"]
    append, at_hand = TiffAppender.append, iter(range(4))

    def killed(self: TiffAppender, *frame: object) -> None:
        if next(at_hand, None) is None:
            raise KeyboardInterrupt
        append(self, *frame)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(TiffAppender, "append", killed)
        CliRunner().invoke(app, line)
    with figures_beside(output).open("a", encoding="utf-8") as file:
        file.write("4,0,0,4,gre")
    assert len(lights(figures_beside(output))) == 6
    run(*line)
    assert len(lights(figures_beside(output))) == FRAMES


def test_channels_are_judged_each_by_itself(tmp_path: Path) -> None:
    folder = tmp_path / "rec"
    run(
        *("live", "--headless", "--frames", "20", "--engine", "bilinear", "--save", folder),
        *("--source", "simulated:height=64,width=64,channels=2,interval=0.01"),
    )
    output = tmp_path / "both.ome.tif"
    raw = folder / "raw.ome.tif"
    said = run("restore", raw, "--output", output, "--engine", "bilinear", "--figures")
    assert "trust: " in said
    with figures_beside(output).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with open_recording(folder) as recording:
        snr = recording.figures["snr"]
        for row in rows:
            place = int(row["time_point"]), int(row["channel"]), int(row["z"])
            assert float(row["snr"]) == pytest.approx(snr[place], rel=1e-3)
    assert len(rows) == 20
