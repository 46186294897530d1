"""What ``pssr-live restore INPUT...`` has to do, and doing one thing of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from acquisition import RAW_FILE, readable
from acquisition.images import SUFFIXES, files_in, is_image_folder, movies_among, named_as_predicted
from engines import quoted
from pssr_live.errors import UserError
from pssr_live.offline.complete import finish_recording
from pssr_live.offline.experiment import restore_experiment
from pssr_live.offline.time_lapse import WHOLE_FILE, FileOptions, Outcome, Watch
from pssr_live.recording import SESSION_FILE, ImageFormat, SessionRecord, refuse_without_frame
from pssr_live.restoring import ChannelEngines, EngineChoice, EnginePool

_TIFF_ENDINGS = (".ome.tiff", ".ome.tif", ".tiff", ".tif")
_RESTORED = "-restored"
_ENDINGS = {ImageFormat.OME_TIFF: ".ome.tif", ImageFormat.OME_ZARR: ".ome.zarr"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreJob:
    """One thing to restore.

    Attributes
    ----------
    source : Path
        A time-lapse, or the folder of a recording.
    output : Path or None
        File to write; None for a recording, which is completed in its folder.
    image_format : ImageFormat or None
        Asked for; a recording that was begun in another is refused.
    uncertain : bool
        Whether the engine shall say how far off it may be; for recordings.
    options : FileOptions
        For a file; a recording is completed as a whole, and has the figures.
    """

    source: Path
    output: Path | None
    image_format: ImageFormat | None = None
    uncertain: bool = False
    options: FileOptions = WHOLE_FILE

    def do(
        self,
        engines: EnginePool,
        watch: Watch,
        *,
        engine: tuple[str, ...],
        backend: str,
        force: bool,
    ) -> Outcome:
        """Restore it, or what is missing of it.

        Parameters
        ----------
        engines, watch, force
            See `pssr_live.offline.time_lapse.restore_time_lapse`.
        engine : tuple of str
            As it was typed, see `ChannelEngines.parse`; none for the one that a recording was begun
            with, else the one that is usual.
        backend : str
            See `EngineChoice`.

        Returns
        -------
        Outcome
        """
        choices = ChannelEngines.parse(engine, backend=backend, uncertain=self.uncertain)
        if self.output is None:
            refuse_without_frame(self.source)
            self._check_format()
            frames = SessionRecord.read(self.source).frames
            if engine and frames.is_of_one:
                self._check_engine(choices.of_one_channel(frames.frame_format.channels))
            given = bool(engine)
            return finish_recording(self.source, choices, engines=engines, watch=watch, given=given)
        return restore_experiment(
            self.source,
            self.output,
            choices,
            engines=engines,
            watch=watch,
            force=force,
            options=self.options,
        )

    def _check_format(self) -> None:
        begun_as = SessionRecord.read(self.source).image_format
        if self.image_format not in (None, begun_as):
            anew = f"{self.source.name}{_RESTORED}{_ENDINGS[self.image_format]}"
            raise UserError(
                f"{self.source} was started as {begun_as} and has to be completed as {begun_as}.",
                "Leave --format out, or restore its raw frames into a file of their own: "
                f"pssr-live restore {quoted(self.source / RAW_FILE)} --output {quoted(anew)}",
            )

    def _check_engine(self, choice: EngineChoice) -> None:
        begun_with = SessionRecord.read(self.source).engine
        if begun_with is None or choice.identity == (begun_with.name, begun_with.digest):
            return
        anew = f"{self.source.name}-{choice.identity[0]}{_ENDINGS[ImageFormat.OME_TIFF]}"
        version = f", SHA-256 {begun_with.digest[:12]}…," if begun_with.digest else ""
        # Bundled engines and baselines are named, others are folders.
        typed = quoted(choice.name) if Path(choice.name).exists() else choice.name
        raise UserError(
            f"{self.source} was started with {begun_with.name}{version} and has to be completed "
            "with it.",
            "Leave --engine out, or restore its raw frames into a file of their own: "
            f"pssr-live restore {quoted(self.source / RAW_FILE)} --engine {typed} "
            f"--output {quoted(anew)}",
        )


def find_jobs(
    inputs: Sequence[Path],
    output: Path | None,
    image_format: ImageFormat | None = None,
    *,
    uncertain: bool = False,
    options: FileOptions = WHOLE_FILE,
) -> list[RestoreJob]:
    """Find what is to be restored.

    Parameters
    ----------
    inputs : sequence of Path
        Time-lapses, recordings, and folders that hold such.
    output : Path or None
        A file to write, for one time-lapse; else the folder for all of them. None for a file beside
        each time-lapse.
    image_format : ImageFormat or None
        Of the files to write; None for what `output` says, or OME-TIFF.
    uncertain : bool
        Whether engines shall say how far off they may be; for recordings alone, whose tables have
        room for it.
    options : FileOptions
        See `RestoreJob`; for files.

    Returns
    -------
    list of RestoreJob
        No two with one output; in the same order for the same inputs. Files that belong together
        are one.

    Raises
    ------
    UserError
        If there is nothing to restore, or inputs and output don't fit.
    """
    sources = _all_sources(inputs)
    files = [source for source in sources if not _is_recording(source)]
    if uncertain and files:
        raise UserError(
            "Predicted uncertainty goes into a recording's frames.csv, and "
            f"{files[0]} is not a recording.",
            f"Make a recording of it: pssr-live live --source {quoted(f'replay:{files[0]}')} "
            "--rate max --headless --uncertainty --save FOLDER",
        )
    if not files and replace(options, figures=False) != WHOLE_FILE:
        raise UserError(
            "A recording is completed as a whole, with its own times.",
            "Leave --channel, --z, --position and --interval out, or name its raw frames: "
            f"pssr-live restore {quoted(sources[0] / RAW_FILE)}",
        )
    if output is not None and not files:
        raise UserError(
            "A recording is completed in its own folder.",
            "Leave --output out, or name the file: "
            f"pssr-live restore {quoted(sources[0] / RAW_FILE)} --output {quoted(output)}",
        )
    if output is not None and _names_a_file(output):
        if len(sources) > 1:
            raise UserError(
                f"{len(sources)} inputs can't be restored into one file.",
                "Name a folder: --output restored",
            )
        if image_format not in (None, ImageFormat.of(output)):
            raise UserError(
                f"{output} does not end as {image_format} does.",
                "Leave --format out, or name it "
                "--output " + quoted(output.name.split(".")[0] + _ENDINGS[image_format]),
            )
        return [RestoreJob(source=files[0], output=output, options=options)]
    ending = _RESTORED + _ENDINGS[image_format or ImageFormat.OME_TIFF]
    outputs = dict(zip(files, _output_names(files, output, ending), strict=True))
    return [
        RestoreJob(
            source=source,
            output=outputs.get(source),
            image_format=image_format,
            uncertain=uncertain,
            options=options,
        )
        for source in sources
    ]


def _all_sources(inputs: Sequence[Path]) -> list[Path]:
    """Find time-lapses and recordings, each once; predictions in folders are none."""
    named = [given for given in inputs if not _is_folder_of_such(given)]
    found = [source for given in inputs for source in _sources_in(given)]
    files = [source for source in dict.fromkeys(found) if not _is_recording(source)]
    movies = movies_among(files)
    kept = {*movies.paths, *(path for path in movies.predicted if path in named)}
    return [source for source in dict.fromkeys(found) if source in kept or _is_recording(source)]


def _is_folder_of_such(given: Path) -> bool:
    return given.is_dir() and not _is_recording(given) and not is_image_folder(given)


def _sources_in(given: Path) -> list[Path]:
    """The input itself, or the time-lapses and recordings that stand in a folder."""
    if not _is_folder_of_such(given):
        return [given]
    files = {path for path in files_in(given, deep=False) if not named_as_predicted(path)}
    found = [path for path in sorted(given.iterdir()) if _is_recording(path) or path in files]
    if not found:
        raise UserError(
            f"{readable(given)} holds nothing to restore: no image file, and no recording.",
            "Name TIFF, CZI or ND2 time-lapses, recordings made by pssr-live live --save, or "
            "folders of them.",
        )
    return found


def _is_recording(path: Path) -> bool:
    return path.is_dir() and any((path / name).exists() for name in (SESSION_FILE, RAW_FILE))


def _is_tiff(path: Path) -> bool:
    return path.name.lower().endswith(_TIFF_ENDINGS) and not path.name.startswith(".")


def _names_a_file(output: Path) -> bool:
    if ImageFormat.of(output) is ImageFormat.OME_ZARR:
        return True
    return _is_tiff(output) and not output.is_dir()


def _output_names(files: Sequence[Path], folder: Path | None, ending: str) -> Iterator[Path]:
    """Name the outputs after the inputs; those that would have one name, after their folders too.

    No output is an input, or another's output.
    """

    def named(path: Path, stem: str) -> Path:
        return (path.parent if folder is None else folder) / (stem + ending)

    names = Counter(_key(named(path, _stem(path))) for path in files)
    taken = {_key(path) for path in files}
    for path in files:
        stem = _stem(path)
        if names[_key(named(path, stem))] > 1:
            stem = f"{path.absolute().parent.name}-{stem}"
        output = named(path, stem)
        number = 2
        while _key(output) in taken:
            output = named(path, f"{stem}-{number}")
            number += 1
        taken.add(_key(output))
        yield output


def _stem(path: Path) -> str:
    for ending in (*_TIFF_ENDINGS, ".ome.zarr", ".zarr", *SUFFIXES):
        if path.name.lower().endswith(ending):
            return path.name[: -len(ending)]
    return path.name


def _key(path: Path) -> str:
    """Alike for names that are one file on a disk that does not tell cases apart."""
    return str(path.absolute()).casefold()
