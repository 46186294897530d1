"""A small real engine that predicts its uncertainty: exported as any other, learnt from nothing."""

from __future__ import annotations

from pathlib import Path

import torch

from engines import Bundle, Coverage, PredictedUncertainty, export_bundle, export_uncertainty
from engines.architectures import Lite, Uncertain
from tests.engines.conftest import noisy_window, tiny_manifest

SMALLEST_SIDE = 8
STATED = PredictedUncertainty(
    level=0.9,
    method="not calibrated",
    coverage=[
        Coverage(series="stripes", crappifier="detector", inside=0.91, inside_brightest=0.84)
    ],
    command="",
    seed=0,
)


def uncertain_network() -> Uncertain:
    """A small network with a head, always the same."""
    torch.manual_seed(3)
    network = Uncertain(Lite(channels=4, coarse_channels=4, pairs=0), channels=4)
    network.factor.fill_(2.5)
    return network.eval()


def make_uncertain_bundle(folder: Path) -> Bundle:
    """Write a bundle with two models, one of which predicts its uncertainty, at `folder`."""
    network = uncertain_network()
    sizes = {"network": "lite", "channels": 4, "coarse_channels": 4, "pairs": 0}
    manifest = tiny_manifest(name="tiny-uncertain", architecture=sizes, smallest_side=SMALLEST_SIDE)
    bundle = export_bundle(network.trunk, manifest, noisy_window(20, 24), folder=folder)
    return export_uncertainty(network, bundle, STATED, folder=folder, replace=True)
