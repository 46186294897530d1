from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from engines.architectures import ResUNet34, resunet34
from engines.architectures.resunet34 import Encoder, SelfAttention, SubPixelUpsampling

# LR pixels, farther than the convolutions alone reach.
REACH = 96
ALL_BLOCKS = resunet34.STAGE_BLOCKS


def narrow(patch: pytest.MonkeyPatch) -> None:
    """A quarter of the widths, and few blocks: all kinds of layers, quickly computed."""
    patch.setattr(resunet34, "STEM_WIDTHS", (8, 8, 16))
    patch.setattr(resunet34, "STAGE_WIDTHS", (16, 32, 64, 128))
    patch.setattr(resunet34, "STAGE_BLOCKS", (2, 1, 1, 1))


@pytest.fixture(autouse=True)
def narrow_and_seeded(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow(monkeypatch)
    torch.manual_seed(0)


@pytest.fixture
def full_size(narrow_and_seeded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()


@pytest.fixture(scope="module")
def network() -> ResUNet34:
    """An untrained network whose attention is at work; read only."""
    torch.manual_seed(0)
    with pytest.MonkeyPatch.context() as patch:
        narrow(patch)
        network = ResUNet34(frames=5).eval()
    attention_of(network).gain.data.fill_(0.5)
    return network


def attention_of(network: ResUNet34) -> SelfAttention:
    found = [module for module in network.modules() if isinstance(module, SelfAttention)]
    assert len(found) == 1
    return found[0]


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("size", [(16, 16), (8, 24), (17, 30), (1, 9)])
def test_frames_of_any_size_are_enlarged_four_times(
    network: ResUNet34, size: tuple[int, int]
) -> None:
    with torch.inference_mode():
        restored = network(torch.rand(2, 5, *size))
    assert restored.shape == (2, 1, 4 * size[0], 4 * size[1])
    assert restored.isfinite().all()


def test_a_single_frame_is_enlarged_four_times() -> None:
    with torch.inference_mode():
        assert ResUNet34(frames=1).eval()(torch.rand(1, 1, 16, 16)).shape == (1, 1, 64, 64)


@pytest.mark.usefixtures("full_size")
def test_it_is_as_large_as_the_release_s() -> None:
    """Counted in the authors' code, run on fastai 1.0.55."""
    with torch.device("meta"):
        network = ResUNet34(frames=5)
        assert parameters(network) == 48_954_450
        assert parameters(ResUNet34(frames=1)) == 48_945_614
    # Weights are counted, whatever they are; to start them takes seconds.
    assert parameters(network.to_empty(device="cpu").folded()) == 48_933_950


def encoder_gradient(network: ResUNet34) -> float:
    window = torch.rand(2, 5, 16, 16)
    truth = functional.interpolate(window[:, 2:3], scale_factor=4, mode="bicubic")
    functional.mse_loss(network.train()(window), truth).backward()
    return sum(float(p.grad.norm()) ** 2 for p in network.encoder.parameters()) ** 0.5


def test_skips_carry_gradients_to_the_encoder_only_if_asked_to() -> None:
    detached = encoder_gradient(ResUNet34())
    assert detached > 0
    assert encoder_gradient(ResUNet34(detach_skips=False)) > 100 * detached


def test_detached_skips_change_no_pixel() -> None:
    network = ResUNet34().eval()
    joined = ResUNet34(detach_skips=False).eval()
    joined.load_state_dict(network.state_dict())
    window = torch.rand(1, 5, 8, 8)
    with torch.inference_mode():
        torch.testing.assert_close(network(window), joined(window), rtol=0, atol=0)


def test_folding_takes_the_gains_away_and_nothing_else() -> None:
    network = ResUNet34(frames=5)
    attention_of(network).gain.data.fill_(0.5)
    with torch.no_grad():
        network.train()(torch.rand(2, 5, 16, 16))
    network.eval()
    before = parameters(network)
    folded = network.folded()
    assert parameters(folded) < before
    window = torch.rand(1, 5, 16, 16)
    with torch.inference_mode():
        torch.testing.assert_close(folded(window), network(window), rtol=1e-4, atol=1e-4)
    assert parameters(network) == before


@pytest.mark.usefixtures("full_size")
@pytest.mark.parametrize(("frames", "giga"), [(5, 127.2), (1, 125.2)])
def test_a_tile_of_128_takes_as_many_multiplications_as_the_docs_say(
    frames: int, giga: float
) -> None:
    with torch.device("meta"):
        network = ResUNet34(frames).eval()
    multiplications = 0

    def count(module: nn.Module, _: object, output: Tensor) -> None:
        nonlocal multiplications
        positions = output[0, 0].numel()
        if isinstance(module, SelfAttention):
            channels = output.shape[1]
            multiplications += positions**2 * (channels + channels // 8)
        else:
            multiplications += module.weight.numel() * positions

    for module in network.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d | SelfAttention):
            module.register_forward_hook(count)
    network(torch.zeros(1, frames, 128, 128, device="meta"))
    assert multiplications / 1e9 == pytest.approx(giga, abs=0.05)


@pytest.mark.usefixtures("full_size")
def test_the_encoder_halves_five_times() -> None:
    with torch.device("meta"):
        features = Encoder(frames=5)(torch.zeros(1, 5, 64, 96, device="meta"))
    assert [tuple(found.shape[1:]) for found in features] == [
        (64, 32, 48),
        (64, 16, 24),
        (128, 8, 12),
        (256, 4, 6),
        (512, 2, 3),
    ]


def test_as_the_text_means_it_the_four_pixels_made_of_one_start_the_same() -> None:
    upsampling = SubPixelUpsampling(24, 6)
    with torch.no_grad():
        shuffled = functional.pixel_shuffle(upsampling.convolution(torch.randn(1, 24, 5, 7)), 2)
    for phase in (shuffled[..., 0::2, 1::2], shuffled[..., 1::2, 0::2], shuffled[..., 1::2, 1::2]):
        torch.testing.assert_close(phase, shuffled[..., 0::2, 0::2], rtol=0, atol=0)
    assert shuffled.std() > 0.1


def test_an_even_field_is_enlarged_without_a_checkerboard() -> None:
    with torch.no_grad():
        enlarged = SubPixelUpsampling(24, 6)(torch.randn(1, 24, 1, 1).expand(1, 24, 5, 7))
    torch.testing.assert_close(enlarged, enlarged[..., :1, :1].expand_as(enlarged))


def test_the_attention_starts_as_the_identity() -> None:
    attention = SelfAttention(32)
    features = torch.randn(2, 32, 4, 6)
    with torch.no_grad():
        torch.testing.assert_close(attention(features), features, rtol=0, atol=0)
        attention.gain.fill_(1.0)
        assert not torch.allclose(attention(features), features)


def test_a_position_takes_what_it_matches() -> None:
    """Followed by hand: weights over all positions, a softmax of the products."""
    attention = SelfAttention(16).eval()
    attention.gain.data.fill_(2.0)
    features = torch.randn(1, 16, 3, 2)
    with torch.no_grad():
        query, key, value = (
            torch.einsum("oc,ncp->nop", layer.weight[..., 0], features.flatten(2))
            for layer in (attention.query, attention.key, attention.value)
        )
        weights = torch.einsum("ncq,nck->nqk", query, key).softmax(dim=-1)
        taken = torch.einsum("nqk,nck->ncq", weights, value).reshape(features.shape)
        torch.testing.assert_close(attention(features), features + 2.0 * taken)


@pytest.mark.parametrize("attentive", [True, False])
def test_a_change_reaches_every_pixel(network: ResUNet34, attentive: bool) -> None:
    """By the mean below the encoder alone too."""
    plain = network.folded()
    if not attentive:
        attention_of(plain).gain.data.zero_()
    window = torch.rand(1, 5, 8, 128, generator=torch.Generator().manual_seed(0))
    brighter = window.clone()
    brighter[..., 0] += 100.0  # so much that no pixel rounds the change of the mean away
    with torch.inference_mode():
        changed = (plain(window) != plain(brighter))[0, 0].any(dim=0)
    assert changed[4 * REACH :].all()


def test_it_learns_one_pair_by_heart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resunet34, "STAGE_BLOCKS", ALL_BLOCKS)
    network = ResUNet34(frames=5, detach_skips=False, initialisation="text").train()
    # Two of it: a batch norm over the one mean below the encoder needs more than one.
    window = torch.rand(1, 5, 16, 16).repeat(2, 1, 1, 1)
    truth = functional.interpolate(window[:, 2:3], scale_factor=4, mode="bicubic").clamp(0, 1) ** 2
    optimiser = torch.optim.Adam(network.parameters(), lr=4e-4)
    losses = []
    for _ in range(40):
        optimiser.zero_grad()
        loss = functional.mse_loss(network(window), truth)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]
    assert losses[-1] < 0.7 * truth.var().item()
