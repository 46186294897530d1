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
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from typer.testing import CliRunner

from engines import load_bundle
from engines.architectures import ResUNet34, V1Statistics, network_of_v1, resunet34
from engines.architectures.resunet34 import SelfAttention
from engines.export import run_onnx
from pssr_live.cli.main import app
from pssr_live.errors import UserError, describe
from pssr_live.training.export.pssr_v1 import import_v1
from pssr_live.training.export.torch_file import MAGIC

STATISTICS = V1Statistics(mean=0.125, deviation=0.25)


def weight_normed(*sizes: int, stride: int = 1, bias: bool = True) -> nn.Module:
    inputs, outputs, side = sizes
    layer = nn.Conv2d(inputs, outputs, side, stride=stride, padding=side // 2, bias=bias)
    with warnings.catch_warnings():
        # The form that torch had when v1 was written.
        warnings.simplefilter("ignore", FutureWarning)
        return nn.utils.weight_norm(layer)


class Parts(nn.Module):
    """A module of named parts, as fastai's classes are one in a file."""

    def __init__(self, **parts: nn.Module) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)


class Hook:
    """What fastai keeps of each skip: a method of it goes into the file."""

    def hook_fn(self, *_: object) -> None: ...


def v1_network(frames: int) -> nn.Module:
    """Make a network with the modules that v1's has, and weights at random."""
    with torch.device("meta"):
        layout = v1_layout(frames)
    network = layout.to_empty(device="cpu")
    for weight in network.parameters():
        nn.init.uniform_(weight, -0.1, 0.1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
        if hasattr(module, "weight_v"):
            # What weight norm leaves there goes into the file too.
            module.__dict__["weight"] = module.weight_v.data
    second = network.get_submodule("model.layers.6.conv2")
    second.append(attention(second[0].out_channels))
    return network


def v1_layout(frames: int) -> nn.Module:
    one = nn.Sequential

    def block(inputs: int, outputs: int, stride: int) -> nn.Module:
        parts: dict[str, nn.Module] = {
            "convs": one(
                one(weight_normed(inputs, outputs, 1, bias=False), nn.ReLU()),
                one(weight_normed(outputs, outputs, 3, stride=stride, bias=False)),
            )
        }
        if inputs != outputs:
            parts["idconv"] = one(weight_normed(inputs, outputs, 1, bias=False))
        return Parts(**parts)

    stem = [
        weight_normed(*sizes, 3, bias=False) for sizes in pairwise((frames, *resunet34.STEM_WIDTHS))
    ]
    widths, deepest = resunet34.STAGE_WIDTHS, resunet34.STAGE_WIDTHS[-1]
    stages, width = [], resunet34.STEM_WIDTHS[-1]
    for outputs, count in zip(widths, resunet34.STAGE_BLOCKS, strict=True):
        blocks = [block(width, outputs, 2 if stages else 1)]
        stages.append(one(*blocks, *(block(outputs, outputs, 1) for _ in range(count - 1))))
        width = outputs
    encoder = one(*(one(layer, nn.ReLU()) for layer in stem), nn.MaxPool2d(3), *stages)
    encoder[2].register_forward_hook(Hook().hook_fn)
    middle = one(
        one(weight_normed(deepest, 2 * deepest, 3)), one(weight_normed(2 * deepest, deepest, 3))
    )
    layers: list[nn.Module] = [encoder, nn.BatchNorm2d(deepest), nn.ReLU(), middle]
    inputs = deepest
    for number, skip in enumerate((*widths[::-1], resunet34.STEM_WIDTHS[-1])):
        joined = inputs // 2 + skip
        outputs = joined // 2 if number == 4 else joined
        layers.append(
            Parts(
                shuf=Parts(conv=one(weight_normed(inputs, 2 * inputs, 1))),
                bn=nn.BatchNorm2d(skip),
                conv1=one(weight_normed(joined, outputs, 3)),
                conv2=one(weight_normed(outputs, outputs, 3), nn.ReLU()),
            )
        )
        inputs = outputs
    crossed = inputs + frames
    half = crossed // 2
    last = (one(weight_normed(crossed, half, 3)), one(weight_normed(half, crossed, 3)))
    layers += [
        Parts(conv=one(weight_normed(inputs, 4 * inputs, 1))),
        Parts(),
        Parts(layers=nn.ModuleList(last)),
        one(weight_normed(crossed, 1, 1)),
    ]
    return Parts(model=Parts(layers=nn.ModuleList(layers)))


def attention(channels: int) -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        parts = {
            name: nn.utils.spectral_norm(nn.Conv1d(channels, width, 1, bias=False))
            for name, width in (
                ("query", channels // 8),
                ("key", channels // 8),
                ("value", channels),
            )
        }
    found = Parts(**parts)
    found.gamma = nn.Parameter(torch.tensor([0.5]))
    return found


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
    with pytest.raises(UserError, match="says itself"):
        import_v1(exported, tmp_path / "engine", statistics=STATISTICS)


def test_a_file_that_was_cut_off_is_refused(exported: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pkl"
    content = exported.read_bytes()
    for part in (0.9, 0.3, 0.001):
        cut.write_bytes(content[: int(part * len(content))])
        with pytest.raises(UserError, match="no whole file of PSSR v1"):
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
    with pytest.raises(UserError, match=r"no whole file of PSSR v1|is no network"):
        import_v1(path, tmp_path / "engine", statistics=STATISTICS)
    assert not trap.exists()


@pytest.mark.parametrize(
    "content", [b"", b"PK\x05\x06" + bytes(18), b"not a pickle", pickle.dumps([1, 2])]
)
def test_something_else_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other.pkl"
    path.write_bytes(content)
    with pytest.raises(UserError, match="no whole file of PSSR v1"):
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


def test_why_models_for_electron_microscopy_are_not_taken_is_said(tmp_path: Path) -> None:
    weights = {"layers.0.0.weight": torch.zeros(64, 3, 7, 7), "layers.0.1.bias": torch.zeros(64)}
    path = saved_weights(tmp_path / "em.pth", weights, zipped=True)
    with pytest.raises(UserError, match="torchvision's ResNet34, as v1's for electron") as caught:
        import_v1(path, tmp_path / "engine", statistics=STATISTICS)
    assert "paper-em" in caught.value.fix


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
