import pytest
import torch
from torch.nn import functional

from engines.architectures import Lite, bilinear_kernels


def make(channels: int = 8, pairs: int = 1) -> Lite:
    torch.manual_seed(0)
    return Lite(channels=channels, coarse_channels=8, pairs=pairs).eval()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (8, 9), (33, 20)])
def test_frames_of_any_size_come_out_four_times_larger(height: int, width: int) -> None:
    with torch.inference_mode():
        assert make()(torch.rand(2, 5, height, width)).shape == (2, 1, 4 * height, 4 * width)


def test_brighter_frames_give_the_same_image_only_brighter() -> None:
    window = torch.randn(1, 5, 16, 16)
    with torch.inference_mode():
        once, many = make()(window), make()(1000 * window)
    torch.testing.assert_close(many, 1000 * once, rtol=1e-5, atol=1e-3)


def test_its_second_path_starts_as_bilinear_enlargement_of_the_centre_frame() -> None:
    network = make()
    torch.nn.init.zeros_(network.details.weight)
    window = torch.randn(1, 5, 13, 10)
    expected = functional.interpolate(window[:, 2:3], scale_factor=4, mode="bilinear")
    with torch.inference_mode():
        torch.testing.assert_close(network(window), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("scale_factor", [2, 3, 4])
def test_bilinear_kernels_keep_the_brightness(scale_factor: int) -> None:
    sums = bilinear_kernels(scale_factor).sum(dim=(1, 2))
    torch.testing.assert_close(sums, torch.ones(scale_factor**2))


def test_each_restored_pixel_depends_on_all_five_frames() -> None:
    window = torch.rand(1, 5, 9, 9, requires_grad=True)
    make()(window)[0, 0, 18, 18].backward()
    assert window.grad is not None
    assert (window.grad[0].abs().amax(dim=(1, 2)) > 0).all()


def test_a_window_without_a_centre_is_refused() -> None:
    with pytest.raises(ValueError, match="no centre"):
        Lite(frames=4)
