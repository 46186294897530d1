"""From a finished run to an engine bundle, with figures that were measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines import SCALE_FACTOR, Bundle, Manifest, export_bundle
from engines.architectures import TILE_SIDES, plain_network
from pssr_live.crappify import Detector, find_crappifier
from pssr_live.training.data import HR_TILE, TIMES, drawn_scene
from pssr_live.training.recipe import Recipe
from pssr_live.training.run import RunSummary, load_network, load_summary, series_of

SMALLEST_SIDE = 8
# In network units, about parts of the peak. Measured with mito-lite on the proof: bf16, which keeps
# 8 bits, is off by 0.003; frames in reverse by 0.03, one frame late by 0.07, one row astray by 0.9.
TOLERANCES = {"lite": 0.015, "resunet34": 0.015, "care": 0.015}
PROOF_SEED = 5


def bundle_run(run: Path, output: Path, *, replace: bool = False) -> Bundle:
    """Export the best network of a run.

    Parameters
    ----------
    run : Path
        Folder that `train` wrote.
    output : Path
        Folder of the bundle to be made.
    replace : bool
        Whether a bundle that stands there already may go.

    Raises
    ------
    UserError
        If the folder holds no finished run.
    EngineError
        If the exported model is not the trained network, or can't be written.
    """
    network, recipe = load_network(run)
    manifest = _manifest(recipe, load_summary(run))
    return export_bundle(
        plain_network(network), manifest, proof_window(), folder=output, replace=replace
    )


def proof_window() -> NDArray[np.uint16]:
    """Make the window that every backend must restore alike: a scene, (5, 48, 40), 12 bits."""
    rng = np.random.default_rng(PROOF_SEED)
    hr = drawn_scene(rng, TIMES, HR_TILE)[:, :, : HR_TILE - 8 * SCALE_FACTOR]
    lr = Detector(photons=30.0, bits=12).apply(np.ascontiguousarray(hr), rng)
    return lr.astype(np.uint16)


def _manifest(recipe: Recipe, summary: RunSummary) -> Manifest:
    sizes = recipe.network.model_dump(exclude={"kind", "frames"})
    manifest = Manifest(
        name=recipe.name,
        version=recipe.version,
        description=" ".join([recipe.description, *summary.origins]),
        architecture={"network": recipe.network.kind, **sizes},
        frames=recipe.network.frames,
        scale_factor=SCALE_FACTOR,
        smallest_side=SMALLEST_SIDE,
        tile_side=TILE_SIDES[recipe.network.kind],
        tolerance=TOLERANCES[recipe.network.kind],
        crappifiers=[find_crappifier(name).name for name in recipe.used_crappifiers],
        training=list(summary.training) or series_of(recipe),
        command=summary.command,
        seed=recipe.seed,
        input_range=summary.input_range,
        validation=summary.validation,
        files={},
    )
    loses = manifest.loses
    return manifest.model_copy(update={"warnings": [loses]}) if loses else manifest
