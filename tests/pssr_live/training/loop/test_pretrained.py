from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from engines import EngineError, to_half, to_int8
from engines.architectures import build_network
from pssr_live.errors import UserError
from pssr_live.training import Recipe, load_network
from pssr_live.training.export import bundle_run
from pssr_live.training.loop import begin_with, find_pretrained, train
from pssr_live.training.loop.pretrained import teacher
from pssr_live.training.recipe import LiteNetwork, Schedule

CPU = torch.device("cpu")
SHORT = Schedule(tiles=4, hr_tile=64, epochs=1, steps=3, batch=2, second_look=False)


def recipe(frames: int = 5, **changes: object) -> Recipe:
    network = LiteNetwork(channels=8, coarse_channels=8, pairs=1, frames=frames)
    return Recipe(**({"drawn": 1.0, "network": network, "schedule": SHORT} | changes))


def windows(frames: int = 5) -> torch.Tensor:
    return torch.rand(2, frames, 24, 32, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "run"
    train(recipe(), Path(), folder)
    return folder


@pytest.fixture(scope="module")
def bundle(run: Path) -> Path:
    return bundle_run(run, run.with_name("bundle")).path


def network(**sizes: int) -> torch.nn.Module:
    torch.manual_seed(9)
    return build_network(
        "lite", **({"frames": 5, "channels": 8, "coarse_channels": 8, "pairs": 1} | sizes)
    )


@pytest.mark.parametrize("kind", ["run", "bundle"])
def test_a_network_begins_where_another_ended(kind: str, run: Path, bundle: Path) -> None:
    first = find_pretrained(str(run if kind == "run" else bundle))
    fresh = network()
    begin_with(fresh, first)
    expected = load_network(run)[0].state_dict()
    assert all(torch.equal(fresh.state_dict()[name], expected[name]) for name in expected)


def test_a_bundled_engine_is_found_by_its_name() -> None:
    found = find_pretrained("mito-lite")
    assert found.title.startswith("mito-lite ")
    assert found.digest in found.title
    assert found.frames == 5


@pytest.mark.parametrize("kind", ["run", "bundle"])
def test_weights_that_don_t_fit_are_refused_with_what_they_are(
    kind: str, run: Path, bundle: Path
) -> None:
    first = find_pretrained(str(run if kind == "run" else bundle))
    with pytest.raises(UserError, match=r"don't fit.*channels = 8"):
        begin_with(network(channels=12), first)


def test_what_is_neither_run_nor_bundle_is_said_to_be_absent(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="There is no engine"):
        find_pretrained("absent", tmp_path)


def test_a_run_and_its_bundle_teach_the_same(run: Path, bundle: Path) -> None:
    taught = [
        teacher(find_pretrained(str(path)), recipe(), CPU)(windows()) for path in (run, bundle)
    ]
    with torch.no_grad():
        expected = load_network(run)[0](windows())
    for images in taught:
        assert images.shape == (2, 1, 96, 128)
        torch.testing.assert_close(images, expected, rtol=0, atol=1e-4)


def test_a_teacher_of_one_frame_is_shown_the_centre_frame(tmp_path: Path) -> None:
    train(recipe(frames=1), Path(), tmp_path / "run")
    single = teacher(find_pretrained(str(tmp_path / "run")), recipe(), CPU)
    others = windows().clone()
    others[:, [0, 1, 3, 4]] = 0
    np.testing.assert_array_equal(single(windows()), single(others))


def test_a_teacher_of_five_frames_can_t_teach_a_network_of_one(run: Path) -> None:
    with pytest.raises(UserError, match="sees 5 frames"):
        teacher(find_pretrained(str(run)), recipe(frames=1), CPU)


def test_a_damaged_model_is_refused_in_words(bundle: Path, tmp_path: Path) -> None:
    shutil.copytree(bundle, tmp_path / "engine")
    whole = find_pretrained(str(tmp_path / "engine"))
    assert whole.bundle is not None
    model = whole.bundle.model
    content = model.read_bytes()
    name = next(iter(onnx.load_from_string(content).graph.initializer)).name.encode()
    uses = (
        lambda: begin_with(network(), whole),
        lambda: to_half(model.read_bytes()),
        lambda: to_int8(model.read_bytes(), []),
        # ONNX Runtime takes names as they are.
        lambda: teacher(whole, recipe(), CPU),
    )
    for damaged, refusing in (
        (content.replace(name, b"\xff" * len(name)), uses[:3]),
        (content[: len(content) // 2], uses),
        (b"\xff" * 40, uses),
    ):
        model.write_bytes(damaged)
        for use in refusing:
            with pytest.raises(EngineError) as refused:
                use()
            assert refused.value.problem.isprintable()
            assert "codec" not in refused.value.problem
            assert "export" in refused.value.fix
