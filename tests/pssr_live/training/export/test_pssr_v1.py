"""`pssr-live export --from-pssr-v1`: models of PSSR v1, and what only pretends to be one."""

from __future__ import annotations

import collections
import os
import pickle
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from typer.testing import CliRunner

from engines import Manifest, load_bundle
from engines.architectures import (
    OF_IMAGENET,
    ResUNet34,
    V1Statistics,
    build_network,
    network_of_v1,
    plain_network,
    resunet34,
)
from engines.architectures.resunet34 import SelfAttention
from engines.export import run_onnx
from pssr_live.cli.main import app
from pssr_live.errors import UserError, describe
from pssr_live.training.export.pssr_v1 import import_v1
from pssr_live.training.export.torch_file import MAGIC
from pssr_live.training.loop import begin_with, find_pretrained
from tests.pssr_live.training.export.v1_model import (
    BasicBlock,
    Hook,
    Parts,
    v1_network,
    v1_network_for_em,
)

STATISTICS = V1Statistics(mean=0.125, deviation=0.25)


@pytest.fixture(scope="module", autouse=True)
def known_to_v1() -> Iterator[None]:
    """Let the classes of this file have the names that v1's have."""
    rooms = {name: types.ModuleType(name) for name in ("bpho", "bpho.unet")}
    for cls in (Parts, Hook):
        cls.__module__, cls.__qualname__ = "bpho.unet", cls.__name__
        setattr(rooms["bpho.unet"], cls.__name__, cls)
    sys.modules.update(rooms)
    yield
    for name in rooms:
        del sys.modules[name]


@pytest.fixture(scope="module", autouse=True)
def slim() -> Iterator[None]:
    """Narrow networks with few blocks: all parts, quickly written and read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resunet34, "STEM_WIDTHS", (4, 4, 8))
        patch.setattr(resunet34, "STAGE_WIDTHS", (8, 16, 32, 64))
        patch.setattr(resunet34, "STAGE_BLOCKS", (1, 1, 1, 1))
        yield


@pytest.fixture(scope="module")
def model() -> nn.Module:
    """In half precision, as v1 trains."""
    torch.manual_seed(3)
    return v1_network(frames=1).half()


@pytest.fixture(scope="module")
def learner(model: nn.Module) -> dict[str, object]:
    """What fastai's `learn.export` hands to torch."""
    keywords = {
        "mean": torch.tensor([STATISTICS.mean]),
        "std": torch.tensor([STATISTICS.deviation]),
        "do_x": True,
        "do_y": True,
    }
    return {
        "opt_func": partial(torch.optim.Adam, betas=(0.9, 0.99)),
        "loss_func": functional.mse_loss,
        "metrics": [],
        "wd": 1e-3,
        "model_dir": "models",
        "cb_state": {Hook: {"name": "mito_best_512"}},
        "model": model,
        "data": {"normalize": keywords, "tfmargs": {"size": 128}},
        "cls": Hook,
    }


@pytest.fixture(scope="module")
def exported(learner: dict[str, object], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of `learn.export`, in the form that torch had then."""
    path = tmp_path_factory.mktemp("v1") / "Single_100mito best_512.pkl"
    with warnings.catch_warnings():
        # Torch would also write down the source of each class.
        warnings.simplefilter("ignore", UserWarning)
        torch.save(learner, path, _use_new_zipfile_serialization=False)
    return path


@pytest.fixture(scope="module")
def expected(model: nn.Module) -> ResUNet34:
    state = {name: weight.float() for name, weight in model.state_dict().items()}
    return network_of_v1(state, STATISTICS)


def test_a_model_of_v1_becomes_an_engine_that_says_so(
    exported: Path, expected: ResUNet34, tmp_path: Path
) -> None:
    folder = tmp_path / "engine"
    ran = CliRunner().invoke(app, ["export", "--from-pssr-v1", str(exported), "-o", str(folder)])
    assert ran.exit_code == 0, ran.output
    bundle = load_bundle(folder)
    assert bundle.manifest.name == "pssr-v1-single-100mito-best-512"
    assert "Imported from the PSSR v1 model Single_100mito best_512.pkl" in (
        bundle.manifest.description
    )
    assert bundle.manifest.frames == 1
    assert bundle.manifest.architecture["input_mean"] == STATISTICS.mean
    # Of any size: both sides multiples of 8, and none.
    for size in ((16, 24), (17, 30)):
        window = np.random.default_rng(1).random((1, *size), dtype=np.float32)
        with torch.inference_mode():
            wanted = expected(torch.from_numpy(window)[None])[0, 0].numpy()
        restored = run_onnx(bundle.model.read_bytes(), window)
        np.testing.assert_allclose(restored, wanted, rtol=0, atol=1e-4 * wanted.std())
    assert bundle.manifest.tile_side == 128
    # A training may begin with its weights.
    statistics = {"input_mean": STATISTICS.mean, "input_deviation": STATISTICS.deviation}
    fresh = build_network("resunet34", 1, **statistics)
    begin_with(fresh, find_pretrained(str(folder)))
    with torch.no_grad():
        windows = torch.rand(2, 1, 24, 32, generator=torch.Generator().manual_seed(1))
        taken, begun = (plain_network(one)(windows) for one in (expected, fresh))
    torch.testing.assert_close(begun, taken, rtol=0, atol=2e-3 * float(taken.std()))


def test_a_normalised_network_sees_and_gives_what_v1_s_does(expected: ResUNet34) -> None:
    plain = ResUNet34(frames=1).eval()
    plain.load_state_dict(expected.state_dict())
    window = torch.rand(1, 1, 16, 16)
    with torch.inference_mode():
        normalised = plain((window - STATISTICS.mean) / STATISTICS.deviation)
        torch.testing.assert_close(
            expected(window), normalised * STATISTICS.deviation + STATISTICS.mean
        )


def test_attention_takes_what_fastai_s_takes(model: nn.Module, expected: ResUNet34) -> None:
    """Its softmax runs over the positions of its query."""
    ours = next(part for part in expected.modules() if isinstance(part, SelfAttention))
    state = {
        name.removeprefix("model.layers.6.conv2.2."): weight.float()
        for name, weight in model.state_dict().items()
        if name.startswith("model.layers.6.conv2.2.")
    }
    weights = {}
    for name in ("query", "key", "value"):
        weight = state[f"{name}.weight_orig"]
        spread = state[f"{name}.weight_u"] @ weight[..., 0] @ state[f"{name}.weight_v"]
        weights[name] = weight[..., 0] / spread
    features = 3 * torch.randn(1, len(weights["value"]), 3, 4)
    flat = features.flatten(2)
    query, key, value = (weights[name] @ flat for name in ("query", "key", "value"))
    matches = functional.softmax(query.transpose(1, 2) @ key, dim=1)
    wanted = state["gamma"] * (value @ matches) + flat
    with torch.inference_mode():
        torch.testing.assert_close(ours(features).flatten(2), wanted, rtol=1e-4, atol=1e-4)


def saved_weights(path: Path, weights: dict[str, Tensor], *, zipped: bool) -> Path:
    torch.save({"model": weights, "opt": {}}, path, _use_new_zipfile_serialization=zipped)
    return path


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[ResUNet34]:
    """Networks that got as far as the export, which is left out."""
    found: list[ResUNet34] = []
    monkeypatch.setattr(
        "pssr_live.training.export.pssr_v1.plain_network", lambda network: found.append(network)
    )
    monkeypatch.setattr("pssr_live.training.export.pssr_v1.export_bundle", lambda *_, **__: None)
    return found


@pytest.mark.parametrize("zipped", [False, True])
def test_weights_alone_are_taken_with_the_statistics(
    zipped: bool, model: nn.Module, expected: ResUNet34, taken: list[ResUNet34], tmp_path: Path
) -> None:
    path = saved_weights(tmp_path / "w.pth", model.state_dict(), zipped=zipped)
    with pytest.raises(UserError, match="--v1-mean and --v1-deviation"):
        import_v1(path, tmp_path / "engine")
    import_v1(path, tmp_path / "engine", statistics=STATISTICS)
    for name, weight in expected.state_dict().items():
        torch.testing.assert_close(taken[0].state_dict()[name], weight)


def test_another_statistic_than_the_file_s_is_refused(exported: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="already says how"):
        import_v1(exported, tmp_path / "engine", statistics=STATISTICS)


def test_a_file_that_was_cut_off_is_refused(exported: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pkl"
    content = exported.read_bytes()
    for part in (0.9, 0.3, 0.001):
        cut.write_bytes(content[: int(part * len(content))])
        with pytest.raises(UserError, match="not a whole file of PSSR v1"):
            import_v1(cut, tmp_path / "engine")


class Runs:
    """Would make a folder if it were unpickled as Python does."""

    def __init__(self, call: Callable[[str], object], argument: str) -> None:
        self.reduced = (call, (argument,))

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return self.reduced


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("call", [os.mkdir, exec, collections.Counter])
def test_code_in_a_pickle_is_not_run(
    call: Callable[[str], object], protocol: int, tmp_path: Path
) -> None:
    trap = tmp_path / "made"
    argument = str(trap) if call is os.mkdir else f"__import__('os').mkdir({str(trap)!r})"
    path = tmp_path / "model.pkl"
    stored = (MAGIC, 1001, {}, {"model": Runs(call, argument)}, [])
    path.write_bytes(b"".join(pickle.dumps(part, protocol) for part in stored))
    with pytest.raises(UserError, match=f"{call.__name__}, which no model of PSSR v1 needs"):
        import_v1(path, tmp_path / "engine")
    assert not trap.exists()


def test_a_known_function_is_not_run_either(tmp_path: Path) -> None:
    """What torch and fastai have could do harm too."""
    trap = tmp_path / "made"
    path = tmp_path / "model.pkl"
    getting = Runs(getattr, "unused")
    getting.reduced = (getattr, (getting.reduced, "__class__"))  # type: ignore[assignment]
    stored = (MAGIC, 1001, {}, {"model": getting}, [])
    path.write_bytes(b"".join(pickle.dumps(part, 2) for part in stored))
    with pytest.raises(UserError, match=r"not a whole file of PSSR v1|is not a network"):
        import_v1(path, tmp_path / "engine", statistics=STATISTICS)
    assert not trap.exists()


@pytest.mark.parametrize(
    "content", [b"", b"PK\x05\x06" + bytes(18), b"not a pickle", pickle.dumps([1, 2])]
)
def test_something_else_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other.pkl"
    path.write_bytes(content)
    with pytest.raises(UserError, match="not a whole file of PSSR v1"):
        import_v1(path, tmp_path / "engine")


def test_weights_of_other_shapes_are_named(model: nn.Module, tmp_path: Path) -> None:
    flat = {name: torch.zeros(()).expand(one.shape) for name, one in model.state_dict().items()}
    wrong = {
        "model.layers.1.weight": (torch.zeros(3), "middle.0.weight has the shape"),
        "model.layers.0.0.0.weight_v": (torch.zeros(4, 3, 3, 3), "takes 3 frames"),
        "model.layers.13.weight": (torch.zeros(3), "layers.13.weight has no place"),
        "model.layers.12.0.bias": (torch.tensor([float("nan")]), "not all numbers"),
    }
    for name, (weight, words) in wrong.items():
        path = saved_weights(tmp_path / "w.pth", flat | {name: weight}, zipped=True)
        with pytest.raises(UserError, match=words):
            import_v1(path, tmp_path / "engine", statistics=STATISTICS)


@pytest.fixture(scope="module")
def em_model() -> nn.Module:
    torch.manual_seed(4)
    return v1_network_for_em()


def test_of_a_model_for_electron_microscopy_the_first_channel_is_taken(
    em_model: nn.Module,
    learner: dict[str, object],
    taken: list[ResUNet34],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    statistics = {
        "mean": torch.tensor([0.485, 0.456, 0.406]),
        "std": torch.tensor([0.229, 0.224, 0.225]),
        "do_x": True,
        "do_y": True,
    }
    learner = learner | {"model": em_model, "data": {"normalize": statistics}}
    path = tmp_path / "PSSR_EM.pkl"
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for name in ("torchvision", "torchvision.models", "torchvision.models.resnet"):
            patch.setitem(sys.modules, name, types.ModuleType(name))
        patch.setattr(BasicBlock, "__module__", "torchvision.models.resnet")
        sys.modules["torchvision.models.resnet"].BasicBlock = BasicBlock  # type: ignore[attr-defined]
        torch.save(learner, path, _use_new_zipfile_serialization=False)
    manifests: list[Manifest] = []
    monkeypatch.setattr(
        "pssr_live.training.export.pssr_v1.export_bundle",
        lambda _, manifest, *__, **___: manifests.append(manifest),
    )
    import_v1(path, tmp_path / "engine")
    assert "normalised by ImageNet's means" in manifests[0].description
    options = dict(manifests[0].architecture)
    rebuilt = build_network(str(options.pop("network")), manifests[0].frames, **options)
    assert rebuilt.state_dict().keys() == taken[0].state_dict().keys()
    weights, state = taken[0].state_dict(), em_model.state_dict()
    for ours, theirs in (
        ("encoder.conv1.weight", "layers.0.0.weight"),
        ("encoder.layer3.0.downsample.1.running_mean", "layers.0.6.0.downsample.1.running_mean"),
        ("decoder.3.convolutions.1.0.bias", "layers.7.conv2.0.bias"),
    ):
        torch.testing.assert_close(weights[ours], state[theirs])
    first = weights["to_pixels.parametrizations.weight.original1"]
    torch.testing.assert_close(first, state["layers.11.0.weight_v"][:1])


def test_weights_for_electron_microscopy_alone_are_taken_to_go_by_imagenet_s(
    em_model: nn.Module, taken: list[ResUNet34], tmp_path: Path
) -> None:
    path = saved_weights(tmp_path / "em.pth", em_model.state_dict(), zipped=True)
    import_v1(path, tmp_path / "engine")
    import_v1(path, tmp_path / "engine", statistics=STATISTICS)
    window = torch.rand(1, 1, 16, 16)
    with torch.inference_mode():
        of_imagenet, of_its_own = (network(window) for network in taken)
    assert not torch.allclose(of_imagenet, of_its_own)
    assert (taken[0].input_mean, taken[1].input_mean) == (0.0, STATISTICS.mean)
    with pytest.raises(UserError, match="its images were not normalised"):
        import_v1(path, tmp_path / "engine", statistics=V1Statistics(0.0, 1.0))


def test_one_without_attention_and_bottleneck_is_made_without() -> None:
    """As v1's first scripts for electron microscopy trained."""
    bare = v1_network_for_em(attention=False, bottleneck=False)
    network = network_of_v1(bare.state_dict(), OF_IMAGENET)
    assert not any(isinstance(part, SelfAttention) for part in network.modules())
    assert (network.has_attention, network.has_bottleneck) == (False, False)
    with torch.inference_mode():
        assert network(torch.rand(1, 1, 16, 16)).isfinite().all()


def test_what_v1_s_networks_for_electron_microscopy_are_not_is_named(em_model: nn.Module) -> None:
    state = em_model.state_dict()
    for name, weight, words in (
        ("layers.0.0.weight", torch.zeros(8, 1, 7, 7), "takes 1 channels, not 3"),
        ("layers.11.0.bias", torch.zeros(1), "does not give 3 channels"),
        ("layers.12.0.bias", torch.zeros(1), r"layers\.12\.0\.bias has no place"),
    ):
        with pytest.raises(ValueError, match=words):
            network_of_v1(state | {name: weight}, OF_IMAGENET)


def test_statistics_of_imagenet_are_none_of_a_network_for_fluorescence(model: nn.Module) -> None:
    with pytest.raises(ValueError, match="ImageNet's statistics"):
        network_of_v1(model.state_dict(), OF_IMAGENET)


def test_a_tensor_beyond_its_numbers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    torch.save({"a": torch.zeros(4)}, path, _use_new_zipfile_serialization=False)
    content = path.read_bytes()
    assert content.count(b"K\x04\x85") == 1
    path.write_bytes(content.replace(b"K\x04\x85", b"K\x7f\x85"))
    with pytest.raises(UserError, match="lies outside"):
        import_v1(path, tmp_path / "engine", statistics=STATISTICS)


def test_what_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        import_v1(tmp_path / "none.pkl", tmp_path / "engine")
    assert "There is no file" in describe(caught.value)


def test_a_run_and_a_model_of_v1_are_not_exported_at_once(tmp_path: Path) -> None:
    for given in ([], ["run", "--from-pssr-v1", "m.pkl"], ["run", "--v1-mean", "1"]):
        ran = CliRunner().invoke(app, ["export", *given, "-o", str(tmp_path / "engine")])
        assert isinstance(ran.exception, UserError) or ran.exit_code != 0
