"""The package for the BioImage Model Zoo, read back with the Zoo's own library."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engines import Credit, EngineError, ValidationFigure, load_bundle, write_zoo_package
from engines.variants import run_onnx
from pssr_live.cli.engine_packages import pack_engine
from pssr_live.errors import UserError
from tests.engines.conftest import BundleMaker, tiny_model, tiny_proof

# The library leaves files to the garbage collector to close.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
CREDIT = Credit(["Ada Lovelace", "Charles Babbage"], "BSD-3-Clause")


@pytest.fixture(scope="module", autouse=True)
def spec() -> Any:
    """The Zoo's library; it takes seconds to load, which collecting tests need not."""
    return pytest.importorskip("bioimageio.spec", reason="bioimageio.spec is not installed")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("zoo") / "new" / "mito-lite.zip"
    (wish,) = write_zoo_package(load_bundle("mito-lite"), output, CREDIT)
    # Its upload page asks for this one.
    assert "github_user" in wish
    return output


@pytest.fixture(scope="module")
def unpacked(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    return folder


def test_the_zoo_s_validator_accepts_it(package: Path, spec: Any) -> None:
    description = spec.load_model_description(package)
    assert description.validation_summary.status in ("passed", "valid-format")
    assert description.name == "pssr-live mito-lite"
    assert [author.name for author in description.authors] == list(CREDIT.authors)
    assert str(description.cite[0].doi) == "10.1038/s41592-021-01080-z"
    assert str(description.license) == "BSD-3-Clause"
    (shape,) = (tensor.shape for tensor in description.inputs)
    assert shape[1] == 5


def test_the_zoo_s_runner_reproduces_its_output(package: Path) -> None:
    core = pytest.importorskip("bioimageio.core", reason="bioimageio.core is not installed")
    summary = core.test_description(package)
    assert summary.status == "passed", summary.display()


def test_its_model_makes_the_test_output_of_the_test_input(unpacked: Path, spec: Any) -> None:
    description = spec.load_model_description(unpacked / "rdf.yaml")
    counts = np.load(unpacked / "input.npy")
    scaling = description.inputs[0].preprocessing
    kwargs = next(step.kwargs for step in scaling if step.id == "scale_range")
    low, high = np.percentile(counts, [kwargs.min_percentile, kwargs.max_percentile])
    units = ((counts - low) / (high - low + kwargs.eps)).astype(np.float32)
    restored = run_onnx((unpacked / "model.onnx").read_bytes(), units[0])
    np.testing.assert_allclose(np.load(unpacked / "output.npy")[0, 0], restored, atol=1e-4)


def test_its_documentation_has_figures_and_licences(unpacked: Path) -> None:
    text = (unpacked / "README.md").read_text(encoding="utf-8")
    manifest = load_bundle("mito-lite").manifest
    for figure in manifest.validation:
        assert f"| {figure.series} | {figure.crappifier} | {figure.bilinear:.2f} |" in text
    for series in manifest.training:
        assert f"| {series.name} | {series.licence} |" in text


def test_its_cover_is_as_the_zoo_wants_it(unpacked: Path) -> None:
    with Image.open(unpacked / "cover.png") as cover:
        assert cover.width == 2 * cover.height
    assert (unpacked / "cover.png").stat().st_size < 500_000


def test_a_licence_that_is_none_is_refused_and_nothing_written(tmp_path: Path) -> None:
    output = tmp_path / "a.zip"
    with pytest.raises(EngineError, match=r"validator refuses mito-lite: license"):
        write_zoo_package(load_bundle("mito-lite"), output, CREDIT._replace(licence="mine"))
    assert not output.exists()


def test_a_single_frame_engine_is_packed_with_one_channel(
    make_bundle: BundleMaker, spec: Any, tmp_path: Path
) -> None:
    bundle = make_bundle(tiny_model(frames=1), tiny_proof(), frames=1)
    write_zoo_package(bundle, tmp_path / "a.zip", CREDIT)
    description = spec.load_model_description(tmp_path / "a.zip")
    assert description.inputs[0].axes[1].channel_names == ["t"]


def test_a_package_has_to_be_named_as_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not end as a package does") as told:
        pack_engine("mito-lite", tmp_path / "mito-lite", CREDIT, force=False)
    assert told.value.fix == f'Name it --output "{tmp_path / "mito-lite.zip"}"'


def test_a_file_that_stands_there_stays_unless_it_may_go(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UserError, match=r"exists already.*--force"):
        pack_engine("mito-lite", package, CREDIT, force=False)
    pack_engine("mito-lite", package, CREDIT, force=True)
    assert "accepted by the Zoo's validator" in capsys.readouterr().out


def test_an_engine_that_a_mean_of_frames_beats_is_not_packed_unless_asked(
    tmp_path: Path, make_bundle: BundleMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    figure = ValidationFigure(
        series="cells",
        crappifier="detector",
        bilinear=20.0,
        rolling_mean=25.0,
        engine=24.5,
        engine_ssim=0.8,
    )
    bundle = make_bundle(validation=[figure])
    output = tmp_path / "tiny.zip"
    with pytest.raises(UserError, match=r"0\.50 dB lower, and it is lower in 1 of 1.*--force"):
        pack_engine(str(bundle.path), output, CREDIT, force=False)
    pack_engine(str(bundle.path), output, CREDIT, force=True)
    assert "accepted by the Zoo's validator" in capsys.readouterr().out


def test_without_the_library_the_command_that_installs_it_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "bioimageio.spec", None)
    with pytest.raises(EngineError, match=r"python -m pip install .pssr-live\[zoo\]"):
        write_zoo_package(load_bundle("mito-lite"), tmp_path / "a.zip", CREDIT)
