from __future__ import annotations

import pytest
import torch
from torch import nn

from engines.architectures import (
    build_network,
    plain_network,
    resunet34,
    set_plain_weights,
    settle_norms,
)
from engines.architectures.resunet34 import SelfAttention


@pytest.fixture(autouse=True)
def slim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resunet34, "STEM_WIDTHS", (4, 4, 8))
    monkeypatch.setattr(resunet34, "STAGE_WIDTHS", (8, 16, 32, 64))


def windows(count: int = 2) -> torch.Tensor:
    return torch.rand(count, 5, 16, 16, generator=torch.Generator().manual_seed(7))


def trained() -> nn.Module:
    """A network whose norms have seen something, and whose attention is at work."""
    torch.manual_seed(3)
    network = build_network("resunet34", 5).train()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, SelfAttention):
                module.gain.fill_(0.5)
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.uniform_(module.bias, -0.5, 0.5)
        for _ in range(3):
            network(torch.rand(2, 5, 16, 16))
    return network.eval()


def restored(network: nn.Module, training: bool = False) -> torch.Tensor:
    with torch.no_grad():
        output: torch.Tensor = network.train(training)(windows())
    return output


@pytest.mark.parametrize("kind", ["lite", "resunet34"])
def test_plain_weights_make_a_fresh_network_compute_the_same(kind: str) -> None:
    torch.manual_seed(5)
    first = (
        trained()
        if kind == "resunet34"
        else build_network("lite", 5, channels=8, coarse_channels=8, pairs=1)
    )
    sizes = {} if kind == "resunet34" else {"channels": 8, "coarse_channels": 8, "pairs": 1}
    fresh = build_network(kind, 5, **sizes)
    set_plain_weights(fresh, plain_network(first).state_dict())
    expected = restored(first)
    # Spectral norms follow their singular value by small steps: it is not exact.
    tolerance = 1e-3 * float(expected.std())
    torch.testing.assert_close(restored(fresh), expected, rtol=0, atol=tolerance)


def test_settled_norms_compute_the_same_also_while_they_train() -> None:
    first = trained()
    expected = restored(first)
    fresh = build_network("resunet34", 5)
    set_plain_weights(fresh, plain_network(first).state_dict())
    unsettled = (restored(fresh, training=True) - expected).std()
    fresh = build_network("resunet34", 5)
    set_plain_weights(fresh, plain_network(first).state_dict())
    settle_norms(fresh, windows())
    assert (restored(fresh) - expected).std() < 1e-3 * expected.std()
    settled = (restored(fresh, training=True) - expected).std()
    assert settled < 0.05 * expected.std()
    assert unsettled > 10 * settled


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda weights: weights.pop("details.weight"), "details.weight is missing"),
        (lambda weights: weights.update({"details.weight": torch.zeros(3)}), "shape"),
        (lambda weights: weights.update({"other.weight": torch.zeros(3)}), "has no place"),
    ],
)
def test_weights_of_another_network_are_refused_and_change_nothing(change, problem: str) -> None:
    network = build_network("lite", 5, channels=8, coarse_channels=8, pairs=1)
    weights = dict(build_network("lite", 5, channels=8, coarse_channels=8, pairs=1).state_dict())
    change(weights)
    before = network.state_dict()["details.weight"].clone()
    with pytest.raises(ValueError, match=problem):
        set_plain_weights(network, weights)
    assert torch.equal(network.state_dict()["details.weight"], before)
