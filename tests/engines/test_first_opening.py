"""An engine that others made can neither hang nor fill this computer, and is tried only once."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import onnx
import psutil
import pytest
from onnx import NodeProto, helper, numpy_helper

from engines import (
    Bundle,
    EngineError,
    OpeningGivenUpError,
    first_opening,
    known,
    load_bundle,
    open_engine,
)
from engines.bundle import BUNDLED, write_bundle
from engines.fitting import InputFormat
from engines.known import is_ours, remember_as_ours
from tests.engines.conftest import tiny_manifest, tiny_model, tiny_proof

FRAME = InputFormat.of(17, 31, np.uint16)


@pytest.fixture(autouse=True)
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A computer on which nothing was opened yet."""
    folder = tmp_path / "state"
    monkeypatch.setattr(known, "_folder", lambda: folder)
    return folder


def foreign(tmp_path: Path, *nodes: NodeProto, size: tuple[int, ...] = (1,)) -> Bundle:
    """The tiny engine as others made it, which also adds up what `nodes` make of `size`."""
    model = onnx.load_from_string(tiny_model())
    graph = model.graph
    if nodes:
        graph.initializer.append(numpy_helper.from_array(np.array(size, dtype=np.int64), "size"))
        last = graph.node.pop()
        last.input[0] = "more"
        graph.node.extend(
            [
                *nodes,
                helper.make_node("ReduceSum", ["made"], ["sum"], keepdims=0),
                helper.make_node("Add", ["ended", "sum"], ["more"]),
                last,
            ]
        )
    return write_bundle(
        tmp_path / "foreign", tiny_manifest(), model.SerializeToString(), proof=tiny_proof()
    )


def filled(name: str) -> NodeProto:
    value = helper.make_tensor("value", onnx.TensorProto.FLOAT, [1], [1e-4])
    return helper.make_node("ConstantOfShape", ["size"], [name], value=value)


def giant(tmp_path: Path, pixels: int) -> Bundle:
    """Few bytes on disk that ask for so many pixels of memory."""
    return foreign(tmp_path, filled("made"), size=(pixels,))


def endless(tmp_path: Path) -> Bundle:
    """A graph that libraries work out beforehand, which would take them an hour."""
    products = [
        helper.make_node("MatMul", [f"power{k}", "power0"], [f"power{k + 1}"]) for k in range(500)
    ]
    last = helper.make_node("Identity", ["power500"], ["made"])
    return foreign(tmp_path, filled("power0"), *products, last, size=(4096, 4096))


def with_room(monkeypatch: pytest.MonkeyPatch, room: float) -> None:
    free = int(room / first_opening.LARGEST_SHARE)
    monkeypatch.setattr(first_opening, "free_bytes", lambda: free)


def processes() -> list[psutil.Process]:
    """Those in which an engine is being opened; other tests may have left some that have ended."""
    running = []
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if "engines.first_opening" in child.cmdline():
                running.append(child)
    return running


def opened(bundle: Bundle, **settings: object) -> str:
    """Open an engine; returns the name of the backend that runs it."""
    selection = open_engine(bundle, height=17, width=31, dtype=np.uint16, **settings)  # type: ignore[arg-type]
    selection.engine.close()
    return selection.engine.backend


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Call it, and from then on a trial in a process of its own fails the test."""

    def forbid() -> None:
        def begin(*_: object, **__: object) -> None:
            raise AssertionError("a process was begun")

        monkeypatch.setattr(first_opening.subprocess, "Popen", begin)

    return forbid


@pytest.mark.parametrize("backend", ["openvino-f32", "onnxruntime"])
def test_an_engine_that_asks_for_more_memory_than_there_is_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    with_room(monkeypatch, 1e9)
    with pytest.raises(EngineError, match=r"(?i)memory") as caught:
        opened(giant(tmp_path, 2**34), backend=backend)
    assert caught.value.fix
    assert not processes()


def test_an_engine_that_takes_ever_more_memory_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_room(monkeypatch, 5e8)
    with pytest.raises(EngineError, match=r"took more than 0\.5 GB of memory with OpenVINO f32"):
        opened(giant(tmp_path, 2**28), backend="openvino-f32")
    assert not processes()


@pytest.mark.parametrize("backend", ["openvino-f32", "onnxruntime"])
def test_an_engine_that_never_ends_opening_is_ended_and_the_command_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    monkeypatch.setattr(first_opening, "LONGEST_TRIAL_S", 1.0)
    with pytest.raises(EngineError, match=r"still being opened by .* after 1 s") as caught:
        opened(endless(tmp_path), backend=backend)
    assert "pssr-live engines" in caught.value.fix
    assert not processes()


def test_an_engine_that_is_being_opened_is_given_up_at_once(tmp_path: Path) -> None:
    begun: list[str] = []
    with pytest.raises(OpeningGivenUpError):
        opened(endless(tmp_path), on_trial=begun.append, given_up=lambda: bool(begun))
    assert begun
    assert not processes()


def test_ctrl_c_ends_an_opening_at_once(tmp_path: Path) -> None:
    def interrupt() -> bool:
        if processes():
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        opened(endless(tmp_path), given_up=interrupt)
    assert not processes()


def test_a_library_that_dies_of_an_engine_does_not_take_the_session_along(tmp_path: Path) -> None:
    def die(_: str) -> None:
        # For a moment after it was begun a process has no command line.
        while not (begun := processes()):
            time.sleep(0.01)
        for process in begun:
            process.kill()

    with pytest.raises(EngineError, match="made OpenVINO f32 crash"):
        opened(endless(tmp_path), backend="openvino-f32", on_trial=die)


def test_an_engine_is_tried_aside_once_for_each_size_and_backend(
    tmp_path: Path, no_process: Callable[[], None]
) -> None:
    bundle = foreign(tmp_path)
    said: list[str] = []
    assert opened(bundle, backend="onnxruntime", on_trial=said.append) == "ONNX Runtime"
    assert said[0] == "trying ONNX Runtime for the first time, 1 of 1"
    no_process()
    assert opened(load_bundle(bundle.path), backend="onnxruntime") == "ONNX Runtime"
    with pytest.raises(AssertionError, match="a process was begun"):
        opened(bundle, backend="openvino-f32")
    with pytest.raises(AssertionError, match="a process was begun"):
        open_engine(bundle, backend="onnxruntime", height=40, width=31, dtype=np.uint16)


def test_a_backend_that_failed_aside_is_not_tried_here(
    tmp_path: Path, no_process: Callable[[], None]
) -> None:
    bundle = foreign(tmp_path)
    proof = tiny_proof()
    wrong = proof._replace(restored=proof.restored + np.float32(proof.intensity.gain))
    bundle = write_bundle(
        tmp_path / "wrong", bundle.manifest, bundle.model.read_bytes(), proof=wrong
    )
    for _ in range(2):
        said: list[str] = []
        with pytest.raises(EngineError, match="ONNX Runtime: It does not reproduce the proof"):
            opened(bundle, backend="onnxruntime", on_trial=said.append)
        assert "trying ONNX Runtime, 1 of 1" not in said
        no_process()


def test_what_failed_for_want_of_memory_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = giant(tmp_path, 2**34)
    with_room(monkeypatch, 1e9)
    for _ in range(2):
        said: list[str] = []
        with pytest.raises(EngineError, match=r"(?i)memory"):
            opened(bundle, backend="onnxruntime", on_trial=said.append)
        assert said == ["trying ONNX Runtime for the first time, 1 of 1"]


@pytest.mark.parametrize("name", ["mito-lite", "mito-lite-fast"])
def test_an_engine_that_came_with_pssr_live_is_opened_here(name: str) -> None:
    assert is_ours(load_bundle(BUNDLED / name))


def test_a_copy_of_a_bundled_engine_is_ours_and_another_only_once_it_was_made_here(
    tmp_path: Path,
) -> None:
    bundled = load_bundle("mito-lite-fast")
    assert is_ours(bundled._replace(path=tmp_path))
    bundle = foreign(tmp_path)
    assert not is_ours(bundle)
    remember_as_ours(bundle.manifest.files["model.onnx"])
    assert is_ours(bundle)


def test_a_state_folder_that_cannot_be_written_costs_a_trial_and_no_more(
    tmp_path: Path, state_folder: Path
) -> None:
    state_folder.write_text("a file where the folder should be")
    bundle = foreign(tmp_path)
    for _ in range(2):
        assert opened(bundle, backend="onnxruntime") == "ONNX Runtime"


def test_a_frozen_program_does_not_start_itself_to_try_an_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(EngineError, match="would start itself"):
        first_opening.refusals_of(foreign(tmp_path), ["onnxruntime"], FRAME)
