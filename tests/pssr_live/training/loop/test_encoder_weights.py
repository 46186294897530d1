"""Training from ResNet34's weights in a local file."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from engines.architectures import ResUNet34
from pssr_live.errors import UserError
from pssr_live.training import Changes, Recipe, compose, load_network
from pssr_live.training.loop import train
from pssr_live.training.loop.encoder_weights import begin_encoder
from pssr_live.training.recipe import ResUNet34Network, Schedule
from tests.engines.test_resunet34 import narrow


@pytest.fixture(autouse=True)
def narrow_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow(monkeypatch)


def weights() -> dict[str, Tensor]:
    torch.manual_seed(3)
    return dict(ResUNet34(frames=1, encoder="resnet34").encoder.state_dict())


def test_safetensors_and_torch_s_own_files_are_taken(tmp_path: Path) -> None:
    given = weights()
    save_file(given, tmp_path / "resnet34.safetensors")
    torch.save(OrderedDict(given), tmp_path / "resnet34.pth")
    for name in ("resnet34.safetensors", "resnet34.pth"):
        torch.manual_seed(4)
        network = ResUNet34(frames=1, encoder="resnet34")
        said = begin_encoder(network, tmp_path / name)
        assert said.startswith(f"ResNet34 trained on ImageNet, {name} (SHA-256 ")
        own = network.encoder.state_dict()
        assert all(torch.equal(own[key], given[key]) for key in given)


class Foreign:
    """What no file of weights needs."""


def test_anything_else_is_refused_with_the_file_to_take(tmp_path: Path) -> None:
    network = ResUNet34(frames=1, encoder="resnet34")
    (tmp_path / "text.pth").write_text("weights")
    (tmp_path / "text.safetensors").write_text("weights")
    torch.save({"a": Foreign()}, tmp_path / "foreign.pth")
    torch.save([1], tmp_path / "list.pth")
    torch.save({"conv1.weight": torch.zeros(1)}, tmp_path / "other.pth")
    names = ("none.pth", "text.pth", "text.safetensors", "foreign.pth", "list.pth", "other.pth")
    for name in names:
        with pytest.raises(UserError) as caught:
            begin_encoder(network, tmp_path / name)
        assert name in caught.value.problem
        assert "resnet34-b627a593.pth" in caught.value.fix


def test_a_training_begins_with_them_and_says_so(tmp_path: Path) -> None:
    given = weights()
    save_file(given, tmp_path / "resnet34.safetensors")
    recipe = Recipe(
        drawn=1.0,
        network=ResUNet34Network(frames=1, encoder="resnet34"),
        encoder_weights=str(tmp_path / "resnet34.safetensors"),
        schedule=Schedule(
            tiles=4, hr_tile=64, epochs=1, steps=1, batch=2, learning_rate=1e-9, averaging=0.0
        ),
    )
    summary = train(recipe, Path(), tmp_path / "run")
    assert "The encoder began as ResNet34 trained on ImageNet" in " ".join(summary.origins)
    kept = load_network(tmp_path / "run")[0].state_dict()
    torch.testing.assert_close(
        kept["encoder.layer4.0.conv1.weight"], given["layer4.0.conv1.weight"], rtol=0, atol=1e-6
    )


def test_they_are_for_the_paper_s_network_of_one_frame() -> None:
    cells, changes = [Path("em1.tif")], Changes(encoder_weights="resnet34.pth")
    recipe = compose(cells, "paper-em", changes=changes)
    assert isinstance(recipe.network, ResUNet34Network)
    assert recipe.network.encoder == "resnet34"
    assert recipe.encoder_weights == str(Path("resnet34.pth").resolve())
    with pytest.raises(UserError, match="network lite has no encoder"):
        compose(cells, changes=changes)
    with pytest.raises(UserError, match="sees one frame"):
        compose(cells, "paper-multi-frame", changes=changes)
