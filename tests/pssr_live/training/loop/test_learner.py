from __future__ import annotations

import pytest
import torch
from torch import nn

from engines.architectures import build_network
from pssr_live.training import Loss
from pssr_live.training.data import Batch
from pssr_live.training.loop.learner import Learner, groups_of, layers_of
from pssr_live.training.loop.schedule_progress import Stage

ALL = Stage(1, 1, 2, 32, 1e-3, 1e-3)
LAST = ALL._replace(last_layer_only=True)
GRADED = ALL._replace(lowest_rate=1e-5)
CPU = torch.device("cpu")


def learner(
    kind: str = "resunet34", averaging: float = 0.9, half: torch.dtype | None = None
) -> Learner:
    torch.manual_seed(0)
    network = build_network(kind, 5)
    return Learner(network, Loss("mse"), averaging, device=CPU, half=half)


@pytest.fixture
def batch() -> Batch:
    torch.manual_seed(1)
    return Batch(torch.rand(2, 5, 16, 16), torch.rand(2, 1, 64, 64))


def weights(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in network.named_parameters()}


@pytest.mark.usefixtures("slim_resunet34")
def test_layers_come_in_order_each_with_all_its_weights() -> None:
    network = build_network("resunet34", 5)
    layers = layers_of(network)
    names = {id(weight): name for name, weight in network.named_parameters()}
    named = [[names[id(weight)] for weight in layer] for layer in layers]
    assert sum(map(len, named)) == len(names)
    assert all(name.startswith("encoder.stem.0.0.") for name in named[0])
    assert {name.removeprefix("to_pixels.") for name in named[-1]} == {
        "bias",
        "parametrizations.weight.original0",
        "parametrizations.weight.original1",
    }
    assert len(layers_of(build_network("lite", 5, channels=8, coarse_channels=8, pairs=1))) == 11


@pytest.mark.usefixtures("slim_resunet34")
def test_in_the_first_stage_of_a_round_the_last_layer_alone_learns(batch: Batch) -> None:
    pupil = learner()
    before = weights(pupil.network)
    pupil.begin(LAST)
    pupil.step(batch, 1.0, 0.9)
    changed = {
        name for name, weight in weights(pupil.network).items() if (weight != before[name]).any()
    }
    assert changed
    assert all(name.startswith("to_pixels") for name in changed)
    pupil.begin(ALL)
    pupil.step(batch, 1.0, 0.9)
    assert any(
        (weight != before[name]).any()
        for name, weight in weights(pupil.network).items()
        if name.startswith("encoder.stem")
    )


@pytest.mark.usefixtures("slim_resunet34")
def test_rates_rise_linearly_from_the_first_layer_to_the_last(batch: Batch) -> None:
    pupil = learner()
    pupil.begin(GRADED)
    pupil.step(batch, 0.5, 0.9)
    rates = [group["lr"] for group in pupil.optimiser.param_groups]
    assert rates[0] == pytest.approx(0.5e-5)
    assert rates[-1] == pytest.approx(0.5e-3)
    steps = torch.tensor(rates, dtype=torch.float64).diff()
    torch.testing.assert_close(steps, steps.mean().expand_as(steps))


@pytest.mark.usefixtures("slim_resunet34")
def test_the_average_follows_the_weights_and_takes_the_norms_counts(batch: Batch) -> None:
    pupil = learner(averaging=0.9)
    pupil.begin(ALL)
    for _ in range(3):
        pupil.step(batch, 1.0, 0.9)
    fast, slow = weights(pupil.network), weights(pupil.average)
    assert any((fast[name] != slow[name]).any() for name in fast)
    for seen, kept in zip(pupil.network.buffers(), pupil.average.buffers(), strict=True):
        assert torch.equal(seen, kept)
    assert pupil.network.training
    assert not pupil.average.training


def test_without_averaging_the_network_itself_is_kept(batch: Batch) -> None:
    pupil = learner("lite", averaging=0.0)
    pupil.begin(ALL)
    pupil.step(batch, 1.0, 0.9)
    for fast, slow in zip(pupil.network.parameters(), pupil.average.parameters(), strict=True):
        assert torch.equal(fast, slow)


@pytest.mark.usefixtures("slim_resunet34")
@pytest.mark.parametrize("stage", [ALL, LAST, GRADED])
@pytest.mark.parametrize("half", [None, torch.bfloat16])
def test_a_learner_goes_on_bit_for_bit(
    batch: Batch, stage: Stage, half: torch.dtype | None
) -> None:
    one, other = learner(half=half), learner(half=half)
    one.begin(stage)
    for _ in range(2):
        one.step(batch, 1.0, 0.9)
    tensors, facts = one.state()
    kept = {name: tensor.clone().contiguous() for name, tensor in tensors.items()}
    other.begin(stage)
    other.set_state(kept, facts)
    assert one.step(batch, 0.5, 0.9) == other.step(batch, 0.5, 0.9)
    for mine, theirs in (
        (one.network.state_dict(), other.network.state_dict()),
        (one.average.state_dict(), other.average.state_dict()),
    ):
        assert all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_mixed_precision_learns_about_the_same(batch: Batch) -> None:
    losses = {}
    for half in (None, torch.bfloat16):
        pupil = learner("lite", half=half)
        pupil.begin(ALL)
        losses[half] = [pupil.step(batch, 1.0, 0.9) for _ in range(5)]
        assert all(weight.dtype is torch.float32 for weight in pupil.network.parameters())
    assert losses[None] != losses[torch.bfloat16]
    assert losses[torch.bfloat16] == pytest.approx(losses[None], rel=0.05)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize("half", [None, torch.float16, torch.bfloat16])
@pytest.mark.usefixtures("slim_resunet34")
def test_a_gpu_learns(batch: Batch, half: torch.dtype | None) -> None:
    torch.manual_seed(0)
    pupil = Learner(
        build_network("resunet34", 5), Loss("mse"), 0.9, device=torch.device("cuda"), half=half
    )
    pupil.begin(ALL)
    losses = [pupil.step(batch, 1.0, 0.9) for _ in range(20)]
    assert losses[-1] < losses[0]
    assert pupil.scaler.is_enabled() == (half is torch.float16)


@pytest.mark.usefixtures("slim_resunet34")
def test_v1_s_groups_learn_at_rates_of_their_own_and_weights_decay(batch: Batch) -> None:
    pupil = learner()
    pupil.weight_decay = 0.1
    groups = groups_of(pupil.network)
    assert sum(map(len, groups)) == len(list(pupil.network.parameters()))
    assert {id(one) for part in groups[:2] for one in part} == {
        id(weight) for name, weight in pupil.network.named_parameters() if "encoder." in name
    }
    pupil.begin(ALL._replace(group_rates=(0.0, 1e-4, 1e-3)))
    before = [[weight.detach().clone() for weight in group] for group in groups]
    pupil.step(batch, 1.0, 0.9)
    moved = [
        max(float((new.detach() - old).abs().max()) for new, old in zip(group, was, strict=True))
        for group, was in zip(groups, before, strict=True)
    ]
    assert moved[0] == 0
    assert 0 < moved[1] < moved[2]
    pupil.begin(LAST._replace(group_rates=(1e-4, 1e-4, 1e-3)))
    before = [[weight.detach().clone() for weight in group] for group in groups]
    pupil.step(batch, 1.0, 0.9)
    assert all(
        torch.equal(new, old)
        for group, was in zip(groups[:2], before[:2], strict=True)
        for new, old in zip(group, was, strict=True)
    )


def test_decay_is_decoupled_from_the_gradient() -> None:
    """A weight that the loss does not touch shrinks by rate times decay in a step."""
    network = nn.Linear(1, 1)
    pupil = Learner(network, Loss("mse"), 0.0, device=CPU, half=None, weight_decay=0.5)
    pupil.begin(ALL)
    pupil.optimiser.param_groups[0]["lr"] = 0.1
    before = network.weight.detach().clone()
    network.weight.grad = torch.zeros_like(network.weight)
    pupil.optimiser.step()
    torch.testing.assert_close(network.weight.detach(), 0.95 * before)
