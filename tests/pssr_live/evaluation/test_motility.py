"""Tracks in kymographs, what is measured of them, and how groups are compared."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from scipy.stats import kruskal

from pssr_live.errors import UserError
from pssr_live.evaluation import run_motility
from pssr_live.evaluation.kymograph import with_gaps
from pssr_live.evaluation.motility import Track, find_tracks, motility_of
from pssr_live.evaluation.motility_command import PICTURE, TABLE
from pssr_live.evaluation.rank_tests import rank_test
from tests.pssr_live.told import hold_until_told

TIME = np.arange(40)
# Pixels: one moves, one rests.
MOVING, RESTING = 10 + 2.0 * TIME, np.full(40, 110.0)


def kymograph(*ways: NDArray[np.float64], noise: float = 0.02) -> NDArray[np.float64]:
    place = np.arange(140)
    rows = sum(np.exp(-((place - way[:, None]) ** 2) / 8) for way in ways)
    return np.asarray(rows) + np.random.default_rng(0).normal(0, noise, (len(TIME), 140))


def test_particles_are_followed() -> None:
    tracks = find_tracks(kymograph(MOVING, RESTING), reach=4)
    assert len(tracks) == 2
    for way in (MOVING, RESTING):
        errors = [
            np.abs(track.places - way[track.frames]).max()
            for track in tracks
            if len(track.frames) == 40
        ]
        assert min(errors) < 0.5


def test_a_frame_without_a_peak_does_not_end_a_track() -> None:
    rows = kymograph(MOVING)
    rows[20] = 0
    (track,) = find_tracks(rows, reach=4)
    assert len(track.frames) == 40
    assert abs(track.places[20] - MOVING[20]) < 1


def test_frames_that_are_missing_make_nothing_faster() -> None:
    there = [number for number in range(len(TIME)) if number not in (19, 20)]
    (track,) = find_tracks(with_gaps(kymograph(MOVING)[there], there), reach=4)
    assert len(track.frames) == 40
    assert np.abs(track.places - MOVING).max() < 1


def test_distance_speed_and_pauses_are_those_of_the_track() -> None:
    # 0.2 µm in 0.5 s for 20 frames, then rest.
    way = 2.0 * np.minimum(TIME, 20)
    found = motility_of(Track(TIME, way), pixel_um=0.1, interval_s=0.5)
    assert found.speed_um_s == pytest.approx(0.4, rel=0.05)
    assert found.distance_um == pytest.approx(4.0, rel=0.1)
    assert found.moving == pytest.approx(100 * 20 / 39, abs=4)
    assert found.moving + found.paused == 100
    still = motility_of(Track(TIME, RESTING), pixel_um=0.1, interval_s=0.5)
    assert still == (0, 0, 0, 100)


def test_of_two_groups_dunn_s_test_is_kruskal_and_wallis_s() -> None:
    """Its z squared is then H, with ties and without."""
    for groups in ({"a": [1, 2, 3, 5.5], "b": [4, 5, 6, 7, 8]}, {"a": [1, 1, 2], "b": [2, 2, 3]}):
        found = rank_test(groups)
        assert found is not None
        expected = kruskal(*groups.values()).pvalue
        assert found.p == pytest.approx(expected)
        assert found.pairs == {("a", "b"): pytest.approx(expected)}


def test_several_pairs_are_corrected() -> None:
    found = rank_test({"a": [1, 2, 3, 4], "b": [5, 6, 7, 8], "c": [9, 10, 11, 12]})
    assert found is not None
    # Mean ranks 2.5, 6.5, 10.5; 13 · 12 / 12 · (1/4 + 1/4) under the root.
    assert found.pairs["a", "c"] == pytest.approx(3 * 0.0016935, rel=0.01)
    assert found.pairs["a", "b"] == found.pairs["b", "c"] == pytest.approx(2 * 0.11685, rel=0.01)
    assert rank_test({"a": [1, 1], "b": [1]}) is None
    assert rank_test({"a": [1, 2], "b": []}) is None


def write(path: Path, *ways: NDArray[np.float64], says: bool = True) -> Path:
    rows = kymograph(*ways)
    frames = np.repeat(rows[:, None], 9, axis=1)
    counts = (1000 * np.clip(frames + 0.2, 0, None)).astype(np.uint16)
    about = {"unit": "um", "finterval": 0.5} if says else {}
    tifffile.imwrite(
        path, counts, imagej=True, resolution=(10, 10), metadata={"axes": "TYX", **about}
    )
    return path


def test_the_command_leaves_a_table_and_a_picture_and_says_what_it_does_meanwhile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = "pssr_live.evaluation.motility.find_tracks"
    hold_until_told(monkeypatch, capsys, place, "Tracking in HR=")
    first = write(tmp_path / "first.tif", MOVING, RESTING)
    second = write(tmp_path / "second.tif", RESTING)
    output = tmp_path / "out"
    movies, line = [f"HR={first}"] * 3 + [f"LR={second}"] * 5, ["4,0,4,139"]
    run_motility(movies, line, output, most_speed_um_s=1.0)
    said = capsys.readouterr().out
    assert "16 times fewer pixels" in said
    assert "distance travelled" in said
    assert "Kruskal-Wallis p =" in said
    with (output / TABLE).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["group"] for row in rows] == ["HR"] * 6 + ["LR"] * 5
    speeds = sorted(float(row["speed_um_s"]) for row in rows)
    assert speeds[-1] == pytest.approx(0.4, rel=0.1)
    assert (output / PICTURE).read_bytes().startswith(b"\x89PNG")
    run_motility(movies[2:4], line, output, most_speed_um_s=1.0)
    said = capsys.readouterr().out
    assert "p =" not in said
    assert "Nothing was tested: that takes two groups, and 5 tracks or more in each." in said
    assert "LR: 0 (n = 1 track)" in said


@pytest.mark.parametrize(
    ("movie", "lines", "words"),
    [
        ("first.tif", ["4,0,4,139"], "does not say which group"),
        ("A=first.tif", ["4,0,4"], "does not give two ends"),
        ("A=first.tif", ["4,0,4,1"], "too short"),
        ("A=first.tif", ["4,nan,4,9"], "too short"),
        ("A=first.tif", ["4,0,4,140"], "leaves first.tif"),
        ("A=first.tif", ["4,0,4,9"] * 2, "2 lines for 1 movies"),
        ("A=plain.tif", ["4,0,4,139"], "does not say its"),
    ],
)
def test_what_won_t_do_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, movie: str, lines: list[str], words: str
) -> None:
    write(tmp_path / "first.tif", MOVING)
    write(tmp_path / "plain.tif", MOVING, says=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=words):
        run_motility([movie], lines, tmp_path / "out", most_speed_um_s=1.0)
