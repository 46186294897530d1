import csv
import json
from pathlib import Path

import pytest

from pssr_live.training.data import EpochScore, Scores
from pssr_live.training.run import LogEntry
from pssr_live.training.run.training_log import write_log

BY_SCORES = EpochScore(None, Scores(27.5, 25.0, 26.0, 0.8, 0.6, 0.7))
BY_LOSS = EpochScore(0.0123456, None)


@pytest.mark.parametrize("score", [BY_SCORES, BY_LOSS])
def test_an_entry_comes_back_from_json_as_it_was(score: EpochScore) -> None:
    entry = LogEntry(step=10, loss=1 / 3, seconds=0.1, score=score)
    assert LogEntry.from_json(json.loads(json.dumps(entry.to_json()))) == entry


def test_the_log_has_a_column_for_every_figure_and_leaves_out_what_was_not_measured(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log.csv"
    write_log(
        path,
        [
            LogEntry(step=10, loss=1 / 3, seconds=0.1, score=BY_SCORES),
            LogEntry(step=20, loss=0.25, seconds=0.2, score=BY_LOSS),
        ],
    )
    with path.open(encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert first["psnr"] == "27.5000"
    assert first["ssim_rolling_mean"] == "0.7000"
    assert first["validation_loss"] == ""
    assert second["validation_loss"] == "0.012346"
    assert not second["psnr"]


def test_a_verdict_says_what_is_gained_over_the_baselines() -> None:
    assert BY_SCORES.words() == (
        "PSNR 27.50 dB (+2.50 over bilinear, +1.50 over rolling mean), SSIM 0.800 (+0.200, +0.100)"
    )
    assert BY_LOSS.words() == "validation loss 0.0123"
