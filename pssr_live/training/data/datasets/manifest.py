"""What a dataset holds: `manifest.json`, and where its tiles lie."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from acquisition.images import WindowAlong
from engines import SCALE_FACTOR
from pssr_live.crappify import Crappifier
from pssr_live.errors import UserError

MANIFEST = "manifest.json"
_HEADER_BYTES = 1024
_LARGEST_LR_BYTES = 2

Split = Literal["training", "validation"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DatasetSettings(_Part):
    """What was asked for.

    Attributes
    ----------
    frames : int
        LR frames of a tile.
    tile : int
        Side of the HR tiles in pixels.
    tiles : int
        How many, training and validation together.
    crappifiers : tuple of str
        Each as often as it is named.
    validation : float or tuple of str
        Part of the movies, or the files.
    channel : int, str or None
        Its number or name.
    z : int or None
    window_along : {"time", "z"}
        What the frames of a tile follow one another in.
    allow_predicted : bool
        Whether predictions of ours were taken.
    pixel_size_um : float or None
        Stated for all files, whatever they say.
    seed : int
    licence : str
        Of the HR files.
    """

    frames: Literal[1, 5]
    tile: int
    tiles: int
    crappifiers: tuple[str, ...]
    validation: float | tuple[str, ...]
    channel: int | str | None
    pixel_size_um: float | None
    seed: int
    licence: str
    z: int | None = None
    window_along: WindowAlong = "time"
    allow_predicted: bool = False


class DatasetMovie(_Part):
    """One movie: a position of an HR file.

    Attributes
    ----------
    file : str
        Full path.
    sha256 : str
        Of the file.
    position, channel : int
        From 0.
    frames, height, width : int
    pixel_size_um, interval_s : float or None
    black, white : float
        Counts of the HR values 0 and 1: percentiles 0.5 and 99.9 of the recording.
    split : {"training", "validation"}
    prints : tuple of str
        Digests of frames, by which an evaluation knows them again; none in datasets made before
        these were written down.
    """

    file: str
    sha256: str
    position: int
    channel: int
    frames: int
    height: int
    width: int
    pixel_size_um: float | None
    interval_s: float | None
    black: float
    white: float
    split: Split
    prints: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How tables name it."""
        return Path(self.file).stem


class Tile(_Part):
    """One stack of LR frames and its HR centre frame.

    Attributes
    ----------
    number : int
        Its files' name; with the seed it decides all random numbers.
    source : int
        Place in the manifest's sources.
    first_frame : int
        Of the movie, from 0; the others follow.
    y, x : int
        HR pixel of the tile's upper left corner; negative where the frame is smaller than the tile
        and mirrored on all sides.
    crappifier : dict
        Name and every parameter, as drawn.
    black, white : float
        Counts in the LR frames that HR values 0 and 1 stand for.
    """

    number: int
    source: int
    first_frame: int
    y: int
    x: int
    crappifier: dict[str, Any]
    black: float
    white: float


class DatasetManifest(_Part):
    """All of manifest.json."""

    format: Literal[1] = 1
    software: str
    settings: DatasetSettings
    sources: tuple[DatasetMovie, ...]
    tiles: tuple[Tile, ...]

    def split_of(self, tile: Tile) -> Split:
        """Return which part of the dataset a tile belongs to."""
        return self.sources[tile.source].split

    def text(self) -> str:
        """Return it as it is written."""
        return self.model_dump_json(indent=1) + "\n"


class TileFiles(NamedTuple):
    """Where one tile lies."""

    lr: Path
    hr: Path


def tile_files(folder: Path, manifest: DatasetManifest, tile: Tile) -> TileFiles:
    """Return the paths of a tile's two files."""
    part, name = folder / manifest.split_of(tile), f"{tile.number:05}.tif"
    return TileFiles(part / "lr" / name, part / "hr" / name)


def tile_bytes(settings: DatasetSettings, dtype: np.dtype[Any]) -> int:
    """Room on the disk for one tile of HR images of this type, in bytes; seldom a little less."""
    lr = settings.frames * (settings.tile // SCALE_FACTOR) ** 2 * _LARGEST_LR_BYTES
    return settings.tile**2 * stored_type(dtype).itemsize + lr + 2 * _HEADER_BYTES


def stored_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type that HR counts are stored as: their own, where ImageJ knows it."""
    return dtype if dtype in (np.uint8, np.uint16) else np.dtype(np.float32)


def described(crappifier: Crappifier) -> dict[str, Any]:
    """Write down a crappifier's name and every parameter."""
    return {"name": crappifier.name} | {
        key: value
        for key, value in asdict(crappifier).items()  # type: ignore[call-overload]
        if key != "name"
    }


def read_manifest(folder: Path) -> DatasetManifest:
    """Read the manifest of a dataset.

    Raises
    ------
    UserError
        If there is none, or it is damaged.
    """
    fix = "Make a dataset: pssr-live crappify HR... --output DATASET"
    try:
        return DatasetManifest.model_validate_json((folder / MANIFEST).read_bytes())
    except OSError as error:
        raise UserError(f"{folder} is not a dataset: it has no {MANIFEST}.", fix) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "JSON"
        raise UserError(
            f"{folder / MANIFEST} is damaged ({place}: {first['msg']}).", fix
        ) from error
