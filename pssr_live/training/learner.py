"""A network that learns: what one step is."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from pssr_live.training.course import HIGH_MOMENTUM
from pssr_live.training.losses import relative_loss
from pssr_live.training.run_state import (
    network_tensors,
    optimiser_tensors,
    set_network,
    set_optimiser,
)

AVERAGING = 0.999
SECOND_MOMENT = 0.99


class Learner:
    """A network, its optimiser, and the running average of its weights.

    Attributes
    ----------
    network : Module
        Learns.
    average : Module
        Follows it; this is what is judged and kept.
    steps : int
        Taken so far.
    """

    def __init__(self, network: nn.Module) -> None:
        self.average = copy.deepcopy(network).eval()
        # Twice as fast on a CPU.
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = torch.optim.Adam(
            network.parameters(), betas=(HIGH_MOMENTUM, SECOND_MOMENT)
        )
        self.steps = 0

    def step(self, windows: Tensor, truths: Tensor, rate: float, momentum: float) -> float:
        """Learn from a batch; return its loss.

        Parameters
        ----------
        windows : Tensor, shape (N, frames, h, w)
        truths : Tensor, shape (N, 1, 4h, 4w)
        rate, momentum : float
            Of this step.
        """
        for group in self.optimiser.param_groups:
            group["lr"] = rate
            group["betas"] = (momentum, SECOND_MOMENT)
        self.optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=_bf16_is_fast()):
            restored = self.network(windows.contiguous(memory_format=torch.channels_last))
        loss = relative_loss(restored.float(), truths, windows)
        torch.autograd.backward(loss)
        self.optimiser.step()
        self.steps += 1
        self._follow()
        return float(loss.detach())

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """All that the next step depends on: tensors, and what JSON can hold."""
        tensors = network_tensors("network", self.network)
        tensors |= network_tensors("average", self.average)
        tensors |= optimiser_tensors(self.optimiser)
        return tensors, {"steps": self.steps}

    def set_state(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Go on from there."""
        set_network("network", self.network, tensors)
        set_network("average", self.average, tensors)
        set_optimiser(self.optimiser, tensors)
        self.steps = facts["steps"]

    def _follow(self) -> None:
        """Move the running average of the weights, quickly at first."""
        keep = min(AVERAGING, self.steps / (self.steps + 10))
        with torch.no_grad():
            for slow, fast in zip(
                self.average.parameters(), self.network.parameters(), strict=True
            ):
                slow.lerp_(fast, 1 - keep)
            # Norms count in their buffers what they have seen.
            for kept, seen in zip(self.average.buffers(), self.network.buffers(), strict=True):
                kept.copy_(seen)


def _bf16_is_fast() -> bool:
    """Whether the processor computes in bf16 itself: then twice as fast, else much slower."""
    # Older torch does not say.
    capabilities: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16"))
