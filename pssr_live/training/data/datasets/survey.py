"""What a dataset will be: HR files checked, read once, and every tile decided, before any work."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engines import is_leftover
from pssr_live._version import __version__
from pssr_live.crappify.names import find_crappifier
from pssr_live.crappify.series import HRFile, levels
from pssr_live.errors import UserError
from pssr_live.training.data.datasets.inputs import choose_validation, find_files, look_into_all
from pssr_live.training.data.datasets.manifest import (
    MANIFEST,
    DatasetManifest,
    DatasetSettings,
    Source,
    Tile,
    described,
    read_manifest,
    tile_bytes,
)
from pssr_live.training.data.datasets.plan import Cut, allot, count_tiles, plan_movie

Report = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Movie:
    """One movie of a dataset, and what is cut out of it."""

    file: HRFile
    source: Source
    cuts: list[Cut]


@dataclass(frozen=True, slots=True)
class DatasetPlan:
    """A dataset to be written."""

    manifest: DatasetManifest
    movies: list[Movie]


def plan_dataset(
    inputs: Sequence[Path], settings: DatasetSettings, output: Path, report: Report
) -> DatasetPlan:
    """Decide what a dataset holds.

    Parameters
    ----------
    inputs : sequence of Path
        HR files, and folders of them.
    settings : DatasetSettings
        `tiles` 0 stands for as many as cover the movies.
    output : Path
        Folder of the dataset, new or begun with the same command.
    report : callable
        Called with (done, total, text) while files are read.

    Raises
    ------
    UserError
        If the files, the settings or the folder won't do. Nothing has been written then.
    """
    named = settings.validation if isinstance(settings.validation, tuple) else ()
    held_out = find_files([Path(path) for path in named], output)
    files = look_into_all(
        find_files([*inputs, *held_out], output),
        settings.channel,
        settings.frames,
        settings.pixel_size_um,
    )
    part = held_out if isinstance(settings.validation, tuple) else settings.validation
    validation = choose_validation(files, part, settings.seed)
    shares = allot(count_tiles(files, settings.frames, settings.tile), settings.tiles or None)
    settings = settings.model_copy(update={"tiles": sum(shares)})
    _check_folder(output, settings)
    _check_disk(output, files, shares, settings)
    movies = _survey(files, validation, shares, settings, report)
    manifest = _manifest(movies, settings)
    _check_begun(output, manifest)
    return DatasetPlan(manifest, movies)


def _check_folder(output: Path, settings: DatasetSettings) -> None:
    """Refuse a folder that holds something else."""
    if not output.exists():
        return
    if not output.is_dir():
        raise UserError(f"{output} is a file.", "Name a folder with --output.")
    if (output / MANIFEST).exists():
        _compare(output, read_manifest(output).settings, settings)
    elif not all(is_leftover(path) for path in output.iterdir()):
        raise UserError(
            f"{output} already holds something else.", "Name a new folder with --output."
        )


def _compare(output: Path, begun: DatasetSettings, now: DatasetSettings) -> None:
    for name, value in begun.model_dump().items():
        if value != getattr(now, name):
            raise UserError(
                f"The dataset in {output} was begun with {name} {value}, not {getattr(now, name)}.",
                "Give the command that it was begun with, or name a new folder with --output.",
            )


def _check_disk(
    output: Path, files: Sequence[HRFile], shares: Sequence[int], settings: DatasetSettings
) -> None:
    needed = sum(
        share * tile_bytes(settings, file.header.dtype)
        for file, share in zip(files, shares, strict=True)
    )
    if output.exists():
        needed -= sum(path.stat().st_size for path in output.rglob("*.tif"))
    place = output.resolve()
    existing = next(folder for folder in (place, *place.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    if needed > free:
        fewer = max(1, int(settings.tiles * free / needed))
        raise UserError(
            f"The dataset needs {1e-9 * needed:.1f} GB; {existing} has {1e-9 * free:.1f} GB free.",
            f"Free some, name another disk with --output, or ask for less: --tiles {fewer}.",
        )


def _survey(
    files: Sequence[HRFile],
    split: set[int],
    shares: Sequence[int],
    settings: DatasetSettings,
    report: Report,
) -> list[Movie]:
    """Read all movies once: what they are, and what is cut out of them."""
    crappifiers = [find_crappifier(name) for name in settings.crappifiers]
    digests: dict[str, Path] = {}
    movies: list[Movie] = []
    first = 0
    for number, (file, share) in enumerate(zip(files, shares, strict=True)):
        report(number, len(files), "reading HR files")
        with file.path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if digests.setdefault(digest, file.path) != file.path:
            raise UserError(
                f"{file.path} is a copy of {digests[digest]}.",
                "Leave one out: the same cells must not be both learnt from and judged on.",
            )
        counts = file.counts()
        black, white = levels(counts, file.title)
        height, width = file.shape[1:]
        source = Source(
            file=str(file.path.resolve()),
            sha256=digest,
            position=file.position,
            channel=file.channel,
            frames=len(counts),
            height=height,
            width=width,
            pixel_size_um=settings.pixel_size_um or file.header.pixel_size_um,
            interval_s=file.header.interval_s,
            black=black,
            white=white,
            split="validation" if number in split else "training",
        )
        cuts = plan_movie(
            counts,
            (black, white),
            range(first, first + share),
            frames=settings.frames,
            tile=settings.tile,
            crappifiers=crappifiers,
            seed=settings.seed,
        )
        first += share
        movies.append(Movie(file, source, cuts))
    report(len(files), len(files), "reading HR files")
    return movies


def _manifest(movies: Sequence[Movie], settings: DatasetSettings) -> DatasetManifest:
    return DatasetManifest(
        software=f"pssr-live {__version__}",
        settings=settings,
        sources=tuple(movie.source for movie in movies),
        tiles=tuple(
            Tile(
                number=cut.number,
                source=number,
                first_frame=cut.first_frame,
                y=cut.y,
                x=cut.x,
                crappifier=described(cut.crappifier),
                black=cut.crappifier.black,
                white=cut.crappifier.white,
            )
            for number, movie in enumerate(movies)
            for cut in movie.cuts
        ),
    )


def _check_begun(output: Path, manifest: DatasetManifest) -> None:
    """Go on only with what the same version began, of the same files."""
    if not (output / MANIFEST).exists():
        return
    begun = read_manifest(output)
    if begun.software != manifest.software:
        raise UserError(
            f"The dataset in {output} was begun with {begun.software}.",
            "Finish it with that version, or name a new folder with --output.",
        )
    if begun.text() != manifest.text():
        raise UserError(
            f"The dataset in {output} was begun with other HR files, or other contents of them.",
            "Give the files that it was begun with, or name a new folder with --output.",
        )
