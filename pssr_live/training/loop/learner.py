"""A network that learns: what one step is."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from pssr_live.training.data import Batch
from pssr_live.training.loop.losses import Loss
from pssr_live.training.loop.schedule_progress import HIGH_MOMENTUM, Stage
from pssr_live.training.process_group import ProcessGroup
from pssr_live.training.run import network_tensors, optimiser_tensors, set_network, set_optimiser

SECOND_MOMENT = 0.99
# What weight norm and the like add to a layer's name for the weights behind its weight.
PARAMETRIZATIONS = ".parametrizations."
DEEP_STAGES = ("encoder.stages.2.", "encoder.stages.3.", "encoder.layer3.", "encoder.layer4.")


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

    def __init__(
        self,
        network: nn.Module,
        loss: Loss,
        averaging: float,
        *,
        device: torch.device,
        half: torch.dtype | None,
        weight_decay: float = 0.0,
        group: ProcessGroup | None = None,
    ) -> None:
        network = network.to(device)
        self.average = copy.deepcopy(network).eval()
        # Twice as fast on a CPU.
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network.train()
        self.loss = loss
        self.averaging = averaging
        self.device = device
        self.half = half
        self.weight_decay = weight_decay
        self.group = group or ProcessGroup()
        self.scaler = torch.amp.GradScaler(device.type, enabled=half is torch.float16)
        self.steps = 0

    def begin(self, stage: Stage) -> None:
        """Begin a stage, with a fresh optimiser for the layers that learn in it."""
        layers, rates = self._layers_and_rates(stage)
        self.network.requires_grad_(False)
        groups = []
        for weights, rate in zip(layers, rates, strict=True):
            for weight in weights:
                weight.requires_grad_(True)
            groups.append({"params": weights, "highest": rate})
        # Without decay it is Adam.
        self.optimiser = torch.optim.AdamW(
            groups, betas=(HIGH_MOMENTUM, SECOND_MOMENT), weight_decay=self.weight_decay
        )
        self._joined = self.group.joined(self.network)

    def step(self, batch: Batch, rate: float, momentum: float, *, weight: float = 1.0) -> float:
        """Learn from this process's share of a batch; return its loss times its weight.

        Parameters
        ----------
        batch : Batch
        rate : float
            Learning rate, as part of the stage's highest.
        momentum : float
        weight : float
            See `ProcessGroup.weight`.
        """
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["highest"]
            group["betas"] = (momentum, SECOND_MOMENT)
        self.optimiser.zero_grad()
        loss = weight * self._loss(self._joined, batch)
        torch.autograd.backward(self.scaler.scale(loss))
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.steps += 1
        self._follow()
        return float(loss.detach())

    def validate(self, batch: Batch) -> float:
        """Loss of the average network on a batch that it does not learn from."""
        with torch.inference_mode():
            return float(self._loss(self.average, batch))

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """All that the next step depends on: tensors, and what JSON can hold."""
        tensors = network_tensors("network", self.network)
        tensors |= network_tensors("average", self.average)
        tensors |= optimiser_tensors(self.optimiser)
        return tensors, {"steps": self.steps, "scaler": self.scaler.state_dict()}

    def set_state(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Go on from there; `begin` of the same stage comes first."""
        set_network("network", self.network, tensors)
        set_network("average", self.average, tensors)
        set_optimiser(self.optimiser, tensors)
        self.steps = facts["steps"]
        self.scaler.load_state_dict(facts["scaler"])

    def _layers_and_rates(self, stage: Stage) -> tuple[list[list[nn.Parameter]], list[float]]:
        """Which weights learn in a stage, and the highest rate of each lot."""
        if stage.group_rates is not None:
            groups, rates = groups_of(self.network), list(stage.group_rates)
            return (groups[-1:], rates[-1:]) if stage.last_layer_only else (groups, rates)
        layers = layers_of(self.network)
        if stage.last_layer_only:
            layers = layers[-1:]
        elif stage.lowest_rate == stage.highest_rate:
            layers = [[weight for layer in layers for weight in layer]]
        return layers, _rates(stage, len(layers))

    def _loss(self, network: nn.Module, batch: Batch) -> Tensor:
        windows, truths = (images.to(self.device) for images in (batch.windows, batch.truths))
        taught = None if batch.taught is None else batch.taught.to(self.device)
        half = self.half or torch.bfloat16
        with torch.autocast(self.device.type, half, enabled=self.half is not None):
            restored = network(windows.contiguous(memory_format=torch.channels_last))
        return self.loss(restored.float(), truths, windows, taught=taught)

    def _follow(self) -> None:
        """Move the running average of the weights, quickly at first."""
        keep = min(self.averaging, self.steps / (self.steps + 10))
        with torch.no_grad():
            for slow, fast in zip(
                self.average.parameters(), self.network.parameters(), strict=True
            ):
                slow.lerp_(fast, 1 - keep)
            # Norms count in their buffers what they have seen.
            for kept, seen in zip(self.average.buffers(), self.network.buffers(), strict=True):
                kept.copy_(seen)


def layers_of(network: nn.Module) -> list[list[nn.Parameter]]:
    """Weights of each layer, from the network's input to its output."""
    layers: dict[str, list[nn.Parameter]] = {}
    for name, weight in network.named_parameters():
        layer = name.split(PARAMETRIZATIONS)[0] if PARAMETRIZATIONS in name else ""
        layers.setdefault(layer or name.rpartition(".")[0], []).append(weight)
    return list(layers.values())


def groups_of(network: nn.Module) -> list[list[nn.Parameter]]:
    """Weights in PSSR v1's three groups, of `resunet34`: the encoder is cut before stage 3."""
    groups: list[list[nn.Parameter]] = [[], [], []]
    for name, weight in network.named_parameters():
        if not name.startswith("encoder."):
            groups[2].append(weight)
        else:
            groups[int(name.startswith(DEEP_STAGES))].append(weight)
    return groups


def _rates(stage: Stage, layers: int) -> list[float]:
    """Highest learning rate of each layer, linear from the first to the last."""
    if layers == 1:
        return [stage.highest_rate]
    step = (stage.highest_rate - stage.lowest_rate) / (layers - 1)
    return [stage.lowest_rate + layer * step for layer in range(layers)]
