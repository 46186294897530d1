"""The plugin in napari itself: recordings and engines opened, a layer restored, live frames."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zmq
from typer.testing import CliRunner

from engines import load_bundle
from pssr_live import open_recording
from pssr_live.cli.main import app
from tests.places import ROOT

napari = pytest.importorskip(
    "napari", reason='needs napari: python -m pip install "napari[pyside6]"'
)
npe2 = pytest.importorskip("npe2")

from pssr_live.napari_plugin.reader import engine_layers, get_reader, recording_layers  # noqa: E402

LONGEST_MS = 120_000


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two channels, two slices, three time points; raw and restored."""
    folder = tmp_path_factory.mktemp("monday") / "cell 3"
    of = "simulated:height=64,width=48,channels=2,slices=2,interval=0.01"
    line = ["live", "--headless", "--frames", "12", "--engine", "bilinear", "--source", of]
    result = CliRunner().invoke(app, [*line, "--save", str(folder)])
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def viewer(request: pytest.FixtureRequest) -> Any:
    """A napari window of its own; napari draws by OpenGL, which Qt's offscreen platform lacks."""
    if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        pytest.skip("needs a display: QT_QPA_PLATFORM=xcb xvfb-run pytest -p no:warnings …")
    return request.getfixturevalue("make_napari_viewer")()


def test_the_manifest_names_what_is_there() -> None:
    manifest = npe2.PluginManifest.from_file(ROOT / "pssr_live" / "napari_plugin" / "napari.yaml")
    manifest.validate_imports()
    assert npe2.PluginManifest.from_distribution("pssr-live").name == "pssr-live"


def test_a_recording_opens_with_its_scale_colours_and_names(recording: Path, viewer: Any) -> None:
    layers = viewer.open(str(recording), plugin="pssr-live")
    assert [layer.name for layer in layers] == [
        "cell 3: mitochondria (raw)",
        "cell 3: ER (raw)",
        "cell 3: mitochondria restored by bilinear (predicted)",
        "cell 3: ER restored by bilinear (predicted)",
    ]
    raw, *_, restored = layers
    assert raw.data.shape == (3, 2, 64, 48)
    assert restored.data.shape == (3, 2, 256, 192)
    np.testing.assert_allclose(raw.scale, (0.01, 0.5, 0.196, 0.196))
    np.testing.assert_allclose(restored.scale, (0.01, 0.5, 0.049, 0.049))
    assert [str(unit) for unit in raw.units] == ["second", "micrometer", "micrometer", "micrometer"]
    np.testing.assert_allclose(raw.colormap.colors[-1], (0, 1, 0, 1))
    np.testing.assert_allclose(restored.colormap.colors[-1], (1, 0, 1, 1))
    # The edges of both lie in the same place, not the centres of their first pixels.
    np.testing.assert_allclose(
        raw.extent.world[0][-2:] - 0.098, restored.extent.world[0][-2:] - 0.0245
    )
    with open_recording(recording) as opened:
        assert opened.restored is not None
        np.testing.assert_array_equal(raw.data[2, 1], opened.raw[2, 0, 1])
        np.testing.assert_array_equal(np.asarray(restored.data), opened.restored[:, 1])


def test_an_engine_opens_with_its_proof_and_figures() -> None:
    bundle = load_bundle("mito-lite")
    assert get_reader(str(bundle.path)) is engine_layers
    (window, about, _), (restored, of_restored, _) = engine_layers(str(bundle.path))
    assert window.shape[0] == restored.shape[0] == 5
    assert "predicted" in of_restored["name"]
    assert len(about["metadata"]["figures"]) == len(bundle.manifest.validation)


def test_other_paths_are_left_to_others(tmp_path: Path, recording: Path) -> None:
    assert get_reader(str(tmp_path)) is None
    assert get_reader([str(recording)]) is None
    assert get_reader(str(recording)) is recording_layers


def test_a_layer_is_restored_as_the_recording_was(recording: Path, viewer: Any, qtbot: Any) -> None:
    raw, *_, predicted = viewer.open(str(recording), plugin="pssr-live")
    _, panel = viewer.window.add_plugin_dock_widget("pssr-live", "Restore a layer")
    panel.layer.value, panel.engine.value = raw, "bilinear"
    panel.begin()
    qtbot.waitUntil(lambda: panel.worker is None, timeout=LONGEST_MS)
    made = viewer.layers[-1]
    assert made.name == "cell 3: mitochondria (raw) restored by bilinear (predicted)"
    np.testing.assert_allclose(made.scale, predicted.scale)
    np.testing.assert_allclose(made.translate, predicted.translate)
    with open_recording(recording) as opened:
        assert opened.restored is not None
        np.testing.assert_array_equal(made.data, opened.restored[:, 0])
    panel.layer.value = made
    panel.begin()
    assert "prediction already" in panel.news.value


def test_restoring_is_cancelled_between_two_frames(viewer: Any, qtbot: Any) -> None:
    viewer.add_image(np.zeros((500, 16, 16), np.uint16) + 7, name="long")
    _, panel = viewer.window.add_plugin_dock_widget("pssr-live", "Restore a layer")
    panel.engine.value = "bilinear"
    panel.begin()
    panel.stop()
    qtbot.waitUntil(lambda: panel.worker is None, timeout=LONGEST_MS)
    assert [layer.name for layer in viewer.layers] == ["long"]
    assert "Cancelled" in panel.news.value


def test_published_frames_become_layers(viewer: Any, qtbot: Any) -> None:
    with zmq.Context() as context, context.socket(zmq.PUB) as publisher:
        port = publisher.bind_to_random_port("tcp://127.0.0.1")
        _, panel = viewer.window.add_plugin_dock_widget("pssr-live", "Live frames")
        panel.address.value = f"tcp://127.0.0.1:{port}"
        panel.begin()
        header = {
            "dtype": "uint16",
            "byte_order": "little",
            "shape": [8, 12],
            "prediction": True,
            "pixel_size_um": 0.05,
            "intensity": {"offset": 100, "gain": 400},
            "sequence": 3,
            "trust": {"light": "green"},
        }
        pixels = np.arange(96, dtype="<u2").reshape(8, 12)
        message = [b"restored", json.dumps(header).encode(), pixels.tobytes()]

        def has_come() -> bool:
            publisher.send_multipart(message)
            return len(viewer.layers) == 1

        qtbot.waitUntil(has_come, timeout=LONGEST_MS)
        panel.stop()
        qtbot.waitUntil(lambda: panel.worker is None, timeout=LONGEST_MS)
        (layer,) = viewer.layers
        assert layer.name == "live restored (predicted)"
        np.testing.assert_array_equal(layer.data, pixels)
        np.testing.assert_allclose(layer.scale, (0.05, 0.05))
        assert list(layer.contrast_limits) == [100, 500]
        assert "frame 3, green" in panel.news.value


def test_a_closed_panel_listens_no_longer(viewer: Any, qtbot: Any) -> None:
    dock, panel = viewer.window.add_plugin_dock_widget("pssr-live", "Live frames")
    panel.address.value = "tcp://127.0.0.1:1"
    panel.begin()
    worker = panel.worker
    viewer.window.remove_dock_widget(dock)
    panel.native.deleteLater()
    qtbot.waitUntil(lambda: panel.worker is None, timeout=LONGEST_MS)
    qtbot.waitUntil(lambda: not worker.is_running, timeout=LONGEST_MS)
