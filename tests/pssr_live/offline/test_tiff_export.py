"""Recordings written once more as TIFF files that any ImageJ opens."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from acquisition import Channel
from pssr_live import open_recording
from pssr_live.cli.main import app
from pssr_live.recording import ImageDescription, imagej_tiff, write_single
from tests.limited_files import no_room_beyond


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two channels, two slices, three time points; raw and restored."""
    folder = tmp_path_factory.mktemp("monday") / "cell 3"
    result = CliRunner().invoke(
        app,
        [
            *(
                "live",
                "--headless",
                "--frames",
                "12",
                "--engine",
                "bilinear",
                "--save",
                str(folder),
            ),
            *("--source", "simulated:height=64,width=48,channels=2,slices=2,interval=0.01"),
        ],
    )
    assert result.exit_code == 0, result.output
    return folder


def test_any_imagej_sees_channels_slices_times_and_units(recording: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["export-tiff", str(recording), "--output", str(tmp_path)])
    assert result.exit_code == 0, result.output
    with open_recording(recording) as opened:
        parts = {"raw": opened.raw, "restored": opened.restored}
        for part, frames in parts.items():
            assert frames is not None
            path = tmp_path / f"cell 3-{part}.tif"
            assert path.name in result.output.replace("\n", "")
            with tifffile.TiffFile(path) as tiff:
                assert not tiff.is_bigtiff
                about = tiff.imagej_metadata
                series = tiff.series[0]
                assert series.axes == "TZCYX"
                np.testing.assert_array_equal(series.asarray(), np.asarray(frames).swapaxes(1, 2))
                assert about is not None
                assert (about["unit"], about["mode"]) == ("um", "composite")
                assert about["spacing"] == 0.5
                assert about["finterval"] == pytest.approx(0.01)
                assert about["LUTs"][0][:, 255].tolist() == [0, 255, 0]
                assert len(about["Labels"]) == len(frames) * 2 * 2
                assert about["Labels"][2:] == about["Labels"][:-2]
                assert about["Labels"][0] != about["Labels"][1]
                scale = 4 if part == "restored" else 1
                numerator, denominator = tiff.pages[0].tags["XResolution"].value
                assert numerator / denominator == pytest.approx(scale / 0.196, rel=1e-3)
    assert "predicted" in about["Info"]


def test_what_is_there_is_written_over_only_if_told(recording: Path, tmp_path: Path) -> None:
    (tmp_path / "cell 3-restored.tif").write_bytes(b"mine")
    line = ["export-tiff", str(recording), "--output", str(tmp_path)]
    result = CliRunner().invoke(app, line)
    assert "already exists" in str(result.exception)
    assert (tmp_path / "cell 3-restored.tif").read_bytes() == b"mine"
    assert not (tmp_path / "cell 3-raw.tif").exists()
    assert CliRunner().invoke(app, [*line, "--force"]).exit_code == 0


def test_what_is_no_recording_stops_no_other_and_none_takes_anothers_name(
    recording: Path, tmp_path: Path
) -> None:
    (tmp_path / "snapshots").mkdir()
    line = ["export-tiff", str(tmp_path / "snapshots"), str(recording), "--output", str(tmp_path)]
    result = CliRunner().invoke(app, line)
    assert "1 of 2 were not written" in str(result.exception)
    assert "snapshots is not a recording" in result.output.replace("\n", " ")
    assert (tmp_path / "cell 3-restored.tif").exists()
    of_another_day = tmp_path / "tuesday" / "cell 3"
    of_another_day.mkdir(parents=True)
    line = ["export-tiff", str(recording), str(of_another_day), "--output", str(tmp_path / "out")]
    result = CliRunner().invoke(app, [*line, "--force"])
    assert "would both be cell 3-raw.tif" in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_more_than_a_classic_tiff_can_point_to_follows_its_one_page(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imagej_tiff, "_LARGEST_CLASSIC", 1000)
    CliRunner().invoke(app, ["export-tiff", str(recording), "--output", str(tmp_path)])
    with (
        tifffile.TiffFile(tmp_path / "cell 3-raw.tif") as tiff,
        open_recording(recording) as opened,
    ):
        assert len(tiff.pages) == 1
        whole = np.asarray(opened.raw).swapaxes(1, 2)
        np.testing.assert_array_equal(tiff.series[0].asarray(), whole)


def test_a_single_image_is_classic_and_says_what_it_is(tmp_path: Path) -> None:
    about = ImageDescription(
        name="restored",
        channels=(Channel("restored by x (predicted)"),),
        shape=(3, 4),
        dtype=np.dtype(np.uint16),
        significant_bits=16,
        pixel_size_um=0.05,
        interval_s=None,
        acquired_at=None,
        notes={"frame": "7"},
    )
    pixels = np.arange(12, dtype=np.uint16).reshape(3, 4)
    write_single(tmp_path / "a.ome.tif", about, pixels)
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as tiff:
        assert not tiff.is_bigtiff
        assert tiff.is_ome
        np.testing.assert_array_equal(tiff.asarray(), pixels)
        assert "restored by x (predicted)" in str(tiff.ome_metadata)
    with pytest.raises(FileExistsError):
        write_single(tmp_path / "a.ome.tif", about, pixels)
    assert (tmp_path / "a.ome.tif").exists()
    if os.name == "posix":
        with no_room_beyond(100), pytest.raises(OSError, match=r"large|written"):
            write_single(tmp_path / "b.ome.tif", about, pixels)
        assert not (tmp_path / "b.ome.tif").exists()
