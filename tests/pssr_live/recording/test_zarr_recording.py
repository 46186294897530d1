"""Recordings whose restored frames are an OME-Zarr: whole, cut off, completed, read back."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from rich.console import Console

import pssr_live
from pssr_live.cli.restore import restore
from pssr_live.errors import UserError
from pssr_live.recording import ImageFormat, SessionRecord
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession
from tests.pssr_live.cli.test_cli import SIMULATED, run, start
from tests.pssr_live.scripted import ScriptedSource, unplugged
from tests.pssr_live.sessions import TIMEOUT, complete_recording, restore_file

pytest.importorskip("tensorstore")
zarr = pytest.importorskip("zarr")
yaozarrs = pytest.importorskip("yaozarrs")

NUMBERS = [*range(12), *range(20, 34)]
QUIET = Console(quiet=True)


def record(folder: Path, image_format: ImageFormat, script: Any = NUMBERS) -> LiveSession:
    session = LiveSession(
        ScriptedSource(script),
        EngineChoice("rolling-mean"),
        save=folder,
        image_format=image_format,
    )
    session.start()
    assert session.wait(TIMEOUT)
    return session


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """The same session as OME-TIFF."""
    folder = tmp_path_factory.mktemp("expected") / "r"
    assert record(folder, ImageFormat.OME_TIFF).faults == []
    return {name: tifffile.imread(folder / f"{name}.ome.tif") for name in ("raw", "restored")}


def read(folder: Path, name: str) -> np.ndarray:
    path = folder / f"{name}.ome.zarr"
    yaozarrs.validate_zarr_store(str(path))
    array: np.ndarray = zarr.open_group(path, mode="r")["0"][:]
    return array


def test_both_streams_are_there_as_zarr_and_the_raw_one_as_tiff_too(
    tmp_path: Path, expected: dict[str, np.ndarray]
) -> None:
    folder = tmp_path / "r"
    assert record(folder, ImageFormat.OME_ZARR).faults == []
    assert {path.name for path in folder.iterdir()} == {
        "raw.ome.tif",
        "raw.ome.zarr",
        "restored.ome.zarr",
        "frames.csv",
        "session.json",
    }
    np.testing.assert_array_equal(tifffile.imread(folder / "raw.ome.tif"), expected["raw"])
    for name in ("raw", "restored"):
        np.testing.assert_array_equal(read(folder, name), expected[name])
    session = SessionRecord.read(folder)
    assert (session.state, session.image_format) == ("complete", "ome-zarr")
    channel = zarr.open_group(folder / "restored.ome.zarr").attrs["ome"]["multiscales"][0]["name"]
    assert channel == "restored by rolling-mean (predicted)"


def test_a_recording_is_read_in_python_whatever_its_format(
    tmp_path: Path, expected: dict[str, np.ndarray]
) -> None:
    record(tmp_path / "r", ImageFormat.OME_ZARR)
    with pssr_live.open_recording(tmp_path / "r") as recording:
        assert recording.restored is not None
        assert recording.restored.shape == expected["restored"].shape
        np.testing.assert_array_equal(recording.restored[3:9:2], expected["restored"][3:9:2])
        np.testing.assert_array_equal(recording.raw[-1], expected["raw"][-1])
        np.testing.assert_array_equal(recording.indices, NUMBERS)


@pytest.mark.parametrize("missing", ["restored.ome.zarr", "raw.ome.zarr", "both"])
def test_what_is_missing_is_made_again(
    tmp_path: Path, expected: dict[str, np.ndarray], missing: str
) -> None:
    folder = tmp_path / "r"
    record(folder, ImageFormat.OME_ZARR)
    for name in ("restored.ome.zarr", "raw.ome.zarr"):
        if missing in (name, "both"):
            shutil.rmtree(folder / name)
    assert complete_recording(folder, "none", "auto", QUIET) == len(NUMBERS)
    for name in ("raw", "restored"):
        np.testing.assert_array_equal(read(folder, name), expected[name])


def test_a_recording_is_completed_in_the_format_it_was_begun_in(tmp_path: Path) -> None:
    record(tmp_path / "r", ImageFormat.OME_ZARR)
    shutil.rmtree(tmp_path / "r" / "restored.ome.zarr")
    with pytest.raises(UserError, match="started as ome-zarr") as refusal:
        restore(inputs=[tmp_path / "r"], image_format=ImageFormat.OME_TIFF)
    assert "pssr-live restore" in refusal.value.fix
    restore(inputs=[tmp_path / "r"], image_format=ImageFormat.OME_ZARR)
    assert len(read(tmp_path / "r", "restored")) == len(NUMBERS)


def test_a_file_is_restored_into_the_format_that_its_name_says(
    tmp_path: Path, expected: dict[str, np.ndarray]
) -> None:
    record(tmp_path / "r", ImageFormat.OME_TIFF)
    raw, output = tmp_path / "r" / "raw.ome.tif", tmp_path / "restored.ome.zarr"
    for force in (False, True):
        restore_file(raw, output, "rolling-mean", "auto", QUIET, force=force)
        np.testing.assert_array_equal(read(tmp_path, "restored"), expected["restored"])
    with pytest.raises(UserError, match="already exists"):
        restore_file(raw, output, "bilinear", "auto", QUIET, force=False)
    before = {path: path.stat().st_mtime_ns for path in output.rglob("*")}
    assert restore_file(raw, output, "rolling-mean", "auto", QUIET, force=False) == len(NUMBERS)
    assert {path: path.stat().st_mtime_ns for path in output.rglob("*")} == before
    tiff = tmp_path / "o.ome.tif"
    with pytest.raises(UserError, match="does not end as"):
        restore(inputs=[raw], output=tiff, image_format=ImageFormat.OME_ZARR)


def test_a_folder_that_is_no_image_is_never_written_over(tmp_path: Path) -> None:
    record(tmp_path / "r", ImageFormat.OME_TIFF)
    precious = tmp_path / "precious.zarr"
    precious.mkdir()
    (precious / "thesis.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(UserError, match="is a folder"):
        restore_file(
            tmp_path / "r" / "raw.ome.tif", precious, "rolling-mean", "auto", QUIET, force=True
        )
    assert (precious / "thesis.txt").exists()


@pytest.mark.parametrize("name", ["raw.ome.zarr", "restored.ome.zarr"])
def test_an_image_of_a_recording_protects_its_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    session = record(tmp_path, ImageFormat.OME_ZARR, [unplugged()])
    assert "never written over" in str(session.faults[0])
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_without_the_library_nothing_is_begun_completed_or_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(tmp_path / "before", ImageFormat.OME_ZARR)
    monkeypatch.setattr("pssr_live.recording.image_format.find_spec", lambda _: None)
    session = record(tmp_path / "r", ImageFormat.OME_ZARR)
    assert "pssr-live[zarr]" in str(session.faults[0])
    assert session.statistics.received == 0
    assert not (tmp_path / "r").exists()
    with pytest.raises(UserError, match="TensorStore"):
        complete_recording(tmp_path / "before", "none", "auto", QUIET)
    with pytest.raises(UserError, match="TensorStore"):
        pssr_live.open_recording(tmp_path / "before")


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("seed", range(2))
def test_killed_at_any_moment_every_counted_frame_is_whole_and_the_rest_is_completed(
    tmp_path: Path, seed: int
) -> None:
    folder = tmp_path / "r"
    options = ("--rate", "200", "--headless", "--format", "ome-zarr", "--engine", "rolling-mean")
    counted = folder / "restored.ome.zarr" / "0" / "zarr.json"
    deadline = time.monotonic() + TIMEOUT
    with start("live", "--source", SIMULATED, *options, "--save", folder) as process:
        while not counted.exists() or json.loads(counted.read_bytes())["shape"][0] < 3:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(random.Random(seed).uniform(0.0, 0.3))
        process.kill()
    raw, restored = read(folder, "raw"), read(folder, "restored")
    with tifffile.TiffFile(folder / "raw.ome.tif") as tiff:
        sacred = np.stack([page.asarray() for page in tiff.pages])
    assert len(sacred) >= len(raw) >= len(restored) >= 3
    np.testing.assert_array_equal(raw, sacred[: len(raw)])
    completed = run("restore", folder)
    assert completed.returncode == 0, completed.stderr
    # The same as restoring the raw file in one go.
    output = tmp_path / "anew.ome.tif"
    restore_file(folder / "raw.ome.tif", output, "rolling-mean", "auto", QUIET, force=False)
    anew = tifffile.imread(output)
    np.testing.assert_array_equal(restored, anew[: len(restored)])
    np.testing.assert_array_equal(read(folder, "restored"), anew)
    np.testing.assert_array_equal(read(folder, "raw"), sacred)
