"""An experiment that we run, from the command line to the restored hyperstack."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from acquisition import read_rows
from pssr_live.cli.live import run_live
from pssr_live.cli.session import SessionOptions
from pssr_live.cli.source_options import SourceOptions
from pssr_live.recording import SessionRecord
from tests.acquisition.micromanager.conftest import LONG
from tests.acquisition.micromanager.harness import RunningMicroManager
from tests.acquisition.micromanager.test_command_line import command_line

PLAN = """
axis_order: tpcz
time_plan: {interval: 0, loops: 6}
channels: [{config: GFP, exposure: 5}, {config: mCherry, exposure: 5}]
z_plan: {range: 1, step: 1}
"""


def source_of(micro_manager: RunningMicroManager) -> str:
    return f"micromanager:{micro_manager.port},wait={LONG:g}"


def test_a_plan_becomes_a_restored_hyperstack_with_every_frame(
    micro_manager: RunningMicroManager, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN, encoding="utf-8")
    folder = tmp_path / "cell"
    run_live(
        source_of(micro_manager),
        SourceOptions(microscope={"experiment": str(plan)}),
        SessionOptions(engine="bilinear", headless=True, save=folder),
    )
    rows = list(read_rows(folder / "frames.csv"))
    session = SessionRecord.read(folder)
    assert session.state == "complete"
    streams = {(row.channel, row.z) for row in rows}
    assert streams == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert len(rows) == 24
    assert session.lost_frames == 0
    raw, restored = (tifffile.imread(folder / f"{what}.ome.tif") for what in ("raw", "restored"))
    assert raw.shape == (6, 2, 2, 48, 64)
    assert restored.shape == (6, 2, 2, 192, 256)
    # Bilinear restoration keeps the mean, so each plane is shown to be that of its own frame; the
    # demo camera's waves are others in each frame.
    means = raw.mean((-1, -2)), restored.mean((-1, -2))
    np.testing.assert_allclose(*means, rtol=0.02)
    assert np.count_nonzero(means[0]) == len(rows)


def test_a_command_that_is_broken_off_puts_the_microscope_back(
    micro_manager: RunningMicroManager, tmp_path: Path
) -> None:
    folder = tmp_path / "cell"
    arguments = (
        *("live", "--source", source_of(micro_manager), "--headless", "--engine", "bilinear"),
        *("--interval", "200ms", "--channels", "GFP,mCherry", "--save", str(folder)),
    )
    with command_line(*arguments) as command:
        micro_manager.wait_for(lambda: micro_manager.tell("calls").get("snapImage", 0) > 6)
        command.interrupt()
        assert command.process.returncode == 0, command.lines
    assert micro_manager.core("getCurrentConfig", "Channel") == "DIC"
    rows = list(read_rows(folder / "frames.csv"))
    assert {row.channel for row in rows} == {0, 1}
    assert SessionRecord.read(folder).state == "complete"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--channels", "GFP"), "--interval 2s"),
        (("--duration", "30min"), "--interval 2s"),
        (("--interval", "soon"), "is not a duration"),
        (("--interval", "2s", "--experiment", "plan.yaml"), "Leave out --interval"),
        (("--experiment", "none.yaml"), "none.yaml can't be read"),
    ],
)
def test_half_an_experiment_is_refused_with_what_is_missing(
    options: tuple[str, ...], words: str
) -> None:
    from typer.testing import CliRunner

    from pssr_live.cli.main import app

    result = CliRunner().invoke(app, ["live", "--headless", "--source", "micromanager:", *options])
    assert result.exit_code != 0
    assert words in f"{result.output} {result.exception}"
