"""An engine takes no more memory than there is: whole, in tiles, or told that it can't."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import engines.fitting
import engines.memory
import engines.trial
from engines import (
    BACKENDS,
    FASTEST,
    Bundle,
    Engine,
    EngineError,
    IntensityScale,
    load_bundle,
    open_engine,
)
from engines.backends.footprint import live_bytes
from engines.backends.onnx_runtime import OnnxRuntimeEngine
from engines.backends.openvino_cpu import OpenVinoEngine
from engines.complaints import MAKE_ROOM
from engines.fitting import InputFormat, side_that_fits
from tests.engines.conftest import BundleMaker, noisy_window

FRAME = InputFormat.of(300, 290, np.uint16)
SCALE = IntensityScale(0.0, 150.0)
BACKEND = "onnxruntime"


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let frames of the tests count as large."""
    monkeypatch.setattr(engines.trial, "LARGEST_QUICK_FRAME", 100 * 100)
    monkeypatch.setattr(engines.trial, "_PART_SIDE", 64)


def side_with(free: float, bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> int | None:
    monkeypatch.setattr(engines.fitting, "free_bytes", lambda: int(free))
    return side_that_fits(bundle, bundle.model, 2.0, frame=FRAME, backend="ONNX Runtime")


def leave_too_little_for_a_whole_frame(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    free = 1e9
    while side_with(free, bundle, monkeypatch) is None:
        free *= 0.95


def opened(bundle: Bundle, *, uncertain: bool = False) -> Engine:
    return open_engine(
        bundle,
        backend=BACKEND,
        height=FRAME.height,
        width=FRAME.width,
        dtype=FRAME.dtype,
        uncertain=uncertain,
    ).engine


def test_the_less_memory_the_smaller_the_tiles_until_there_is_no_room(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert side_with(1e9, bundle, monkeypatch) is None
    sides: list[int] = []

    def ask_for_less_and_less() -> None:
        free = 1e9
        while True:
            sides.append(side_with(free, bundle, monkeypatch) or FRAME.height)
            free *= 0.95

    with pytest.raises(EngineError, match=r"of memory at least for frames of 300 x 290"):
        ask_for_less_and_less()
    assert sides == sorted(sides, reverse=True)
    assert 192 <= sides[-1] < FRAME.height


@pytest.mark.usefixtures("small_parts")
def test_tiles_that_are_cut_for_want_of_memory_restore_as_the_whole_frame_does(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = noisy_window(FRAME.height, FRAME.width)
    whole = opened(bundle)
    expected = whole.restore(window, SCALE).astype(float)
    leave_too_little_for_a_whole_frame(bundle, monkeypatch)
    tiles = opened(bundle)
    assert whole.backend == "ONNX Runtime"
    assert tiles.backend.startswith("ONNX Runtime, tiles of ")
    difference = np.abs(tiles.restore(window, SCALE) - expected).max()
    assert difference / SCALE.gain <= bundle.manifest.tolerance
    assert difference <= 1


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize(("height", "width"), [(300, 290), (301, 97), (288, 301)])
def test_a_bundled_network_makes_no_difference_between_tiles_and_whole(
    height: int, width: int
) -> None:
    bundle = load_bundle("mito-lite")
    whole = BACKENDS[BACKEND].load(bundle)
    tiles = engines.fitting.cut(
        BACKENDS[BACKEND].load(bundle),
        bundle,
        208,
        tolerance=bundle.manifest.tolerance,
        frame=FRAME,
    )
    window = np.tile(bundle.proof.window, (1, 8, 8))[:, :height, :width]
    results = []
    for engine in (whole, tiles):
        engine.warm_up(height, width, np.uint16)
        results.append(engine.restore(np.ascontiguousarray(window), bundle.proof.intensity))
        engine.close()
    assert np.abs(results[0].astype(int) - results[1]).max() <= 1


@pytest.mark.usefixtures("small_parts")
def test_what_is_expected_of_tiles_is_what_is_expected_of_the_whole_frame(
    uncertain: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = noisy_window(FRAME.height, FRAME.width)
    whole = opened(uncertain, uncertain=True)
    whole.restore(window, SCALE)
    leave_too_little_for_a_whole_frame(uncertain, monkeypatch)
    tiles = opened(uncertain, uncertain=True)
    assert "tiles" in tiles.backend
    tiles.restore(window, SCALE)
    assert whole.half_width is not None
    assert tiles.half_width is not None
    np.testing.assert_allclose(tiles.half_width, whole.half_width, rtol=1e-3, atol=1e-3)


@pytest.mark.usefixtures("small_parts")
def test_an_engine_that_sees_the_whole_frame_is_not_cut(
    make_bundle: BundleMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = make_bundle(precisions={})
    leave_too_little_for_a_whole_frame(bundle, monkeypatch)
    restore = OnnxRuntimeEngine.restore

    def see_all(self: OnnxRuntimeEngine, window: np.ndarray, *rest: object) -> np.ndarray:
        restored = restore(self, window, *rest)  # type: ignore[arg-type]
        restored += np.uint16(window.shape[2])
        return restored

    monkeypatch.setattr(OnnxRuntimeEngine, "restore", see_all)
    monkeypatch.setattr(engines.trial, "proof_error", lambda *_: 0.0)
    with pytest.raises(EngineError, match="tiny restores them differently in tiles"):
        opened(bundle)


@pytest.mark.usefixtures("small_parts")
def test_only_the_backend_that_is_taken_ever_sees_a_large_frame(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    for kind in (OnnxRuntimeEngine, OpenVinoEngine):

        def noted(
            self: Engine, height: int, width: int, dtype: object, warm_up: object = kind.warm_up
        ) -> None:
            sizes.append((height, width))
            warm_up(self, height, width, dtype)  # type: ignore[operator]

        monkeypatch.setattr(kind, "warm_up", noted)
    engine, report = open_engine(bundle, backend=FASTEST, height=120, width=110, dtype=np.uint16)
    assert sizes.count((120, 110)) == 1
    assert sum(trial.usable for trial in report.trials) > 1
    assert re.search(r", about \d+ ms a frame", report.reason)
    assert engine.restore(noisy_window(120, 110), SCALE).shape == (480, 440)


@pytest.mark.usefixtures("small_parts")
def test_where_the_fastest_finds_no_room_the_next_is_taken(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm_up = OpenVinoEngine.warm_up

    def no_room(self: OpenVinoEngine, height: int, width: int, dtype: object) -> None:
        if height == 120:
            raise MemoryError
        warm_up(self, height, width, dtype)  # type: ignore[arg-type]

    monkeypatch.setattr(OpenVinoEngine, "warm_up", no_room)
    monkeypatch.setattr(
        engines.trial, "median_ms", lambda engine, _: 1 + ("OpenVINO" not in engine.backend)
    )
    engine, report = open_engine(bundle, backend=FASTEST, height=120, width=110, dtype=np.uint16)
    assert engine.backend.startswith("ONNX Runtime")
    refused = [trial for trial in report.trials if "not enough memory" in trial.why_not]
    assert refused
    assert all(trial.backend.startswith("OpenVINO") for trial in refused)
    assert [trial.backend for trial in report.trials if trial.chosen] == [engine.backend]


@pytest.mark.usefixtures("small_parts")
def test_where_no_backend_finds_room_only_the_want_of_memory_is_told(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines.fitting, "free_bytes", lambda: 1000)
    with pytest.raises(EngineError) as caught:
        open_engine(bundle, height=120, width=110, dtype=np.uint16)
    assert re.match(
        r"There is not enough memory for tiny and frames of 120 x 110\. .* takes \d+ kB",
        caught.value.problem,
    )
    assert "TensorRT" not in str(caught.value)
    assert caught.value.fix == MAKE_ROOM


def test_an_enlargement_that_finds_no_room_is_refused_before_any_memory_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engines.fitting, "free_bytes", lambda: int(8e9))
    with pytest.raises(EngineError) as caught:
        open_engine("bilinear", height=8192, width=8192, dtype=np.uint16)
    assert caught.value.problem == (
        "bilinear takes 20.4 GB of memory at least for frames of 8192 x 8192, and 8.0 GB are free."
    )
    assert caught.value.fix == MAKE_ROOM
    open_engine("bilinear", height=64, width=64, dtype=np.uint16).engine.close()


MEASURE = """
import re, sys
from pathlib import Path
import numpy as np
from engines.backends.table import BACKENDS
from engines.bundle import load_bundle
from engines.intensity import IntensityScale

def most() -> int:
    # What getrusage says counts the parent too.
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

engine = BACKENDS[sys.argv[1]].load(load_bundle("mito-lite"))
engine.warm_up(64, 64, np.uint16)
out = np.ones((2048, 2048), np.uint16)
window = np.ones((5, 512, 512), np.uint16)
before = most()
engine.warm_up(512, 512, np.uint16)
engine.restore(window, IntensityScale(0.0, 1.0), out)
print(1024 * (most() - before))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="says what a process took at most in kB")
@pytest.mark.parametrize("name", ["openvino-f32", "onnxruntime", "onnxruntime-int8"])
def test_an_engine_takes_no_more_than_is_foretold_and_not_much_less(name: str) -> None:
    process = subprocess.run(
        [sys.executable, "-c", MEASURE, name], capture_output=True, text=True, check=True
    )
    taken = int(process.stdout)
    model = load_bundle("mito-lite").model_in(BACKENDS[name].precision)
    pixels = 512 * 512
    foretold = (
        BACKENDS[name].beside_tensors * live_bytes(model, 5, height=512, width=512) + 84 * pixels
    )
    assert taken <= foretold <= 3 * taken


def test_a_graph_that_can_not_be_read_is_taken_for_a_large_one(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"nothing")
    assert live_bytes(tmp_path / "model.onnx", 5, height=100, width=100) >= 1000 * 100 * 100


LIMITED = """
import resource
from engines.memory import free_bytes

resource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33))
print(free_bytes())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="has no limit of the address space")
def test_a_limit_of_the_address_space_leaves_no_more_than_itself() -> None:
    process = subprocess.run(
        [sys.executable, "-c", LIMITED], capture_output=True, text=True, check=True
    )
    assert 0 < int(process.stdout) < 2**33


@pytest.mark.parametrize(
    ("line", "folder", "names", "cached"),
    [
        ("0::/box", "box", ("memory.max", "memory.current"), "inactive_file"),
        (
            "4:memory:/box",
            "memory/box",
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
            "total_inactive_file",
        ),
    ],
)
def test_a_container_s_limit_counts_and_files_that_are_kept_make_room(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    folder: str,
    names: tuple[str, str],
    cached: str,
) -> None:
    (tmp_path / "own").write_text(f"1:cpu:/\n{line}\n")
    group = tmp_path / folder
    group.mkdir(parents=True)
    (group / names[0]).write_text("5000\n")
    (group / names[1]).write_text("4000\n")
    (group / "memory.stat").write_text(f"anon 1000\n{cached} 3000\n")
    monkeypatch.setattr(engines.memory, "_GROUPS", tmp_path)
    monkeypatch.setattr(engines.memory, "_OWN_GROUPS", tmp_path / "own")
    assert engines.memory.free_bytes() == 4000
    (group / names[0]).write_text("max\n")
    assert engines.memory.free_bytes() > 4000
