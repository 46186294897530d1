"""Plain weights, as bundles hold them, back in the form that a network is trained in."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from engines.architectures.build import plain_network
from engines.architectures.resunet34 import FixedNorm


def set_plain_weights(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Make a network compute what its plain form does with these weights.

    Norms of weights are set so that they give the plain weight. A batch norm is left with the means
    and variances that it has, and set so that these give the plain factor and summand; let
    `settle_norms` find better ones before training.

    Parameters
    ----------
    network : Module
        See `engines.architectures.build.build_network`.
    weights : mapping of str to Tensor
        By the names that they have in `plain_network(network)`.

    Raises
    ------
    ValueError
        If weights are missing or have other shapes; the network is then as it was.
    """
    wanted = plain_network(network).state_dict()
    for name, weight in wanted.items():
        if name not in weights:
            raise ValueError(f"{name} is missing")
        if weights[name].shape != weight.shape:
            found, needed = tuple(weights[name].shape), tuple(weight.shape)
            raise ValueError(f"{name} has the shape {found}, not {needed}")
    if surplus := weights.keys() - wanted.keys():
        raise ValueError(f"{min(surplus)} has no place")
    modules = dict(network.named_modules())
    with torch.no_grad():
        for name in wanted:
            owner, _, part = name.rpartition(".")
            module = modules[owner]
            if isinstance(module, nn.BatchNorm2d):
                if part == "factor":
                    _set_norm(module, weights[name], weights[f"{owner}.summand"])
            elif parametrize.is_parametrized(module, part):
                _set_parametrized(module, part, weights[name])
            else:
                getattr(module, part).copy_(weights[name])


def settle_norms(network: nn.Module, windows: Tensor) -> None:
    """Give batch norms the means and variances of what they get, and compute the same as before.

    In training a batch norm goes by the batch's own mean and variance. After this, so much as
    `windows` are like the batches to come, the network trains from where its weights stood.

    Parameters
    ----------
    network : Module
    windows : Tensor, shape (N, frames, H, W)
        Like those it will be trained on.
    """

    def settle(norm: nn.BatchNorm2d, inputs: tuple[Tensor, ...]) -> None:
        fixed = FixedNorm(norm)
        variance, mean = torch.var_mean(inputs[0], dim=(0, 2, 3))
        seen = dict(norm.named_buffers())
        seen["running_mean"].copy_(mean)
        seen["running_var"].copy_(variance)
        _set_norm(norm, fixed.factor, fixed.summand)

    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    hooks = [norm.register_forward_pre_hook(settle) for norm in norms]
    was_training = network.training
    with torch.no_grad():
        network.eval()(windows)
    network.train(was_training)
    for hook in hooks:
        hook.remove()


def _set_norm(norm: nn.BatchNorm2d, factor: Tensor, summand: Tensor) -> None:
    """Give a batch norm the weights that make it one factor and one summand a channel."""
    seen = dict(norm.named_buffers())
    norm.weight.copy_(factor.flatten() * torch.sqrt(seen["running_var"] + norm.eps))
    norm.bias.copy_(summand.flatten() + factor.flatten() * seen["running_mean"])


def _set_parametrized(module: nn.Module, part: str, weight: Tensor) -> None:
    setattr(module, part, weight)
    for norm in module.parametrizations[part]:  # type: ignore[index]
        # A spectral norm follows the largest singular value by small steps; this is the value.
        vectors = dict(norm.named_buffers())
        if "_u" in vectors:
            left, _, right = torch.linalg.svd(weight.flatten(1), full_matrices=False)
            vectors["_u"].copy_(left[:, 0])
            vectors["_v"].copy_(right[0])
