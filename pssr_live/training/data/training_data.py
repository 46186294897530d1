"""What a training learns from and is judged by: a recipe's HR series, or a dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pssr_live.crappify import some_prints
from pssr_live.training.data.checks import check_content, check_pixel_sizes
from pssr_live.training.data.datasets import dataset_sources, dataset_validation_sets, open_dataset
from pssr_live.training.data.pair_maker import PairSources, pair_sources
from pssr_live.training.data.pool import ReportProgress, load_series
from pssr_live.training.data.validation import ValidationSet, validation_sets
from pssr_live.training.recipe import Recipe

WINDOWS_TO_SELECT_BY = 4
WINDOWS_TO_STATE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingData:
    """Read and checked; what takes time to make is made when it is called for.

    Attributes
    ----------
    sources : callable
        Makes the sources of pairs, with reports.
    selection : callable
        Makes the validation_sets that the best epoch is picked by; there may be none.
    finals : callable
        Makes the validation_sets that the best network is measured by at the end.
    prints : Mapping of str to list of str
        Digests of frames that are learnt from, by the series' title.
    """

    sources: Callable[[ReportProgress], PairSources]
    selection: Callable[[], list[ValidationSet]]
    finals: Callable[[], list[ValidationSet]]
    prints: Mapping[str, list[str]]


def find_training_data(recipe: Recipe, data: Path) -> TrainingData:
    """Read what a recipe names.

    Parameters
    ----------
    recipe : Recipe
    data : Path
        Folder that the recipe's paths begin at.

    Raises
    ------
    UserError
        If it can't be read, or won't do for the recipe.
    """
    return _dataset(recipe, data) if recipe.dataset else _series(recipe, data)


def _dataset(recipe: Recipe, data: Path) -> TrainingData:
    dataset = open_dataset(data / str(recipe.dataset))
    sources = dataset_sources(dataset, recipe)
    return TrainingData(
        sources=lambda _: sources,
        selection=lambda: dataset_validation_sets(dataset, WINDOWS_TO_SELECT_BY),
        finals=lambda: dataset_validation_sets(dataset, WINDOWS_TO_STATE),
        prints=_by_title(
            (source.name, source.prints)
            for source in dataset.manifest.sources
            if source.split == "training" and source.prints
        ),
    )


def _series(recipe: Recipe, data: Path) -> TrainingData:
    training, selection, validation = (
        load_series(recipe, role, data) for role in ("training", "selection", "validation")
    )
    check_pixel_sizes(recipe, [*training, *selection, *validation])
    check_content(training, [*selection, *validation])
    names, seed = recipe.used_crappifiers, recipe.seed
    return TrainingData(
        sources=lambda report: pair_sources(recipe, training, report),
        selection=lambda: validation_sets(
            [one for _, one in selection], names, WINDOWS_TO_SELECT_BY, seed=seed
        ),
        finals=lambda: validation_sets(
            [one for _, one in validation], names, WINDOWS_TO_STATE, seed=seed
        ),
        prints=_by_title((entry.title, some_prints(images.prints)) for entry, images in training),
    )


def _by_title(found: Iterable[tuple[str, Iterable[str]]]) -> dict[str, list[str]]:
    prints: dict[str, list[str]] = {}
    for title, digests in found:
        prints.setdefault(title, []).extend(digests)
    return prints
