import csv
from pathlib import Path

import numpy as np

from pssr_live.training.data import EpochScore, Scores, enlarged
from pssr_live.training.run import LogEntry, ProgressFiles
from pssr_live.training.run.pictures import Sample
from pssr_live.training.run.run_folder import CURVE, LOG, SAMPLES
from pssr_live.training.run.training_log import COLUMNS

VERDICT = EpochScore(None, Scores(27.5, 25.0, 26.0, 0.8, 0.6, 0.7))
ENTRIES = [
    LogEntry(step=10, loss=0.9, seconds=1.0, score=VERDICT),
    LogEntry(step=20, loss=0.8, seconds=2.0, score=VERDICT),
]


def bilinear(window: np.ndarray) -> np.ndarray:
    return enlarged(window[2][None])[0]


def progress_files(folder: Path, told: list[str]) -> ProgressFiles:
    rng = np.random.default_rng(0)
    sample = Sample(
        series="cells",
        setting="noise",
        window=rng.random((5, 8, 8), np.float32),
        truth=rng.random((32, 32), np.float32),
    )
    return ProgressFiles(folder, [sample], told.append)


def test_log_curve_and_a_sample_picture_an_epoch_are_written(tmp_path: Path) -> None:
    told: list[str] = []
    shown = progress_files(tmp_path, told)
    for epoch in (1, 2):
        shown.write(ENTRIES[:epoch], bilinear)
    with (tmp_path / LOG).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [row["step"] for row in rows] == ["10", "20"]
    assert (rows[0]["psnr"], rows[0]["ssim_rolling_mean"]) == ("27.5000", "0.7000")
    names = sorted(path.name for path in (tmp_path / SAMPLES).iterdir())
    assert names == ["epoch-001.png", "epoch-002.png"]
    assert len(told) == 1
    assert str(tmp_path / CURVE) in told[0]


def test_a_file_that_can_t_be_written_is_told_and_stops_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    shown = progress_files(tmp_path, told)
    (tmp_path / CURVE).mkdir()
    shown.write(ENTRIES, bilinear)
    assert CURVE in told[-1]
    assert "the training goes on" in told[-1]
    (tmp_path / CURVE).rmdir()
    shown.write(ENTRIES, bilinear)
    assert len(told) == 2
    assert (tmp_path / CURVE).is_file()
