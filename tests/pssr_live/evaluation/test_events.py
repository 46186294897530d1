"""Fission and fusion, by skeletons and by two people."""

from __future__ import annotations

import csv
import errno
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from acquisition import SourceError
from pssr_live.errors import UserError
from pssr_live.evaluation import run_counts, run_events
from pssr_live.evaluation.blinding import COUNTERS, export_blinded, unblind
from pssr_live.evaluation.events import TRUTH, find_events, regressions
from pssr_live.evaluation.events_command import PICTURE, TABLE
from pssr_live.evaluation.skeletons import Network, differences, network_of
from tests.pssr_live.told import hold_until_told

Frame = NDArray[np.uint16]


def tubes(*stretches: tuple[int, int, int]) -> Frame:
    """Horizontal tubes of 5 pixels: row, first and last column."""
    image = np.full((64, 96), 100, np.uint16)
    for row, first, last in stretches:
        image[row - 2 : row + 3, first:last] = 1000
    return image


WHOLE = tubes((16, 8, 88), (40, 8, 88))
BROKEN = tubes((16, 8, 40), (16, 56, 88), (40, 8, 88))


def network(frame: Frame) -> Network:
    return network_of(frame, 500)


def test_a_gap_is_a_break_and_a_bridge_is_a_merge() -> None:
    found = differences(network(WHOLE), network(BROKEN))
    assert len(found.breaks) == 1
    assert not found.merges
    row, column = found.breaks[0]
    assert abs(row - 16) <= 2
    assert 40 <= column < 56
    back = differences(network(BROKEN), network(WHOLE))
    assert (len(back.breaks), len(back.merges)) == (0, 1)


def test_what_is_alike_or_gone_is_neither() -> None:
    gone = network(tubes((40, 8, 88)))
    for second in (network(WHOLE), gone):
        assert differences(network(WHOLE), second) == ([], [])


def movie(*frames: Frame) -> Frame:
    noise = np.random.default_rng(0).integers(0, 40, (len(frames), 64, 96)).astype(np.uint16)
    return np.stack(frames) + noise


def test_events_are_those_from_frame_to_frame_and_flicker_counts_too() -> None:
    truth = movie(WHOLE, WHOLE, BROKEN, BROKEN)
    flickering = movie(WHOLE, BROKEN, WHOLE, BROKEN)
    true, method = find_events("cell", truth, {"LR": flickering // 2})
    assert (true.fissions, true.fusions) == (1, 0)
    assert (method.fissions, method.fusions) == (2, 1)
    assert method.breaks == pytest.approx(1 / 4)
    assert method.merges == pytest.approx(1 / 4)


def test_over_movies_there_is_a_line_and_its_r_squared() -> None:
    found = []
    for number, frames in enumerate(
        ([WHOLE] * 4, [WHOLE, BROKEN, BROKEN, BROKEN], [WHOLE, BROKEN, WHOLE, BROKEN])
    ):
        found += find_events(f"cell {number}", movie(*frames), {"same": movie(*frames)})
    line = regressions(found)["same"]
    assert line is not None
    assert (line.slope, line.r_squared, line.n) == pytest.approx((1, 1, 3))


def write(path: Path, frames: Frame) -> Path:
    tifffile.imwrite(path, frames, imagej=True, metadata={"axes": "TYX"})
    return path


def test_the_command_leaves_a_table_and_a_picture_and_says_what_it_does_meanwhile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = "pssr_live.evaluation.events.find_events"
    hold_until_told(monkeypatch, capsys, place, "Counting in cell ...")
    truth = write(tmp_path / "cell.tif", movie(WHOLE, WHOLE, BROKEN))
    made = write(tmp_path / "made.tif", movie(WHOLE, BROKEN, BROKEN))
    run_events([truth], [f"PSSR={made}"], tmp_path / "out")
    said = capsys.readouterr().out
    assert "16 times fewer pixels" in said
    assert "cell, PSSR: 1 fissions" in said
    with (tmp_path / "out" / TABLE).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    assert [row["fissions"] for row in rows] == ["0", "0", "1", "0", "1", "0"]
    assert (tmp_path / "out" / PICTURE).read_bytes().startswith(b"\x89PNG")


def test_a_truth_whose_sides_make_no_whole_lr_pixels_is_cut_as_crappify_cuts_it(
    tmp_path: Path,
) -> None:
    frames = movie(WHOLE, BROKEN)
    truth = write(tmp_path / "cell.tif", np.pad(frames, ((0, 0), (0, 3), (0, 1)), mode="edge"))
    made = write(tmp_path / "made.tif", frames)
    run_events([truth], [f"PSSR={made}"], tmp_path / "out")
    with (tmp_path / "out" / TABLE).open(newline="") as file:
        assert [row["breaks"] for row in csv.DictReader(file)] == ["0"] * 4
    # Nor does its size, or its bytes a pixel, tell people which movie it is.
    small = write(tmp_path / "small.tif", (tifffile.imread(truth) // 8).astype(np.uint8))
    export_blinded([small], {"PSSR": [made]}, tmp_path / "blind")
    movies = [tifffile.imread(path) for path in (tmp_path / "blind" / "blinded").glob("*.tif")]
    assert {(one.shape, one.dtype.name) for one in movies} == {(frames.shape, "uint16")}


def test_movies_that_don_t_go_together_are_refused(tmp_path: Path) -> None:
    truth = write(tmp_path / "cell.tif", movie(WHOLE, WHOLE))
    short = write(tmp_path / "short.tif", movie(WHOLE, WHOLE, WHOLE))
    with pytest.raises(UserError, match="shape"):
        run_events([truth], [f"PSSR={short}"], tmp_path / "out")
    for methods, words in (
        ([], "nothing"),
        (["PSSR"], "does not say which method"),
        ([f"A={short}"] * 2, "2 movies"),
    ):
        with pytest.raises(UserError, match=words):
            run_events([truth], methods, tmp_path / "out")


def test_counts_of_two_people_are_unblinded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truths = [write(tmp_path / f"cell-{n}.tif", movie(WHOLE, BROKEN)) for n in range(4)]
    made = [write(tmp_path / f"made-{n}.tif", movie(WHOLE, WHOLE)) for n in range(4)]
    output = tmp_path / "counting"
    assert export_blinded(truths, {"PSSR": made}, output) == 8
    names = {path.name for path in (output / "blinded").iterdir()} - {"counts.csv"}
    assert not any("cell" in name or "made" in name for name in names)
    with pytest.raises(UserError, match="already"):
        export_blinded(truths, {"PSSR": made}, output)
    by_method = json.loads((output / "key.json").read_text())
    for name, said in by_method.items():
        own = truths if said["method"] == TRUTH else made
        path = own[int(said["movie"][-1])]
        np.testing.assert_array_equal(
            tifffile.imread(output / "blinded" / name), tifffile.imread(path)
        )
    with pytest.raises(UserError, match="Fill in every line"):
        unblind(output / "blinded" / "counts.csv", output / "key.json")
    key = json.loads((output / "key.json").read_text())
    with (output / "blinded" / "counts.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("file", *COUNTERS))
        for name, said in key.items():
            number = int(said["movie"][-1])
            table.writerow((name, number, number + (said["method"] == TRUTH)))
    run_counts(output / "blinded" / "counts.csv", output)
    said = capsys.readouterr().out
    assert "16 times fewer pixels" in said
    assert "PSSR against HR, counter 1: y = 1.00 x +0.00, R² = 1.00" in said
    assert "counter 2 against counter 1, HR: y = 1.00 x +1.00" in said


def test_a_blinded_movie_does_not_say_what_made_it(tmp_path: Path) -> None:
    told = tmp_path / "restored.ome.tif"
    about = {"axes": "TYX", "Channel": {"Name": "restored by mito-lite (predicted)"}}
    tifffile.imwrite(told, movie(WHOLE, BROKEN), ome=True, metadata=about)
    truth = write(tmp_path / "cell.tif", movie(WHOLE, BROKEN))
    export_blinded([truth], {"PSSR": [told]}, tmp_path / "out")
    assert b"mito-lite" in told.read_bytes()
    for path in (tmp_path / "out" / "blinded").iterdir():
        assert b"mito-lite" not in path.read_bytes()


def test_a_blinded_export_that_can_t_be_finished_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = write(tmp_path / "cell.tif", movie(WHOLE, BROKEN))
    output = tmp_path / "out"
    with pytest.raises(SourceError, match=r"gone\.tif"):
        run_events([truth], [f"PSSR={tmp_path / 'gone.tif'}"], output, blind=True)
    assert list(output.iterdir()) == []

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("pssr_live.evaluation.blinding.write_whole", full)
        with pytest.raises(UserError, match="no room"):
            run_events([truth], [f"PSSR={truth}"], output, blind=True)
    assert list(output.iterdir()) == []
    run_events([truth], [f"PSSR={truth}"], output, blind=True)


def test_movies_of_one_name_are_told_apart(tmp_path: Path) -> None:
    files = []
    for day, frames in (("monday", (WHOLE, BROKEN)), ("tuesday", (WHOLE, WHOLE))):
        (tmp_path / day).mkdir()
        files.append(write(tmp_path / day / "cell.tif", movie(*frames)))
    run_events(files, [f"PSSR={path}" for path in files], tmp_path / "out")
    with (tmp_path / "out" / TABLE).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["movie"] for row in rows} == {"cell 1", "cell 2"}
    assert export_blinded(files, {"PSSR": files}, tmp_path / "counting") == 4


@pytest.mark.parametrize("count", ["", "nan", "-1", "three"])
def test_what_is_no_count_is_refused(tmp_path: Path, count: str) -> None:
    truth = write(tmp_path / "cell.tif", movie(WHOLE, BROKEN))
    export_blinded([truth], {"PSSR": [truth]}, tmp_path)
    table = tmp_path / "blinded" / "counts.csv"
    table.write_text(table.read_text().replace(",,", f",1,{count}"))
    with pytest.raises(UserError, match="Fill in every line"):
        unblind(table, tmp_path / "key.json")
