from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn

import engines.export
from engines import EngineError, export_bundle, load_bundle, open_engine
from engines.architectures import Lite
from engines.export import OPSET, prove
from engines.variants import run_onnx
from tests.engines.conftest import noisy_window, tiny_manifest
from tests.places import ROOT

SMALLEST_SIDE = 8


@pytest.fixture(scope="module")
def network() -> Lite:
    torch.manual_seed(3)
    return Lite(channels=8, coarse_channels=8, pairs=1)


@pytest.fixture(scope="module")
def exported(network: Lite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network's bundle; read only."""
    folder = tmp_path_factory.mktemp("exported") / "bundle"
    manifest = tiny_manifest(smallest_side=SMALLEST_SIDE)
    export_bundle(network, manifest, noisy_window(20, 24), folder=folder)
    return folder


@pytest.fixture(scope="module")
def model(exported: Path) -> bytes:
    return load_bundle(exported).model.read_bytes()


@pytest.mark.parametrize(("height", "width"), [(8, 8), (21, 40), (64, 33)])
def test_one_model_restores_frames_of_any_size_as_torch_does(
    network: Lite, model: bytes, height: int, width: int
) -> None:
    units = np.random.default_rng(0).random((5, height, width), dtype=np.float32)
    with torch.inference_mode():
        expected = network(torch.from_numpy(units)[None])[0, 0].numpy()
    np.testing.assert_allclose(run_onnx(model, units), expected, atol=1e-5)


def test_the_model_is_one_valid_file_that_older_runtimes_read(model: bytes) -> None:
    proto = onnx.load_from_string(model)
    onnx.checker.check_model(proto, full_check=True)
    assert [entry.version for entry in proto.opset_import if not entry.domain] == [OPSET]
    assert proto.ir_version <= 10
    assert not any(weight.external_data for weight in proto.graph.initializer)
    assert [node.name for node in proto.graph.input] == ["window"]
    assert [node.name for node in proto.graph.output] == ["restored"]


def test_the_model_tells_nothing_of_the_computer_that_made_it(model: bytes) -> None:
    assert b"stack_trace" not in model
    assert str(ROOT).encode() not in model


def test_the_proof_is_in_counts_and_neither_rounded_nor_clipped(network: Lite) -> None:
    window = noisy_window(20, 24)
    proof = prove(network, window, slice(None))
    with torch.inference_mode():
        units = torch.from_numpy(proof.intensity.to_network(window))[None]
        restored = network(units)[0, 0].numpy()
    np.testing.assert_allclose(proof.intensity.to_network(proof.restored), restored, atol=1e-5)
    assert np.any(proof.restored != np.rint(proof.restored))


def test_an_exported_bundle_loads_and_any_backend_redoes_its_proof(exported: Path) -> None:
    bundle = load_bundle(exported)
    units = bundle.proof.intensity.to_network(bundle.proof.window)
    redone = run_onnx(bundle.model.read_bytes(), units)
    expected = bundle.proof.intensity.to_network(bundle.proof.restored)
    np.testing.assert_allclose(redone, expected, atol=1e-4)


def test_an_older_bundle_goes_only_when_told(
    network: Lite, model: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The same network each time.
    monkeypatch.setattr(engines.export, "to_onnx", lambda *_, **__: model)
    folder, window = tmp_path / "bundle", noisy_window(20, 24)
    manifest = tiny_manifest(smallest_side=SMALLEST_SIDE)
    export_bundle(network, manifest, window, folder=folder)
    with pytest.raises(EngineError, match="exists already"):
        export_bundle(network, manifest, window, folder=folder)
    newer = manifest.model_copy(update={"version": "2.0"})
    assert (
        export_bundle(network, newer, window, folder=folder, replace=True).manifest.version == "2.0"
    )


class NotANumber(nn.Module):
    def forward(self, window: Tensor) -> Tensor:
        enlarged = nn.functional.interpolate(window[:, 2:3], scale_factor=4.0)
        return enlarged * float("nan")


def test_a_network_that_gives_no_numbers_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="differs from the trained network"):
        export_bundle(
            NotANumber(), tiny_manifest(), noisy_window(20, 24), folder=tmp_path / "bundle"
        )
    assert not (tmp_path / "bundle").exists()


def test_a_single_frame_network_is_exported_and_sees_the_centre_frame(tmp_path: Path) -> None:
    torch.manual_seed(4)
    single = Lite(frames=1, channels=8, coarse_channels=8, pairs=1)
    manifest = tiny_manifest().model_copy(update={"frames": 1, "smallest_side": SMALLEST_SIDE})
    window = noisy_window(20, 24)
    bundle = export_bundle(single, manifest, window, folder=tmp_path / "single")
    selection = open_engine(str(bundle.path), height=20, width=24, dtype=np.uint16)
    restored = selection.engine.restore(window, bundle.proof.intensity).astype(float)
    others = window.copy()
    others[[0, 1, 3, 4]] = 0
    again = selection.engine.restore(others, bundle.proof.intensity)
    selection.engine.close()
    assert np.array_equal(restored, again)
    allowed = manifest.tolerance * bundle.proof.intensity.gain + 0.5
    assert np.abs(restored - np.clip(bundle.proof.restored, 0, 65535)).max() <= allowed
