"""`resunet34` with torchvision's ResNet34 as its encoder."""

from __future__ import annotations

import pytest
import torch

from engines.architectures import ImageNetEncoder, ResUNet34, resunet34, set_imagenet_weights
from engines.architectures.imagenet_encoder import normalised
from engines.export import run_onnx, to_onnx
from tests.engines.test_resunet34 import attention_of, narrow, parameters


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> ResUNet34:
    """Narrow, and its attention is at work."""
    torch.manual_seed(0)
    narrow(monkeypatch)
    network = ResUNet34(frames=1, encoder="resnet34")
    attention_of(network).gain.data.fill_(0.5)
    with torch.no_grad():
        network.train()(torch.rand(2, 1, 16, 16))
    return network.eval()


def test_it_is_as_large_as_torchvision_s_but_for_the_last_layer() -> None:
    with torch.device("meta"):
        encoder = ImageNetEncoder(64, resunet34.STAGE_WIDTHS, resunet34.STAGE_BLOCKS)
    assert parameters(encoder) == 21_797_672 - 513_000
    names = set(encoder.state_dict())
    assert {"conv1.weight", "bn1.running_mean", "layer1.2.conv2.weight"} <= names
    assert {"layer2.0.downsample.0.weight", "layer4.2.bn2.num_batches_tracked"} <= names


def test_with_it_the_network_is_as_large_as_the_release_s_but_for_two_of_three_channels() -> None:
    """Counted in fastai 1.0.55's code with torchvision's ResNet34."""
    with torch.device("meta"):
        network = ResUNet34(frames=1, encoder="resnet34")
    assert parameters(network) == 41_324_334 - 2 * (99 + 1 + 1)


def test_a_grey_image_is_seen_as_three_equal_normalised_channels() -> None:
    seen = normalised(torch.full((1, 1, 2, 2), 0.5))
    expected = [(0.5 - 0.485) / 0.229, (0.5 - 0.456) / 0.224, (0.5 - 0.406) / 0.225]
    torch.testing.assert_close(seen[0, :, 0, 0], torch.tensor(expected))


@pytest.mark.parametrize("size", [(16, 16), (17, 30), (1, 9)])
def test_folded_and_exported_it_restores_the_same(
    network: ResUNet34, size: tuple[int, int]
) -> None:
    window = torch.rand(1, 1, *size)
    with torch.inference_mode():
        restored = network(window)
    assert restored.shape == (1, 1, 4 * size[0], 4 * size[1])
    folded = network.folded()
    with torch.inference_mode():
        torch.testing.assert_close(folded(window), restored, rtol=1e-4, atol=1e-4)
    if size == (16, 16):
        made = run_onnx(to_onnx(folded, 1, 8), window[0].numpy())
        torch.testing.assert_close(torch.from_numpy(made), restored[0, 0], rtol=1e-3, atol=1e-3)


def test_it_sees_one_frame() -> None:
    with pytest.raises(ValueError, match="sees one frame, not 5"):
        ResUNet34(frames=5, encoder="resnet34")


def test_it_begins_with_torchvision_s_weights_and_with_no_other_s(network: ResUNet34) -> None:
    encoder = network.encoder
    assert isinstance(encoder, ImageNetEncoder)
    given = {name: torch.rand(weight.shape) for name, weight in encoder.state_dict().items()}
    given = {name: weight for name, weight in given.items() if "num_batches" not in name}
    set_imagenet_weights(encoder, given | {"fc.weight": torch.rand(10, 128)})
    own = encoder.state_dict()
    assert all(torch.equal(own[name], weight) for name, weight in given.items())
    for wrong, words in (
        ({"conv1.weight": torch.rand(16, 1, 7, 7)}, "conv1.weight has the shape"),
        ({"layer9.weight": torch.rand(1)}, "layer9.weight has no place"),
        ({"bn1.bias": torch.full((16,), torch.nan)}, "bn1.bias is not all numbers"),
    ):
        with pytest.raises(ValueError, match=words):
            set_imagenet_weights(encoder, given | wrong)
    with pytest.raises(ValueError, match=r"bn1\.bias is missing"):
        set_imagenet_weights(encoder, {n: w for n, w in given.items() if n != "bn1.bias"})
