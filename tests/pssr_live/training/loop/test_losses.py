import pytest
import torch
from torch import Tensor
from torch.nn import functional

from pssr_live.training import Loss


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
