"""What a dataset will be: HR files checked, read once, and every tile decided, before any work."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from acquisition import readable
from acquisition.images import Movies
from engines import bytes_in_words, is_leftover
from pssr_live._version import __version__
from pssr_live.crappify import HRFile, find_crappifier, frame_prints, levels, some_prints
from pssr_live.errors import UserError
from pssr_live.training.data.datasets.inputs import choose_validation, find_movies, look_into_all
from pssr_live.training.data.datasets.manifest import (
    MANIFEST,
    DatasetManifest,
    DatasetMovie,
    DatasetSettings,
    Tile,
    described,
    read_manifest,
    tile_bytes,
)
from pssr_live.training.data.datasets.plan import Cut, allot, count_tiles, plan_movie
from pssr_live.training.data.pool import ReportProgress


@dataclass(frozen=True, slots=True)
class Movie:
    """One movie of a dataset, and what is cut out of it."""

    file: HRFile
    source: DatasetMovie
    cuts: list[Cut]


@dataclass(frozen=True, slots=True)
class DatasetPlan:
    """A dataset to be written."""

    manifest: DatasetManifest
    movies: list[Movie]
    notes: list[str]


def plan_dataset(
    inputs: Sequence[Path], settings: DatasetSettings, output: Path, *, report: ReportProgress
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
    allowed = settings.allow_predicted
    held_out = find_movies([Path(path) for path in named], output) if named else Movies([], [])
    found = find_movies([*inputs, *held_out.paths], output, allow_predicted=allowed)
    files = look_into_all(
        found.paths,
        settings.channel,
        settings.frames,
        pixel_size_um=settings.pixel_size_um,
        z=settings.z,
        window_along=settings.window_along,
        allow_predicted=allowed,
    )
    part = held_out.paths if isinstance(settings.validation, tuple) else settings.validation
    validation = choose_validation(files, part, settings.seed)
    shares = allot(count_tiles(files, settings.frames, settings.tile), settings.tiles or None)
    settings = settings.model_copy(update={"tiles": sum(shares)})
    _check_folder(output, settings)
    _check_disk(output, files, shares, settings=settings)
    movies = _survey(files, validation, shares, settings=settings, report=report)
    manifest = _manifest(movies, settings)
    _check_begun(output, manifest)
    return DatasetPlan(manifest, movies, _notes(found, files))


def _notes(found: Movies, files: Sequence[HRFile]) -> list[str]:
    """What was left out."""
    notes = [file.missing for file in files if file.missing]
    if found.predicted:
        names = ", ".join(readable(path.name) for path in found.predicted)
        notes.append(f"Left out, since they are restored and so not the truth: {names}.")
    return notes


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
                f"The dataset in {output} was started with {name} {value}, "
                f"not {getattr(now, name)}.",
                "Give the command that it was started with, or name a new folder with --output.",
            )


def _check_disk(
    output: Path, files: Sequence[HRFile], shares: Sequence[int], *, settings: DatasetSettings
) -> None:
    needed = sum(
        share * tile_bytes(settings, file.dtype) for file, share in zip(files, shares, strict=True)
    )
    if output.exists():
        needed -= sum(path.stat().st_size for path in output.rglob("*.tif"))
    place = output.resolve()
    existing = next(folder for folder in (place, *place.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    if needed > free:
        fewer = max(1, int(settings.tiles * free / needed))
        raise UserError(
            f"The dataset needs {bytes_in_words(needed)}; {existing} has "
            f"{bytes_in_words(free)} free.",
            "Free some space, name another disk with --output, or use fewer tiles: "
            f"--tiles {fewer}.",
        )


def _survey(
    files: Sequence[HRFile],
    split: set[int],
    shares: Sequence[int],
    *,
    settings: DatasetSettings,
    report: ReportProgress,
) -> list[Movie]:
    """Read all movies once: what they are, and what is cut out of them."""
    crappifiers = [find_crappifier(name) for name in settings.crappifiers]
    digests: dict[str, Path] = {}
    seen: dict[bytes, Path] = {}
    movies: list[Movie] = []
    first = 0
    for number, (file, share) in enumerate(zip(files, shares, strict=True)):
        report(number, len(files), "reading HR files")
        digest = _digest(file.files)
        if digests.setdefault(digest, file.path) != file.path:
            raise UserError(
                f"{file.path} is a copy of {digests[digest]}.",
                "Leave one out: the same cells must not be both learnt from and judged on.",
            )
        counts = file.counts()
        prints = frame_prints(counts)
        _check_content(file, prints, seen)
        black, white = levels(counts, file.title)
        height, width = file.shape[1:]
        source = DatasetMovie(
            file=str(file.path.resolve()),
            sha256=digest,
            position=file.position,
            channel=file.channel or 0,
            frames=len(counts),
            height=height,
            width=width,
            pixel_size_um=settings.pixel_size_um or file.pixel_size_um,
            interval_s=file.interval_s,
            black=black,
            white=white,
            split="validation" if number in split else "training",
            prints=tuple(some_prints(prints)),
        )
        cuts = plan_movie(
            counts,
            (black, white),
            range(first, first + share),
            starts=file.starts(settings.frames),
            frames=settings.frames,
            tile=settings.tile,
            crappifiers=crappifiers,
            seed=settings.seed,
        )
        first += share
        movies.append(Movie(file, source, cuts))
    report(len(files), len(files), "reading HR files")
    return movies


def _digest(files: Sequence[Path]) -> str:
    """SHA-256 of a file, or of all files of a set, one after the other."""
    digest = hashlib.sha256()
    for path in sorted(files):
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        for part in inside:
            if part.is_file():
                with part.open("rb") as stream:
                    while piece := stream.read(1 << 20):
                        digest.update(piece)
    return digest.hexdigest()


def _check_content(file: HRFile, prints: frozenset[bytes], seen: dict[bytes, Path]) -> None:
    """Refuse frames that another file has too, however that is called or stored."""
    for one in prints:
        if seen.setdefault(one, file.path) != file.path:
            raise UserError(
                f"{file.title} is a copy of {readable(seen[one])}, or of a part of it: they have "
                "the same frames.",
                "Leave one out: the same cells must not be both learnt from and judged on.",
            )


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
            f"The dataset in {output} was started with {begun.software}.",
            "Finish it with that version, or name a new folder with --output.",
        )
    if begun.text() != manifest.text():
        raise UserError(
            f"The dataset in {output} was started with other HR files, or other contents of them.",
            "Give the files that it was started with, or name a new folder with --output.",
        )
