"""Networks by name: the one place where they are built, and made plain for use."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from torch import nn

from engines.architectures.care import Care
from engines.architectures.lite import Lite
from engines.architectures.resunet34 import ResUNet34

# Side in LR pixels of the tiles that a network needs larger frames cut into.
TILE_SIDES: Mapping[str, int | None] = MappingProxyType(
    {"lite": None, "resunet34": 128, "care": 128}
)


def build_network(kind: str, frames: int, **sizes: Any) -> nn.Module:
    """Build an untrained network.

    Parameters
    ----------
    kind : str
        ``lite``, ``resunet34`` or ``care``.
    frames : int
        In a window: 1 or 5.
    **sizes
        What else the network's class takes.

    Raises
    ------
    ValueError
        If there is no such network, or it can't be of such a size.
    """
    if kind == "lite":
        return Lite(frames, **sizes)
    if kind == "resunet34":
        return ResUNet34(frames, **sizes)
    if kind == "care":
        return Care(frames, **sizes)
    raise ValueError(f"there is no network {kind}")


def plain_network(network: nn.Module) -> nn.Module:
    """Return what restores: a folded copy where training needs another form, else the network."""
    folded = getattr(network, "folded", None)
    plain: nn.Module = folded() if folded else network
    return plain.eval()
