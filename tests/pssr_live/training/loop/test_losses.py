import pytest
import torch
from torch import Tensor
from torch.nn import functional

from pssr_live.training import Loss
from pssr_live.training.loop.losses import WIDEST_GAP, gaps, highest_nearby


@pytest.fixture
def batch() -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    truths = torch.rand(3, 1, 32, 32)
    windows = truths[..., 2::4, 2::4] + torch.rand(3, 5, 8, 8)
    return truths, windows


def test_the_relative_loss_of_the_better_baseline_is_one(batch: tuple[Tensor, Tensor]) -> None:
    truths, windows = batch
    mean = windows.mean(dim=1, keepdim=True)
    enlarged = functional.interpolate(mean, scale_factor=4, mode="bilinear")
    assert float(Loss("relative")(enlarged, truths, windows)) == pytest.approx(1)
    assert float(Loss("relative")(truths, truths, windows)) == 0


def test_the_paper_s_loss_is_the_mean_squared_error(batch: tuple[Tensor, Tensor]) -> None:
    truths, windows = batch
    restored = torch.rand_like(truths)
    expected = functional.mse_loss(restored, truths)
    torch.testing.assert_close(Loss("mse")(restored, truths, windows), expected)


@pytest.mark.parametrize("name", ["relative", "mse"])
def test_a_teacher_counts_beside_the_truth(batch: tuple[Tensor, Tensor], name: str) -> None:
    truths, windows = batch
    restored, taught = torch.rand_like(truths), torch.rand_like(truths)
    plain = Loss(name)
    assert torch.equal(Loss(name, 0.3)(restored, truths, windows), plain(restored, truths, windows))
    mixed = Loss(name, 0.3)(restored, truths, windows, taught=taught)
    alone = Loss(name, 1.0)(restored, truths, windows, taught=taught)
    torch.testing.assert_close(mixed, 0.7 * plain(restored, truths, windows) + 0.3 * alone)
    assert float(Loss(name, 1.0)(taught, truths, windows, taught=taught)) == 0


def two_lines(apart: int) -> Tensor:
    """Bright lines of two pixels with so many dark ones between them."""
    lines = torch.zeros(1, 1, 48, 48)
    lines[..., 12:14] = 1
    lines[..., 14 + apart : 16 + apart] = 1
    return lines


@pytest.mark.parametrize(("apart", "counted"), [(2, True), (10, True), (24, False)])
def test_what_is_dark_between_two_near_lines_is_a_gap(apart: int, counted: bool) -> None:
    depth = gaps(two_lines(apart))
    between = depth[..., 14 : 14 + apart]
    assert torch.equal(between, torch.full_like(between, float(counted)))
    outside = torch.cat([depth[..., :12], depth[..., 18 + apart :]], dim=-1)
    assert float(outside.max()) == 0


def test_a_bridge_over_a_gap_costs_more_than_as_much_light_elsewhere() -> None:
    truths = two_lines(6)
    windows = truths[..., 2::4, 2::4].expand(1, 5, 12, 12)
    bridge, haze = truths.clone(), truths.clone()
    bridge[..., 20:22, 14:20] = 1
    haze[..., 20:22, 40:46] = 1
    for weight, ratio in ((0.0, 1.0), (3.0, 4.0)):
        loss = Loss("mse", gap_weight=weight)
        costs = [float(loss(wrong, truths, windows)) for wrong in (bridge, haze)]
        assert costs[0] == pytest.approx(ratio * costs[1])


def test_the_highest_nearby_is_that_of_a_max_pool() -> None:
    images = torch.rand(2, 1, 40, 33)
    pooled = functional.max_pool2d(images, WIDEST_GAP, 1, WIDEST_GAP // 2)
    assert torch.equal(highest_nearby(images), pooled)
