from __future__ import annotations

import hashlib
import shutil
import sys
from enum import Enum
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines import Bundle, EngineError, build_plan, find_plans, list_plans, load_bundle, nvidia
from engines.nvidia import Device
from engines.plans import Plan, PlanKey, PlanRecord, read_plan, record_proof
from tests.engines.conftest import BundleMaker, tiny_model

LIBRARY = "tensorrt-rtx 1.7.1.116"
RTX_A4000 = Device("NVIDIA RTX A4000", "8.6")
RTX_2080 = Device("NVIDIA GeForce RTX 2080", "7.5")
COMPILED = b"what TensorRT compiled"


@pytest.fixture
def own(bundle: Bundle, tmp_path: Path) -> Bundle:
    """A tiny engine of this test's own, to be written to."""
    return load_bundle(shutil.copytree(bundle.path, tmp_path / "own"))


def key(bundle: Bundle, **changes: object) -> PlanKey:
    return PlanKey(
        model=bundle.manifest.files["model.onnx"],
        library=LIBRARY,
        targets=("8.6", "8.9"),
        precision="fp16",
        height=64,
        width=96,
    ).model_copy(update=changes)


def put(bundle: Bundle, name: str = "a", **changes: object) -> Plan:
    """Put a plan into a bundle as a build leaves it there."""
    record = PlanRecord(key=key(bundle, **changes), sha256=hashlib.sha256(COMPILED).hexdigest())
    path = bundle.plans / f"{name}.plan"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(COMPILED)
    path.with_suffix(".json").write_text(record.model_dump_json(), encoding="utf-8")
    return Plan(path, record)


def test_a_bundle_without_plans_has_none(bundle: Bundle) -> None:
    assert list_plans(bundle) == []


def test_a_plan_is_found_for_its_size_and_read(own: Bundle) -> None:
    plan = put(own)
    assert find_plans(own, LIBRARY, RTX_A4000, height=64, width=96) == [plan]
    assert read_plan(plan) == COMPILED


def test_every_plan_takes_the_size_of_the_proof(own: Bundle) -> None:
    plan = put(own)
    height, width = own.proof.window.shape[1:]
    assert find_plans(own, LIBRARY, RTX_A4000, height=height, width=width) == [plan]


def test_the_plan_for_just_this_size_comes_first_then_float16(own: Bundle) -> None:
    height, width = own.proof.window.shape[1:]
    put(own, "other")
    put(own, "single", precision="fp32", height=height, width=width)
    put(own, "half", height=height, width=width)
    found = find_plans(own, LIBRARY, RTX_A4000, height=height, width=width)
    assert [plan.path.stem for plan in found] == ["half", "single", "other"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"model": 64 * "0"}, "it was built from another model"),
        (
            {"library": "tensorrt-rtx 1.6.1.120"},
            r"it was built with tensorrt-rtx 1\.6\.1\.120, here is tensorrt-rtx 1\.7\.1\.116",
        ),
        ({"targets": ("12.0",)}, r"it was built for 12\.0, here is NVIDIA RTX A4000 \(8\.6\)"),
        (
            {"targets": ("NVIDIA A100",)},
            "it was built for NVIDIA A100, here is NVIDIA RTX A4000 .8.6.",
        ),
        ({"height": 128}, "it was built for frames of 128 x 96"),
    ],
    ids=["model", "library", "compute capability", "GPU", "size"],
)
def test_a_plan_built_for_something_else_is_not_used_and_said_why(
    own: Bundle, changes: dict[str, object], reason: str
) -> None:
    put(own, **changes)
    with pytest.raises(
        EngineError, match=rf"no plan for frames of 64 x 96.*a\.plan: {reason}\."
    ) as (caught):
        find_plans(own, LIBRARY, RTX_A4000, height=64, width=96)
    assert caught.value.fix == (
        f'Build one: pssr-live engines build "{own.path}" --frame-size 64x96'
    )
    assert "\n" not in str(caught.value)


def test_a_plan_of_classic_tensorrt_is_for_the_gpu_it_names(own: Bundle) -> None:
    plan = put(own, targets=(RTX_2080.name,))
    assert find_plans(own, LIBRARY, RTX_2080, height=64, width=96) == [plan]


@given(place=st.integers(0, len(COMPILED) - 1), bit=st.integers(0, 7))
def test_a_plan_changed_in_a_single_bit_is_not_read(
    bundle: Bundle, tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    changed = bytearray(COMPILED)
    changed[place] ^= 1 << bit
    path = tmp_path_factory.mktemp("plans") / "a.plan"
    path.write_bytes(changed)
    record = PlanRecord(key=key(bundle), sha256=hashlib.sha256(COMPILED).hexdigest())
    with pytest.raises(EngineError, match="is not the plan that was built"):
        read_plan(Plan(path, record))


def test_a_plan_that_is_gone_is_told(own: Bundle) -> None:
    plan = put(own)
    plan.path.unlink()
    with pytest.raises(EngineError, match=r"a\.plan can't be read"):
        read_plan(plan)


@pytest.mark.parametrize("text", ["", "{}", '{"format": 2}', "\x00"])
def test_a_record_that_is_none_is_told(own: Bundle, text: str) -> None:
    plan = put(own)
    plan.path.with_suffix(".json").write_text(text, encoding="utf-8")
    with pytest.raises(EngineError, match=r"a\.json is not a plan's record"):
        list_plans(own)


def test_a_plan_says_whether_it_was_proven(own: Bundle) -> None:
    plan = put(own)
    assert str(plan) == f"64x96 fp16 for 8.6, 8.9, {LIBRARY}, not yet proven on a device"
    record_proof(plan, RTX_A4000, 0.00125)
    (proven,) = list_plans(own)
    assert str(proven).endswith("proven on NVIDIA RTX A4000 (0.0013 off)")
    assert proven.record.key == plan.record.key


def test_a_plan_proven_on_one_gpu_is_proven_on_the_next_too(own: Bundle) -> None:
    record_proof(put(own), RTX_A4000, 0.001)
    record_proof(list_plans(own)[0], RTX_2080, 0.002)
    assert list_plans(own)[0].record.proven == {RTX_A4000.name: 0.001, RTX_2080.name: 0.002}


def test_a_proof_is_written_down_once(own: Bundle) -> None:
    record_proof(put(own), RTX_A4000, 0.001)
    record_proof(list_plans(own)[0], RTX_A4000, 0.002)
    assert list_plans(own)[0].record.proven == {RTX_A4000.name: 0.001}


def test_a_proof_is_recorded_without_leaving_drafts(own: Bundle) -> None:
    plan = put(own)
    record_proof(plan, RTX_A4000, 0.001)
    assert {path.name for path in plan.path.parent.iterdir()} == {"a.plan", "a.json"}


def test_without_tensorrt_the_command_that_installs_it_is_told(
    own: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in nvidia.MODULES.values():
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(EngineError, match=r"pip install .pssr-live\[tensorrt\]"):
        build_plan(own, ["8.6"], height=64, width=96)


def pretend(monkeypatch: pytest.MonkeyPatch, name: str, version: str) -> None:
    """Put in place of a library of NVIDIA's what tells one from the other: no such card is here."""
    module = ModuleType(nvidia.MODULES[name])
    module.__version__ = version  # type: ignore[attr-defined]
    if name == nvidia.RTX:
        names = "NONE CURRENT SM75 SM80 SM86 SM89 SM120 SM121"
        module.ComputeCapability = Enum("ComputeCapability", names)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)


@pytest.mark.parametrize(
    ("capability", "library"),
    [
        ("7.0", "tensorrt"),
        ("7.5", "tensorrt-rtx"),
        ("8.0", "tensorrt"),
        ("8.6", "tensorrt-rtx"),
        ("9.0", "tensorrt"),
        ("10.0", "tensorrt"),
        ("12.0", "tensorrt-rtx"),
    ],
)
def test_where_both_libraries_are_installed_the_card_decides(
    monkeypatch: pytest.MonkeyPatch, capability: str, library: str
) -> None:
    pretend(monkeypatch, "tensorrt-rtx", "1.7.1.116")
    pretend(monkeypatch, "tensorrt", "11.4.0.106")
    assert nvidia.find_tensorrt([capability]).name == library


def test_a_card_that_tensorrt_rtx_does_not_serve_gets_the_command_for_the_classic_one(
    monkeypatch: pytest.MonkeyPatch, own: Bundle
) -> None:
    pretend(monkeypatch, "tensorrt-rtx", "1.7.1.116")
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    with pytest.raises(EngineError, match=r"for compute capability 9\.0\.") as caught:
        build_plan(own, ["8.6", "9.0"], height=64, width=96)
    assert 'python -m pip install "pssr-live[tensorrt-classic]"' in caught.value.fix


def test_a_plan_of_the_classic_library_is_built_for_the_card_that_is_there_and_names_it(
    monkeypatch: pytest.MonkeyPatch, own: Bundle
) -> None:
    h100 = Device("NVIDIA H100", "9.0")
    pretend(monkeypatch, "tensorrt", "11.4.0.106")
    monkeypatch.setattr(nvidia, "find_cuda", lambda: None)
    monkeypatch.setattr(nvidia, "find_device", lambda _: h100)
    monkeypatch.setattr("engines.plans.compile_plan", lambda *_, **__: COMPILED)
    plan = build_plan(own, [], height=64, width=96)
    key = plan.record.key
    assert (key.library, key.targets) == ("tensorrt 11.4.0.106", ("NVIDIA H100",))
    assert find_plans(own, key.library, h100, height=64, width=96) == [plan]
    with pytest.raises(EngineError, match=r"builds for the GPU that is here, NVIDIA H100 \(9.0\)"):
        build_plan(own, ["9.0", "8.0"], height=64, width=96)


def test_a_frame_too_small_is_refused(own: Bundle) -> None:
    with pytest.raises(EngineError, match="at least 3 x 3 pixels, not 2 x 96"):
        build_plan(own, ["8.6"], height=2, width=96)


@pytest.fixture(scope="module")
def rtx() -> nvidia.Library:
    """TensorRT-RTX, which compiles without a GPU."""
    pytest.importorskip(
        "tensorrt_rtx", reason="tensorrt-rtx is not installed; it builds plans without a GPU"
    )
    return nvidia.find_tensorrt()


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_one_plan_is_built_here_for_gpus_that_are_not(
    rtx: nvidia.Library, own: Bundle, precision: str
) -> None:
    plan = build_plan(own, ["8.6", "8.9", "12.0"], height=64, width=96, precision=precision)  # type: ignore[arg-type]
    compiled = read_plan(plan)
    assert len(compiled) > 100_000
    assert list_plans(own) == [plan]
    assert str(plan) == (
        f"64x96 {precision} for 8.6, 8.9, 12.0, {rtx.title}, not yet proven on a device"
    )
    for capability in ("8.6", "8.9", "12.0"):
        assert find_plans(own, rtx.title, Device("RTX", capability), height=64, width=96) == [plan]
    with pytest.raises(EngineError, match=r"it was built for 8\.6, 8\.9, 12\.0, here is"):
        find_plans(own, rtx.title, RTX_2080, height=64, width=96)


def test_plans_for_other_gpus_differ(rtx: nvidia.Library, own: Bundle) -> None:
    one, two = (
        read_plan(build_plan(own, [name], height=64, width=96, precision="fp16"))
        for name in ("8.6", "12.0")
    )
    assert one != two
    assert len(list_plans(own)) == 2


def test_a_plan_built_again_takes_the_place_of_the_first(rtx: nvidia.Library, own: Bundle) -> None:
    first = build_plan(own, ["8.6"], height=64, width=96)
    record_proof(first, RTX_A4000, 0.001)
    second = build_plan(own, ["8.6"], height=64, width=96)
    assert second.path == first.path
    assert list_plans(own) == [second]
    assert not second.record.proven


def test_a_plan_for_an_engine_in_tiles_is_for_a_tile(
    rtx: nvidia.Library, make_bundle: BundleMaker
) -> None:
    plan = build_plan(make_bundle(tile_side=32), ["8.6"], height=500, width=20)
    assert (plan.record.key.height, plan.record.key.width) == (32, 20)


def test_a_gpu_that_no_plan_can_be_built_for_is_told(rtx: nvidia.Library, own: Bundle) -> None:
    with pytest.raises(
        EngineError, match=r"can't build for compute capability 5\.2\. It builds for"
    ):
        build_plan(own, ["8.6", "5.2"], height=64, width=96)
    assert list_plans(own) == []


def test_a_model_that_can_not_be_compiled_is_told_in_one_line(
    rtx: nvidia.Library, own: Bundle
) -> None:
    own.model.write_bytes(tiny_model()[:500])
    with pytest.raises(EngineError, match="can't compile the model: ") as caught:
        build_plan(own, ["8.6"], height=64, width=96, precision="fp32")
    assert "\n" not in caught.value.problem
    assert list_plans(own) == []
