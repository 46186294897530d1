"""frames.csv."""

from __future__ import annotations

import csv
import math
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquisition import FrameRow, read_rows
from pssr_live.recording import FrameTable, StageTimes
from pssr_live.recording.frame_table import read_figures
from pssr_live.trust import UNCERTAINTY, Light, Trust
from pssr_live.trust.reprojection import Reprojection
from pssr_live.trust.window_figures import WindowFigures

FIGURES = WindowFigures(
    snr=12.25,
    noise=0.2,
    saturated=0.0,
    contrast=0.9,
    width=float("nan"),
    change=0.05,
    disorder=0.0,
    black=0.01,
    white=0.8,
)
AGREEMENT = Reprojection(
    rsp=0.9,
    rse=31.5,
    rsp_relative=1.1,
    rse_relative=0.95,
    peak=12.0,
    residual=np.zeros((8, 8), np.float32),
)
TRUST = Trust(
    figures=FIGURES, agreement=AGREEMENT, light=Light.RED, cause="peak", reason="Not as measured."
)

seconds = st.floats(0, 1e6, allow_nan=False)
rows = st.lists(
    st.builds(
        FrameRow,
        index=st.integers(0, 10**11),
        acquired_s=seconds,
        received_s=seconds,
        lost_before=st.integers(0, 10**10),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=50, deadline=None)
@given(rows=rows, seed=st.integers(0, 99))
def test_lines_are_completed_in_place_in_any_order_and_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[FrameRow], seed: int
) -> None:
    path = tmp_path_factory.mktemp("table") / "frames.csv"
    table = FrameTable(path)
    for position, row in enumerate(rows):
        table.write(position, row)
    completed = random.Random(seed).sample(range(len(rows)), len(rows) // 2 + 1)
    for position in completed:
        table.complete(position, StageTimes(0.001 * position, 0.002, 0.003, 0.001, 4000.0), TRUST)
    for position, row in enumerate(rows):
        assert table.read(position).index == row.index
    table.close()
    for row, read in zip(rows, read_rows(path), strict=True):
        assert (read.index, read.lost_before) == (row.index, row.lost_before)
        assert read.acquired_s == pytest.approx(row.acquired_s, abs=1e-6)
    with path.open(newline="", encoding="ascii") as file:
        lines = list(csv.DictReader(file, skipinitialspace=True))
    for position, line in enumerate(lines):
        if position in completed:
            assert float(line["look_ahead_ms"]) == pytest.approx(position)
            assert float(line["write_ms"]) == 4e6
            assert float(line["rse"]) == 31.5
            assert float(line["snr"]) == 12.25
            assert not line["width"].strip()
            assert (line["light"], line["cause"]) == ("red", "peak")
        else:
            assert not line["light"].strip()
            assert not line["look_ahead_ms"].strip()


@pytest.mark.parametrize("cut", [1, 5, 60, 100])
def test_a_line_cut_off_by_a_crash_ends_the_table(tmp_path: Path, cut: int) -> None:
    table = FrameTable(tmp_path / "frames.csv")
    for index in range(3):
        table.write(
            index,
            FrameRow(index=index, acquired_s=0.1 * index, received_s=0.1 * index, lost_before=0),
        )
    table.close()
    with (tmp_path / "frames.csv").open("r+b") as file:
        file.truncate(file.seek(0, 2) - cut)
    assert [row.index for row in read_rows(tmp_path / "frames.csv")] == [0, 1]


def test_a_line_of_other_columns_ends_the_figures(tmp_path: Path) -> None:
    path = tmp_path / "frames.csv"
    table = FrameTable(path)
    for position in range(3):
        table.write(
            position, FrameRow(index=position, acquired_s=0.0, received_s=0.0, lost_before=0)
        )
        table.complete(position, None, TRUST)
    table.close()
    header, first, second, third = path.read_text(encoding="ascii").splitlines()
    lines = [header, first, second.replace(",", ";"), third]
    path.write_text("\n".join([*lines, ""]), encoding="ascii", newline="\n")
    assert read_figures(path)["rse"].tolist() == [31.5]
    assert len(list(read_rows(path))) == 1


def test_a_table_is_never_written_over(tmp_path: Path) -> None:
    FrameTable(tmp_path / "frames.csv").close()
    with pytest.raises(FileExistsError):
        FrameTable(tmp_path / "frames.csv")


def test_verdicts_are_filled_in_later_and_times_stay(tmp_path: Path) -> None:
    path = tmp_path / "frames.csv"
    table = FrameTable(path)
    for position in range(2):
        table.write(
            position, FrameRow(index=position, acquired_s=0.0, received_s=0.0, lost_before=0)
        )
    table.complete(0, StageTimes(0.1, 0.2, 0.3, 0.4, 0.5), None)
    table.close()
    again = FrameTable(path, new=False)
    for position in range(2):
        again.complete(position, None, TRUST)
    again.close()
    with path.open(newline="", encoding="ascii") as file:
        first, second = csv.DictReader(file, skipinitialspace=True)
    assert (float(first["engine_ms"]), first["light"]) == (300.0, "red")
    assert (second["engine_ms"].strip(), second["light"]) == ("", "red")


def without_last_columns(path: Path, count: int) -> None:
    """Make a table as an earlier version wrote it, which knew fewer columns."""
    lines = path.read_text(encoding="ascii").splitlines()
    shorter = "".join(line.rsplit(",", count)[0] + "\n" for line in lines)
    path.write_text(shorter, encoding="ascii", newline="\n")


@pytest.mark.parametrize("times", [None, StageTimes(0.1, 0.2, 0.3, 0.4, 0.5)])
def test_a_table_of_an_earlier_version_is_gone_on_with_in_its_own_columns(
    tmp_path: Path, times: StageTimes | None
) -> None:
    path, ours = tmp_path / "frames.csv", tmp_path / "ours.csv"
    for table in (FrameTable(path), FrameTable(ours)):
        for position in range(2):
            table.write(
                position, FrameRow(index=position, acquired_s=0.0, received_s=0.0, lost_before=0)
            )
        table.close()
    without_last_columns(path, 3)
    for table in (FrameTable(path, new=False), FrameTable(ours, new=False)):
        missing = FrameRow(
            index=5, acquired_s=0.0, received_s=0.0, lost_before=3, lost_to="overflow"
        )
        table.write(2, missing)
        table.complete(1, times, TRUST)
        assert table.read(2).index == 5
        table.close()
    figures = read_figures(path)
    assert UNCERTAINTY not in figures
    assert figures["rse"][1] == 31.5
    without_last_columns(ours, 3)
    assert path.read_bytes() == ours.read_bytes()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "position,       index\n        0,           3\n",
        "position,       index",
    ],
)
def test_a_table_with_other_columns_is_not_gone_on_with(tmp_path: Path, content: str) -> None:
    path = tmp_path / "frames.csv"
    path.write_text(content, encoding="ascii")
    before = path.read_bytes()
    with pytest.raises(ValueError, match="other columns"):
        FrameTable(path, new=False)
    assert path.read_bytes() == before


def test_a_table_of_a_later_version_is_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "frames.csv"
    FrameTable(path).close()
    later = path.read_text(encoding="ascii").replace("\n", ",        clarity\n")
    path.write_text(later, encoding="ascii", newline="\n")
    with pytest.raises(ValueError, match="other columns"):
        FrameTable(path, new=False)


def test_a_time_too_long_for_its_column_moves_no_other(tmp_path: Path) -> None:
    table = FrameTable(tmp_path / "frames.csv")
    table.write(0, FrameRow(index=0, acquired_s=1.7637e9 + 0.123456, received_s=0.0, lost_before=0))
    table.write(1, FrameRow(index=1, acquired_s=0.1, received_s=0.1, lost_before=0))
    table.close()
    rows = list(read_rows(tmp_path / "frames.csv"))
    assert [row.index for row in rows] == [0, 1]
    assert rows[0].acquired_s == pytest.approx(1.7637e9, rel=1e-5)


def test_a_line_is_written_again_in_its_place(tmp_path: Path) -> None:
    table = FrameTable(tmp_path / "frames.csv")
    for index in (3, 4):
        table.write(0, FrameRow(index=index, acquired_s=0.0, received_s=0.0, lost_before=0))
    table.close()
    assert [row.index for row in read_rows(tmp_path / "frames.csv")] == [4]


def test_what_has_become_of_missing_frames_stays_beside_the_verdict(tmp_path: Path) -> None:
    path = tmp_path / "frames.csv"
    table = FrameTable(path)
    for position, lost_to in enumerate(["", "overflow", "longer than a column is"]):
        row = FrameRow(
            index=3 * position, acquired_s=0.0, received_s=0.0, lost_before=2, lost_to=lost_to
        )
        table.write(position, row)
        table.complete(position, StageTimes(0.1, 0.2, 0.3, 0.4, 0.5), TRUST)
    table.write(3, FrameRow(index=7, acquired_s=0, received_s=0, lost_before=0, lost_to="taken"))
    table.close()
    assert [row.lost_to for row in read_rows(path)] == ["", "overflow", "longer than a", ""]
    with path.open(newline="", encoding="ascii") as file:
        rows = list(csv.DictReader(file, skipinitialspace=True))
    assert [row["light"] for row in rows[:3]] == ["red"] * 3
    without_last_columns(path, 2)
    assert [row.lost_to for row in read_rows(path)] == [""] * 4


def test_how_late_a_time_point_began_stands_in_the_last_column(tmp_path: Path) -> None:
    path, late = tmp_path / "frames.csv", [math.nan, 0.0, 0.2345]
    table = FrameTable(path)
    for position, late_s in enumerate(late):
        row = FrameRow(index=position, acquired_s=0.0, received_s=0.0, lost_before=0, late_s=late_s)
        table.write(position, row)
        table.complete(position, StageTimes(0.1, 0.2, 0.3, 0.4, 0.5), TRUST)
    table.close()
    np.testing.assert_allclose([row.late_s for row in read_rows(path)], late, atol=5e-4)
    # What stood there was no number after all: the frames are there all the same.
    path.write_text(path.read_text().replace("0.234", "????\x00"))
    np.testing.assert_array_equal([row.late_s for row in read_rows(path)], [math.nan, 0, math.nan])
    # A table of an earlier version is gone on with in the columns that it has.
    without_last_columns(path, 1)
    table = FrameTable(path, new=False)
    table.write(3, FrameRow(index=9, acquired_s=0, received_s=0, lost_before=6, lost_to="missed"))
    table.close()
    last = list(read_rows(path))[-1]
    assert (last.index, last.lost_to, math.isnan(last.late_s)) == (9, "missed", True)
