"""Training pairs out of a dataset, and windows of its validation movies to judge by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from engines import SCALE_FACTOR, InputRange, IntensityScale
from pssr_live.crappify import in_units
from pssr_live.errors import UserError
from pssr_live.training.data.datasets.manifest import (
    DatasetManifest,
    Split,
    Tile,
    read_manifest,
    tile_files,
)
from pssr_live.training.data.input_figures import Scan, figure_spans, span, windows_to_measure
from pssr_live.training.data.pair_maker import (
    HELD_OUT,
    Pairs,
    PairSources,
    as_at_run_time,
    at_the_ends,
    scale_at_run_time,
)
from pssr_live.training.data.pool import FRAMES
from pssr_live.training.data.validation import ValidationSet
from pssr_live.training.recipe import Recipe

Image = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A finished dataset.

    Parameters
    ----------
    folder : Path
    manifest : DatasetManifest
    """

    folder: Path
    manifest: DatasetManifest

    def tiles(self, split: Split) -> list[Tile]:
        """Return the tiles of one part."""
        return [tile for tile in self.manifest.tiles if self.manifest.split_of(tile) == split]

    def read(self, tile: Tile) -> tuple[NDArray[Any], Image]:
        """Read a tile.

        Returns
        -------
        ndarray of uint8 or uint16, shape (frames, h, w)
        ndarray of float32, shape (4h, 4w)
            The truth, in the same counts.

        Raises
        ------
        UserError
            If a file is missing or damaged.
        """
        files = tile_files(self.folder, self.manifest, tile)
        side = self.manifest.settings.tile
        try:
            lr = tifffile.imread(files.lr).reshape(-1, side // SCALE_FACTOR, side // SCALE_FACTOR)
            hr = tifffile.imread(files.hr).reshape(side, side)
        except (OSError, ValueError, tifffile.TiffFileError) as error:
            raise UserError(
                f"Tile {tile.number} of {self.folder} can't be read ({error}).",
                f"Delete {files.lr}, and give the pssr-live crappify command that made it again.",
            ) from error
        source = self.manifest.sources[tile.source]
        truth = tile.black + (tile.white - tile.black) * in_units(hr, source.black, source.white)
        return lr, truth.astype(np.float32)


@dataclass(kw_only=True)
class DatasetPairs:
    """Draws pairs from a dataset's tiles, cut and turned at random; see `PairSource`.

    Attributes
    ----------
    frames : int
        That the network sees; 1 of a dataset of five is the centre frame.
    """

    dataset: Dataset
    tiles: Sequence[Tile]
    frames: int
    seed: int

    def pairs(self, numbers: Iterable[int], tile: int) -> Pairs:
        """Draw the pairs of these numbers."""
        pairs = [self._pair(number, tile) for number in numbers]
        return Pairs(*(np.stack(images) for images in zip(*pairs, strict=True)))

    def input_range(self) -> InputRange:
        """Say what the tiles are like, and measure some of their windows."""
        sources = [self.dataset.manifest.sources[tile.source] for tile in self.tiles]
        sizes = [source.pixel_size_um for source in sources if source.pixel_size_um]
        settings = [tile.crappifier for tile in self.tiles]
        return InputRange(
            pixel_size_um=span([SCALE_FACTOR * size for size in sizes]),
            photons_at_peak=span([one["photons"] for one in settings if "photons" in one]),
            interval_s=span([source.interval_s for source in sources if source.interval_s]),
            **figure_spans(self._scans(), self.frames),
        )

    def extremes(self) -> dict[str, list[float]]:
        """See `PairSource`."""
        return {}

    def set_extremes(self, extremes: Mapping[str, list[float]]) -> None:
        """See `PairSource`; there is nothing to note."""

    def _scans(self) -> Iterator[Scan]:
        """Scan for the windows of the first pairs; what is one frame tells no noise."""
        side = self.dataset.manifest.settings.tile
        for number in windows_to_measure(len(self.tiles)):
            rng = np.random.default_rng((self.seed, number))
            drawn, lr, _ = self._drawn(side, rng)
            if len(lr) > 1:
                seen = at_the_ends(lr, rng) if len(lr) == FRAMES else lr
                yield Scan(lr, scale_at_run_time(seen, drawn.black, rng))

    def _pair(self, number: int, tile: int) -> tuple[Image, Image]:
        rng = np.random.default_rng((self.seed, number))
        drawn, lr, truth = self._drawn(tile, rng)
        if len(lr) == FRAMES:
            lr = at_the_ends(lr, rng)
        intensity = scale_at_run_time(lr, drawn.black, rng)
        return as_at_run_time(lr, truth, intensity, frames=self.frames, rng=rng)

    def _drawn(self, tile: int, rng: np.random.Generator) -> tuple[Tile, NDArray[Any], Image]:
        """Draw a tile, and read, cut and turn its LR frames and its truth."""
        drawn = self.tiles[int(rng.integers(len(self.tiles)))]
        return drawn, *_turned(*_cut(*self.dataset.read(drawn), tile, rng=rng), rng)


def open_dataset(folder: Path) -> Dataset:
    """Open a dataset that `pssr-live crappify` made.

    Raises
    ------
    UserError
        If it is none, or not finished.
    """
    manifest = read_manifest(folder)
    missing = sum(
        not all(file.is_file() for file in tile_files(folder, manifest, tile))
        for tile in manifest.tiles
    )
    if missing:
        raise UserError(
            f"{folder} is not finished: {missing} of its {len(manifest.tiles)} tiles are missing.",
            "Give the pssr-live crappify command that started it once more.",
        )
    return Dataset(folder, manifest)


def dataset_sources(dataset: Dataset, recipe: Recipe) -> PairSources:
    """Make what a recipe trains on; pairs to judge by are of the validation part, if there is one.

    Raises
    ------
    UserError
        If the dataset has too few frames, or too small tiles, for the recipe.
    """
    settings, frames = dataset.manifest.settings, recipe.network.frames
    if frames > settings.frames:
        raise UserError(
            f"{dataset.folder} has single frames; the network sees {frames}.",
            "Train one for single frames: --frames 1.",
        )
    if recipe.schedule.hr_tile > settings.tile:
        raise UserError(
            f"The recipe {recipe.name} trains on tiles of {recipe.schedule.hr_tile} pixels; those "
            f"of {dataset.folder} have {settings.tile}.",
            f"Make a dataset with --tile {recipe.schedule.hr_tile}.",
        )
    training, held_out = dataset.tiles("training"), dataset.tiles("validation")
    if not held_out:
        count = max(1, round(HELD_OUT * len(training)))
        held_out, training = training[:count], training[count:] or training
    return PairSources(
        DatasetPairs(dataset=dataset, tiles=training, frames=frames, seed=recipe.seed + 1),
        DatasetPairs(dataset=dataset, tiles=held_out, frames=frames, seed=recipe.seed + 2),
    )


def dataset_validation_sets(dataset: Dataset, most_windows: int) -> list[ValidationSet]:
    """Make validation sets of the validation movies, one for each movie and crappifier."""
    groups: dict[tuple[int, str], list[Tile]] = {}
    for tile in dataset.tiles("validation"):
        groups.setdefault((tile.source, tile.crappifier["name"]), []).append(tile)
    return [
        _validation_set(dataset, number, name, tiles=tiles[:: -(-len(tiles) // most_windows)])
        for (number, name), tiles in sorted(groups.items())
    ]


def _validation_set(
    dataset: Dataset, number: int, crappifier: str, *, tiles: Sequence[Tile]
) -> ValidationSet:
    windows, truths = [], []
    for tile in tiles:
        lr, truth = dataset.read(tile)
        intensity = IntensityScale.from_window(lr)
        windows.append(intensity.to_network(lr if len(lr) == FRAMES else np.repeat(lr, FRAMES, 0)))
        truths.append(intensity.to_network(truth))
    source = dataset.manifest.sources[number]
    return ValidationSet(
        series=source.name, setting=crappifier, windows=np.stack(windows), truths=np.stack(truths)
    )


def _cut(
    lr: NDArray[Any], truth: Image, tile: int, *, rng: np.random.Generator
) -> tuple[NDArray[Any], Image]:
    """Cut the same place out of both, on whole LR pixels."""
    side = tile // SCALE_FACTOR
    y, x = (int(place) for place in rng.integers(lr.shape[-1] - side + 1, size=2))
    top, left = SCALE_FACTOR * y, SCALE_FACTOR * x
    return lr[:, y : y + side, x : x + side], truth[top : top + tile, left : left + tile]


def _turned(lr: NDArray[Any], truth: Image, rng: np.random.Generator) -> tuple[NDArray[Any], Image]:
    """Flip and turn both alike, and play backwards."""
    if rng.random() < 0.5:
        lr = lr[::-1]
    if rng.random() < 0.5:
        lr, truth = lr[:, ::-1], truth[::-1]
    turns = int(rng.integers(4))
    return np.rot90(lr, turns, axes=(1, 2)), np.rot90(truth, turns)
