"""`pssr-live bench`, whole, on frames so small that it is over in seconds."""

from __future__ import annotations

import json
import math
import signal
import threading
from pathlib import Path
from signal import default_int_handler
from typing import Any

import pytest

from engines import BACKENDS
from pssr_live.bench import Effort, FrameSize, run_bench
from pssr_live.errors import UserError
from pssr_live.recording import Recorder, StageTimes
from tests.pssr_live.sessions import no_thread_is_left

SIZE = FrameSize(24, 32)
EFFORT = Effort(rounds=2, seconds=0.05)


@pytest.fixture(scope="module")
def found(qapp: object, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("disk")
    file = tmp_path_factory.mktemp("figures") / "bench.json"
    other = file.with_name("other.txt")
    other.write_text("kept")
    file.hardlink_to(other)
    with no_thread_is_left():
        run_bench(
            [SIZE],
            ["mito-lite"],
            ["onnxruntime", "tensorrt"],
            effort=EFFORT,
            folder=folder,
            json_file=file,
        )
    assert not list(folder.iterdir()), "nothing is left on the disk that was measured"
    assert other.read_text() == "kept", "what stood there is replaced, not written into"
    return json.loads(file.read_text(encoding="utf-8"))


def test_an_engine_is_timed_alone_in_the_path_and_with_the_window(found: dict[str, Any]) -> None:
    figures = next(row for row in found["engines"] if row["backend"] == "ONNX Runtime")
    assert figures["frame_size"] == list(SIZE)
    assert 0 < figures["alone"]["median_ms"] <= figures["alone"]["p99_ms"]
    assert [path["saved"] for path in figures["paths"]] == ["nothing", "raw", "raw and restored"]
    assert all(path["frames_per_second"] > 0 and path["of_engine"] > 0 for path in figures["paths"])
    for latency in figures["latencies"]:
        assert set(latency["stages"]) == set(StageTimes._fields)
        assert 0 < latency["seen"]["median_ms"] <= latency["seen"]["p99_ms"]
    assert figures["window"]["processor_ms"] > 0
    assert figures["window"]["frames_per_second"] > 0


def test_every_part_stands_beside_something_plain(found: dict[str, Any]) -> None:
    assert len(found["parts"]) == 3
    for part in found["parts"]:
        assert part["beside"]
        assert math.isfinite(part["ratio"])
        assert part["ratio"] > 0


def test_it_says_what_it_ran_on_and_how(found: dict[str, Any]) -> None:
    assert found["computer"]["cores"]
    assert "threads" in found["computer"]["OpenVINO"]
    assert found["settings"] == {"rounds": 2, "seconds": 0.05, "seed": 0}
    assert not found["stopped"]


def test_a_backend_that_is_not_there_says_why(found: dict[str, Any]) -> None:
    why_not = BACKENDS["tensorrt"].why_not()
    if why_not is None:
        pytest.skip("TensorRT is installed")
    figures = next(row for row in found["engines"] if row["backend"] == "TensorRT")
    assert figures["why_not"] == why_not


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_or_a_request_to_terminate_prints_what_there_is_and_leaves_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    how: signal.Signals,
) -> None:
    disk, file = tmp_path / "disk", tmp_path / "bench.json"
    disk.mkdir()
    append, recorded = Recorder.append_restored, []

    def press(self: Recorder, *arguments: Any) -> None:
        append(self, *arguments)
        # Once, and from this thread: a key pressed again, or late, would end the tests.
        if not recorded and threading.current_thread() is threading.main_thread():
            recorded.extend(disk.rglob("restored.ome.tif"))
            signal.raise_signal(how)

    monkeypatch.setattr(Recorder, "append_restored", press)
    before = signal.getsignal(signal.SIGTERM), signal.signal(signal.SIGINT, default_int_handler)
    try:
        run_bench([SIZE], ["mito-lite"], ["tensorrt"], effort=EFFORT, folder=disk, json_file=file)
    finally:
        signal.signal(signal.SIGINT, before[1])
    assert signal.getsignal(signal.SIGTERM) == before[0]
    assert "ring buffer" in capsys.readouterr().out
    assert recorded
    assert not list(disk.iterdir())
    found = json.loads(file.read_text(encoding="utf-8"))
    assert found["stopped"]
    assert [part["part"] for part in found["parts"]] == ["ring buffer"]


@pytest.mark.parametrize(
    ("backend", "folder", "file"),
    [("abacus", "", None), ("onnxruntime", "gone", None), ("onnxruntime", "", "gone/bench.json")],
)
def test_what_would_fail_at_the_end_is_said_before(
    tmp_path: Path, backend: str, folder: str, file: str | None
) -> None:
    json_file = tmp_path / file if file else None
    with pytest.raises(UserError, match=r"no (backend|folder)"):
        run_bench(
            [SIZE], [], [backend], effort=EFFORT, folder=tmp_path / folder, json_file=json_file
        )
