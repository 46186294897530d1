"""What a network was trained on, as its manifest says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engines import TrainingSeries
from pssr_live.training.recipe import Recipe

DRAWN = TrainingSeries(
    name="drawn scenes",
    licence="BSD-3-Clause",
    source="pssr_live.training.data.synthetic_scenes",
    changes="made up from filaments, tubes, rings, spots, discs and cell walls",
    prints=[],
)
HARD = TrainingSeries(
    name="hard drawn scenes",
    licence="BSD-3-Clause",
    source="pssr_live.training.data.hard_scenes",
    changes="made up from parallel and crossing lines, broken tubules, sheets, flicker",
    prints=[],
)
SIMULATED = TrainingSeries(
    name="simulated microscope",
    licence="BSD-3-Clause",
    source="acquisition.simulated",
    prints=[],
)


def series_of(
    recipe: Recipe, prints: Mapping[str, Sequence[str]] | None = None
) -> list[TrainingSeries]:
    """Name what a recipe trains on.

    Parameters
    ----------
    recipe : Recipe
    prints : Mapping of str to sequence of str, optional
        Digests of frames, by the series' title.
    """
    known = prints or {}
    return [
        *(
            TrainingSeries(
                name=series.title,
                licence=series.licence,
                source=series.source,
                changes=series.changes,
                prints=list(known[series.title]) if series.title in known else None,
            )
            for series in recipe.having("training")
        ),
        *[DRAWN] * (recipe.drawn > 0),
        *[HARD] * (recipe.hard > 0),
        *[SIMULATED] * (recipe.simulated > 0),
    ]
