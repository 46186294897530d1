"""`pssr-live export`, from runs and from bundles."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from engines import EngineError, InputRange, list_plans, load_bundle, nvidia, open_engine
from engines.architectures import Lite
from pssr_live.engine_tables import print_engine, verify_engine
from pssr_live.errors import UserError
from pssr_live.training import ExportOptions, Recipe, export_engine
from pssr_live.training.export import precision
from pssr_live.training.recipe import RECIPE_FILE, LiteNetwork
from pssr_live.training.run import CHECKPOINT, RunSummary
from pssr_live.training.run.run_folder import SUMMARY

TENSORRT = nvidia.MODULES[nvidia.RTX]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, as training leaves it, of a small network."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    folder.mkdir()
    torch.manual_seed(7)
    sizes = LiteNetwork(channels=8, coarse_channels=8, pairs=1)
    recipe = Recipe(name="small", drawn=1.0, network=sizes)
    (folder / RECIPE_FILE).write_text(recipe.model_dump_json(), encoding="utf-8")
    save_file(
        Lite(5, sizes.channels, sizes.coarse_channels, pairs=sizes.pairs).state_dict(),
        folder / CHECKPOINT,
    )
    summary = RunSummary(
        command="pssr-live train",
        input_range=InputRange(pixel_size_um=None, photons_at_peak=None, snr=None),
        validation=[],
    )
    (folder / SUMMARY).write_text(summary.model_dump_json(), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def exported(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run's bundle, in float32."""
    folder = tmp_path_factory.mktemp("exported") / "small"
    export_engine(str(run), folder, ExportOptions(), force=False)
    return folder


@pytest.fixture
def few_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "SCENES_TO_ROUND_BY", 3)
    monkeypatch.setattr(precision, "SCENES_TO_MEASURE_ON", 3)


def test_a_run_becomes_a_bundle(exported: Path) -> None:
    manifest = load_bundle(exported).manifest
    assert manifest.name == "small"
    assert list(manifest.models) == ["fp32"]


def test_int8_says_what_it_costs_and_runs(
    few_scenes: None,
    exported: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    folder = tmp_path / "int8"
    export_engine(str(exported), folder, ExportOptions(precision="int8"), force=False)
    variant = load_bundle(folder).manifest.precisions["int8"]
    assert {loss.series for loss in variant.losses} == {"drawn scenes", "simulated microscope"}
    assert len(variant.losses) == 8
    assert "ONNX Runtime int8 reproduces the proof" in capsys.readouterr().out
    print_engine(str(folder))
    shown = capsys.readouterr().out
    assert "fp32, int8" in shown
    assert "What int8 costs" in shown
    verify_engine(str(folder), 24, 24)
    rows = [line.split("│") for line in capsys.readouterr().out.splitlines()]
    (row,) = (cells for cells in rows if len(cells) > 5 and "ONNX Runtime int8" in cells[1])
    error, allowed, milliseconds, lost = (float(cell) for cell in row[2:6])
    assert 0 < error <= allowed == variant.tolerance
    assert milliseconds > 0
    assert lost == pytest.approx(variant.largest_loss, abs=0.005)


def test_recordings_of_one_s_own_are_rounded_by_and_measured_on(
    few_scenes: None, exported: Path, hr_file: Path, tmp_path: Path
) -> None:
    order = ExportOptions(precision="int8", calibration=[hr_file], validation=[hr_file])
    export_engine(str(exported), tmp_path / "own", order, force=False)
    with_own = load_bundle(tmp_path / "own")
    assert {loss.series for loss in with_own.manifest.precisions["int8"].losses} == {hr_file.stem}


def test_fp16_is_made_in_the_model_and_added_where_the_bundle_stands(
    few_scenes: None, run: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "small"
    export_engine(str(run), folder, ExportOptions(), force=False)
    export_engine(str(folder), folder, ExportOptions(precision="fp16"), force=True)
    bundle = load_bundle(folder)
    assert list(bundle.manifest.models) == ["fp32", "fp16"]
    assert bundle.model_in("fp16").stat().st_size < 0.8 * bundle.model.stat().st_size
    assert bundle.manifest.precisions["fp16"].largest_loss == pytest.approx(0.0, abs=0.01)
    selection = open_engine(
        str(folder), backend="onnxruntime-fp16", height=20, width=24, dtype=np.uint8
    )
    selection.engine.close()


@pytest.mark.parametrize(
    ("order", "complaint"),
    [
        (ExportOptions(backend="tflite"), r"no backend 'tflite'.*onnx, openvino, tensorrt"),
        (ExportOptions(precision="int4"), r"no precision 'int4'.*use fp32, fp16, int8"),
        (
            ExportOptions(backend="openvino", precision="fp16"),
            "float32 model, and computes in bf16 by itself",
        ),
        (
            ExportOptions(backend="tensorrt", precision="int8"),
            r"TensorRT's plans are made in fp32 or fp16.*use fp32, fp16",
        ),
        (ExportOptions(compute_capabilities=["8.6"]), "Add --backend tensorrt"),
        (ExportOptions(validation=[Path("a.tif")]), "Add --precision int8"),
        (ExportOptions(precision="int8", calibration=[Path("none.tif")]), r"no file none\.tif"),
    ],
)
def test_what_can_not_be_had_is_told_and_nothing_is_left(
    exported: Path, tmp_path: Path, order: ExportOptions, complaint: str
) -> None:
    with pytest.raises(UserError, match=complaint):
        export_engine(str(exported), tmp_path / "new", order, force=False)
    assert not list(tmp_path.iterdir())


def test_what_stands_there_stays_unless_it_may_go(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(EngineError, match=r"exists already.*--force"):
        export_engine("none", tmp_path / "mine", ExportOptions(), force=False)
    with pytest.raises(EngineError, match=r"holds no engine to replace\. Choose another folder"):
        export_engine("none", tmp_path / "mine", ExportOptions(), force=True)


def test_without_tensorrt_the_command_that_installs_it_is_told_before_any_work(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in nvidia.MODULES.values():
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(EngineError, match=r"pip install .pssr-live\[tensorrt\]"):
        export_engine(
            str(exported), tmp_path / "new", ExportOptions(backend="tensorrt"), force=False
        )


def test_a_plan_for_several_gpus_is_part_of_the_bundle(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip(TENSORRT, reason="tensorrt-rtx is not installed")
    order = ExportOptions(
        backend="tensorrt", frame_size=(64, 72), compute_capabilities=["8.9", "8.6"]
    )
    export_engine(str(exported), tmp_path / "new", order, force=False)
    (plan,) = list_plans(load_bundle(tmp_path / "new"))
    key = plan.record.key
    assert (key.precision, key.height, key.width, key.targets) == ("fp16", 64, 72, ("8.6", "8.9"))
    printed = " ".join(capsys.readouterr().out.split())
    assert "64x72 fp16 for 8.6, 8.9" in printed
