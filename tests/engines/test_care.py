import numpy as np
import pytest
import torch
from torch.nn import functional

from engines.architectures.care import Care
from engines.export import run_onnx, to_onnx


def make(frames: int = 5, channels: int = 4) -> Care:
    torch.manual_seed(0)
    return Care(frames, channels).eval()


@pytest.mark.parametrize("frames", [1, 5])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 10)])
def test_it_starts_as_bilinear_enlargement_of_the_centre_frame(
    frames: int, height: int, width: int
) -> None:
    window = torch.randn(2, frames, height, width)
    centre = window[:, frames // 2 : frames // 2 + 1]
    expected = functional.interpolate(centre, scale_factor=4, mode="bilinear")
    with torch.inference_mode():
        torch.testing.assert_close(make(frames)(window), expected)


def test_it_is_as_large_as_its_definition_says() -> None:
    def step(inputs: int, inner: int, outputs: int) -> int:
        return 25 * (inputs * inner + inner * outputs) + inner + outputs

    steps = (5, 32, 32), (32, 64, 64), (64, 128, 64), (128, 64, 32), (64, 32, 32)
    expected = sum(step(*sizes) for sizes in steps) + 33
    assert sum(weights.numel() for weights in Care().parameters()) == expected


def test_each_restored_pixel_depends_on_all_frames() -> None:
    network = make()
    torch.nn.init.ones_(network.details.weight)
    window = torch.rand(1, 5, 9, 9, requires_grad=True)
    network(window)[0, 0, 18, 18].backward()
    assert window.grad is not None
    assert (window.grad[0].abs().amax(dim=(1, 2)) > 0).all()


def test_it_can_be_exported_for_frames_of_any_size() -> None:
    network = make()
    torch.nn.init.ones_(network.details.weight)
    model = to_onnx(network, 5, 1)
    for height, width in ((8, 8), (13, 21)):
        units = np.random.default_rng(0).random((5, height, width), np.float32)
        with torch.inference_mode():
            expected = network(torch.from_numpy(units)[None])[0, 0].numpy()
        np.testing.assert_allclose(run_onnx(model, units), expected, atol=1e-4)


def test_an_even_number_of_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="no centre"):
        Care(frames=4)
