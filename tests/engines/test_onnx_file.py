"""What a model on disk may not be, told before any library reads it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from engines import Bundle, EngineError, file_digest, load_bundle
from engines.onnx_file import OPSETS, check_model
from tests.engines.conftest import in_other_precisions, tiny_model

MODEL = tiny_model()


def changed(change: Callable[[onnx.ModelProto], object]) -> bytes:
    model = onnx.load_from_string(MODEL)
    change(model)
    return model.SerializeToString()


def elsewhere(weight: TensorProto) -> None:
    """Let a weight's values stand in a file outside the engine's folder."""
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    for key, value in {"location": "../../secret.bin", "offset": "0", "length": "720"}.items():
        entry = weight.external_data.add()
        entry.key, entry.value = key, value


def in_a_constant(model: onnx.ModelProto) -> None:
    weight = model.graph.initializer.pop(1)
    name = weight.name
    elsewhere(weight)
    model.graph.node.insert(0, helper.make_node("Constant", [], [name], value=weight))


def in_a_branch(model: onnx.ModelProto) -> None:
    weight = helper.make_tensor("w", TensorProto.FLOAT, [1], [0.0])
    elsewhere(weight)
    branch = helper.make_graph([], "branch", [], [], [weight])
    model.graph.node.append(helper.make_node("If", ["yes"], ["x"], then_branch=branch))


def in_a_function(model: onnx.ModelProto) -> None:
    weight = helper.make_tensor("w", TensorProto.FLOAT, [1], [0.0])
    elsewhere(weight)
    node = helper.make_node("Constant", [], ["w"], value=weight)
    opsets = [helper.make_opsetid("", 17)]
    model.functions.append(helper.make_function("own", "f", [], ["w"], [node], opsets))


def in_a_sparse_weight(model: onnx.ModelProto) -> None:
    values = helper.make_tensor("values", TensorProto.FLOAT, [1], [1.0])
    indices = helper.make_tensor("indices", TensorProto.INT64, [1], [0])
    elsewhere(values)
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [4]))


def in_a_weight(model: onnx.ModelProto) -> None:
    elsewhere(model.graph.initializer[1])


def in_a_weight_that_does_not_say_so(model: onnx.ModelProto) -> None:
    elsewhere(model.graph.initializer[1])
    model.graph.initializer[1].ClearField("data_location")


def set_opset(version: int) -> Callable[[onnx.ModelProto], object]:
    return lambda model: setattr(model.opset_import[0], "version", version)


def another_operator(model: onnx.ModelProto) -> None:
    model.graph.node[2].domain = "com.microsoft"


def another_input(model: onnx.ModelProto) -> None:
    model.graph.input[0].name = "image"


def a_second_output(model: onnx.ModelProto) -> None:
    model.graph.output.append(helper.make_empty_tensor_value_info("found"))


ELSEWHERE = [
    in_a_weight,
    in_a_weight_that_does_not_say_so,
    in_a_constant,
    in_a_branch,
    in_a_function,
    in_a_sparse_weight,
]
REFUSED = [
    *(
        (change, "takes weights from another file, which an engine must not")
        for change in ELSEWHERE
    ),
    (
        another_input,
        "leads from image to restored; an engine's model leads from window to restored",
    ),
    (a_second_output, "leads from window to restored, found"),
    (set_opset(99), r"is of ONNX operator set 99; pssr-live reads 13 to 21"),
    (set_opset(OPSETS.start - 1), "is of ONNX operator set 12"),
    (another_operator, "has operators that are not ONNX's own: com.microsoft"),
]


def test_a_model_in_any_precision_passes(tmp_path: Path) -> None:
    for name, model in {"fp32": MODEL, **in_other_precisions(MODEL)}.items():
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(model)
        check_model(path)


def test_functions_of_the_model_s_own_pass(tmp_path: Path) -> None:
    def with_function(model: onnx.ModelProto) -> None:
        node = helper.make_node("Relu", ["x"], ["y"])
        opsets = [helper.make_opsetid("", 17)]
        model.functions.append(helper.make_function("own", "f", ["x"], ["y"], [node], opsets))
        model.opset_import.append(helper.make_opsetid("own", 1))
        model.graph.node[2].op_type, model.graph.node[2].domain = "f", "own"

    path = tmp_path / "model.onnx"
    path.write_bytes(changed(with_function))
    check_model(path)


@pytest.mark.parametrize(("change", "reason"), REFUSED)
def test_a_model_that_an_engine_can_not_have_is_refused_in_one_line(
    bundle: Bundle, tmp_path: Path, change: Callable[[onnx.ModelProto], object], reason: str
) -> None:
    """Even where the manifest states its hash, as in a bundle made to do harm."""
    folder = Path(shutil.copytree(bundle.path, tmp_path / "a" / "b" / "tiny"))
    (tmp_path / "a" / "secret.bin").write_bytes(bytes(720))
    for name in ("model.onnx", "model-int8.onnx"):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(changed(change))
        state_hash(folder, name)
        with pytest.raises(EngineError, match=rf"{name} {reason}.* pssr-live export$") as caught:
            load_bundle(folder)
        assert "\n" not in str(caught.value)
        (folder / name).write_bytes(whole)
        state_hash(folder, name)
    load_bundle(folder)


def state_hash(folder: Path, name: str) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["files"][name] = file_digest(folder / name)
    path.write_text(json.dumps(manifest), encoding="utf-8")


@given(length=st.integers(0, len(MODEL) - 1))
def test_a_model_cut_short_anywhere_is_refused(
    tmp_path_factory: pytest.TempPathFactory, length: int
) -> None:
    path = tmp_path_factory.mktemp("models") / "model.onnx"
    path.write_bytes(MODEL[:length])
    with pytest.raises(EngineError, match=r"model\.onnx "):
        check_model(path)


@given(content=st.binary(max_size=60), place=st.integers(0, len(MODEL)))
def test_whatever_the_bytes_are_nothing_else_is_raised(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, place: int
) -> None:
    path = tmp_path_factory.mktemp("models") / "model.onnx"
    path.write_bytes(MODEL[:place] + content + MODEL[place + len(content) :])
    with suppress(EngineError):
        check_model(path)


def test_graphs_within_graphs_end_somewhere(tmp_path: Path) -> None:
    def deep(model: onnx.ModelProto) -> None:
        node = helper.make_node("Relu", ["a"], ["b"])
        for _ in range(20):
            graph = helper.make_graph([node], "g", [], [])
            node = helper.make_node("If", ["yes"], ["b"], then_branch=graph)
        model.graph.node.append(node)

    path = tmp_path / "model.onnx"
    path.write_bytes(changed(deep))
    with pytest.raises(EngineError, match="is not a whole ONNX model"):
        check_model(path)


def with_a_loop(model: onnx.ModelProto) -> None:
    body = helper.make_graph([], "body", [], [])
    model.graph.node.append(helper.make_node("Loop", ["n", "go"], [], body=body))


def with_a_loop_in_a_function(model: onnx.ModelProto) -> None:
    body = helper.make_graph([], "body", [], [])
    node = helper.make_node("Loop", ["n", "go"], [], body=body)
    opsets = [helper.make_opsetid("", 17)]
    model.functions.append(helper.make_function("own", "f", [], [], [node], opsets))


def with_functions_that_double_each_other(model: onnx.ModelProto) -> None:
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    for number in range(30):
        calls = [helper.make_node(f"f{number + 1}", [], [], domain="own") for _ in range(2)]
        function = helper.make_function("own", f"f{number}", [], [], calls, opsets)
        model.functions.append(function)
    last = [helper.make_node("Constant", [], ["w"], value_float=1.0)]
    model.functions.append(helper.make_function("own", "f30", [], [], last, opsets))
    model.graph.node.append(helper.make_node("f0", [], [], domain="own"))


def with_a_function_that_calls_itself(model: onnx.ModelProto) -> None:
    opsets = [helper.make_opsetid("own", 1)]
    call = helper.make_node("f", [], [], domain="own")
    model.functions.append(helper.make_function("own", "f", [], [], [call], opsets))
    model.graph.node.append(call)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (with_a_loop, "repeats a part without a limit"),
        (with_a_loop_in_a_function, "repeats a part without a limit"),
        (with_functions_that_double_each_other, "call others without end"),
        (with_a_function_that_calls_itself, "call others without end"),
    ],
)
def test_a_model_that_could_be_opened_for_ever_is_refused_unopened(
    tmp_path: Path, change: Callable[[onnx.ModelProto], object], words: str
) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(changed(change))
    with pytest.raises(EngineError, match=words):
        check_model(path)


def test_a_function_may_have_the_name_of_an_operator_that_it_calls(tmp_path: Path) -> None:
    def add(model: onnx.ModelProto) -> None:
        node = helper.make_node("Relu", ["x"], ["y"])
        opsets = [helper.make_opsetid("", 17)]
        model.functions.append(helper.make_function("own", "Relu", ["x"], ["y"], [node], opsets))
        model.graph.node.append(helper.make_node("Relu", ["a"], ["b"], domain="own"))

    path = tmp_path / "model.onnx"
    path.write_bytes(changed(add))
    check_model(path)
