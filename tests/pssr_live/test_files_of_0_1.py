"""What version 0.1 left on disk opens, is completed, resumed and verified by this version."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
from rich.console import Console

from engines import load_bundle, open_engine
from pssr_live import open_recording
from pssr_live.recording import SessionRecord
from pssr_live.training import run_train
from pssr_live.training.commands import run_export
from tests.places import DATA
from tests.pssr_live.sessions import complete_recording, restore_file

QUIET = Console(quiet=True)
FRAMES = 5
ENGINE = "rolling-mean"


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A copy of all that version 0.1 left, see README.md there."""
    return Path(shutil.copytree(DATA / "from_0_1", tmp_path / "from_0_1"))


def restored_anew(raw: Path, output: Path) -> np.ndarray:
    restore_file(raw, output, ENGINE, "auto", QUIET, force=False)
    return tifffile.imread(output)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_complete_recording_opens_and_is_known_to_be_complete(left: Path) -> None:
    folder = left / "complete"
    before = contents(folder)
    with open_recording(folder) as recording:
        assert recording.restored is not None
        assert recording.raw.shape == (FRAMES, 16, 16)
        assert recording.restored.shape == (FRAMES, 64, 64)
        np.testing.assert_array_equal(recording.raw[:], tifffile.imread(left / "lr-16-bit.tif"))
        np.testing.assert_allclose(recording.times_s, 0.5 * np.arange(FRAMES))
        assert np.isfinite(recording.figures["engine_ms"]).all()
    assert complete_recording(folder, "none", "auto", QUIET) == FRAMES
    assert contents(folder) == before


def test_an_interrupted_recording_is_completed_as_it_was_begun(left: Path) -> None:
    folder = left / "interrupted"
    begun = tifffile.imread(folder / "restored.ome.tif")
    assert len(begun) < FRAMES
    assert complete_recording(folder, "none", "auto", QUIET) == FRAMES
    restored = tifffile.imread(folder / "restored.ome.tif")
    np.testing.assert_array_equal(restored[: len(begun)], begun)
    np.testing.assert_array_equal(
        restored, restored_anew(folder / "raw.ome.tif", left / "anew.ome.tif")
    )
    record = SessionRecord.read(folder)
    assert (record.state, record.restored_frames) == ("complete", FRAMES)


def test_an_interrupted_restore_of_a_file_is_gone_on_with(left: Path) -> None:
    source, output = left / "lr-8-bit.tif", left / "lr-8-bit-restored.ome.tif"
    assert len(tifffile.imread(output)) < FRAMES
    restore_file(source, output, ENGINE, "auto", QUIET, force=False)
    np.testing.assert_array_equal(
        tifffile.imread(output), restored_anew(source, left / "anew.ome.tif")
    )


def test_an_engine_reproduces_its_proof(left: Path) -> None:
    selection = open_engine(
        str(left / "bundle"), backend="onnxruntime", height=16, width=16, dtype=np.uint16
    )
    assert selection.engine.name == "tiny"
    selection.engine.close()


def test_a_dataset_is_trained_on(left: Path, tmp_path: Path) -> None:
    recipe, _ = (left / "recipe.toml").read_text(encoding="utf-8").split("[[series]]")
    network = tmp_path / "network.toml"
    network.write_text(recipe.replace("drawn = 1.0", ""), encoding="utf-8")
    run_train([left / "dataset"], tmp_path / "run", recipe=str(network))
    assert (tmp_path / "run" / "best.safetensors").is_file()


def test_a_training_that_was_over_is_exported(left: Path, tmp_path: Path) -> None:
    run_export(left / "run", tmp_path / "engine", force=False)
    assert load_bundle(tmp_path / "engine").manifest.name == "tiny"


def test_a_training_that_was_killed_goes_on_where_it_was(left: Path) -> None:
    run = left / "run-interrupted"
    log = (run / "log.csv").read_text(encoding="utf-8").splitlines()
    run_train([], run, recipe=str(left / "recipe.toml"), data=left)
    # The state is of the end of the first epoch: what came after it is trained again.
    now = (run / "log.csv").read_text(encoding="utf-8").splitlines()
    assert now[:2] == log[:2]
    assert len(now) == 4
