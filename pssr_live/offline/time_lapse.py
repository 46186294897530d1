"""Restoring a time-lapse that is already on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from numpy.typing import NDArray
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from acquisition import FrameFormat, PixelType
from acquisition.timelapse import TimeLapse
from engines.intensity import IntensityScale
from engines.selection import AUTO, BACKENDS
from pssr_live._version import __version__
from pssr_live.errors import UserError
from pssr_live.recording.claim import Claim
from pssr_live.recording.image_format import ImageFormat
from pssr_live.recording.images import begin, is_image, notes_in, open_pages, remove, resume
from pssr_live.recording.ome import ImageDescription
from pssr_live.recording.provenance import RESTORED_NOTE, record_engine, restored_notes
from pssr_live.restoring.engine_choice import EngineChoice
from pssr_live.restoring.engine_pool import EnginePool
from pssr_live.restoring.stored_windows import first_frames, time_of, windows_from

PROGRESS_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(),
    MofNCompleteColumn(),
    TextColumn("{task.fields[unit]}"),
    TimeRemainingColumn(),
)

# Told how many frames are done, and of how many.
Watch = Callable[[int, int], None]


class Outcome(NamedTuple):
    """What became of a file.

    Attributes
    ----------
    frames : int
        Restored frames that there are now.
    made : int
        Those of them that were not there before.
    """

    frames: int
    made: int


def restore_file(
    path: Path, output: Path, engine: str, backend: str, console: Console, *, force: bool
) -> int:
    """Restore every frame of a TIFF time-lapse into a file, with a progress bar.

    Parameters
    ----------
    path, output, force
        See `restore_time_lapse`.
    engine, backend : str
        See `EngineChoice`.
    console : Console
        For the progress bar.

    Returns
    -------
    int
        Restored frames in the output.
    """
    with file_engines(console) as engines, watched(path.name, console) as watch:
        choice = EngineChoice(engine, backend)
        return restore_time_lapse(path, output, choice, engines, watch, force=force).frames


def file_engines(console: Console) -> EnginePool:
    """Make a pool that keeps the engine of one file open for the next that wants the same."""
    return EnginePool(most=1, on_opened=printer(console))


def restore_time_lapse(
    path: Path,
    output: Path,
    choice: EngineChoice,
    engines: EnginePool,
    watch: Watch,
    *,
    force: bool,
) -> Outcome:
    """Restore every frame of a TIFF time-lapse into an OME-TIFF or, by its name, an OME-Zarr.

    Interrupted, it leaves a whole file of the frames restored so far. Called again it goes on
    there; a file that is finished is left as it is.

    Parameters
    ----------
    path, output : Path
        Time-lapse to read, file to write.
    choice : EngineChoice
        The engine; what was begun goes on with its own backend where that is ``auto``.
    engines : EnginePool
        Opens it.
    watch : callable
        Told how it gets on.
    force : bool
        Write over the output.

    Returns
    -------
    Outcome

    Raises
    ------
    UserError, SourceError, EngineError
        With the fix.
    """
    ImageFormat.of(output).require()
    if output.exists() and path.exists() and output.samefile(path):
        raise UserError("Input and output are the same file.", "Name another --output.")
    if output.is_dir() and not is_image(output):
        raise UserError(f"{output} is a folder.", "Name a file to write with --output.")
    with closing(TimeLapse(path)) as time_lapse, claimed(output):
        if RESTORED_NOTE in notes_in(path):
            raise UserError(f"{path} is restored already.", "Name the raw file it was made of.")
        source = {"source": path.name, "source's first frame": _digest(time_lapse.frame(0))}
        done = 0
        if output.exists() and not force:
            begun = _what_was_begun(output, path, choice, source)
            with closing(open_pages(output)) as pages:
                done = len(pages)
            if done == time_lapse.frame_count:
                return Outcome(done, 0)
            titles = {entry.title: key for key, entry in BACKENDS.items()}
            choice = choice.preferring(titles.get(begun["backend"], AUTO))
        shared = engines.open(choice, time_lapse.format)
        intensity = IntensityScale.from_window(first_frames(time_lapse))
        notes = restored_notes(record_engine(shared.selection.engine, choice.name, intensity))
        about = _describe(time_lapse.format, shared.name, shared.scale_factor, notes | source)
        with writing(output):
            if not done:
                remove(output)
            with closing(resume(output, about) if done else begin(output, about)) as writer:
                buffer = shared.new_buffer(time_lapse.format)
                began = time_of(time_lapse, 0)
                for window in windows_from(time_lapse, done):
                    shared.restore(window.pixels, intensity, buffer)
                    writer.append(buffer, window.acquired - began)
                    watch(writer.written, time_lapse.frame_count)
    return Outcome(writer.written, writer.written - done)


@contextmanager
def claimed(output: Path) -> Iterator[None]:
    """Have a file to be written for ourselves."""
    with writing(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        claim = Claim.on_file(output)
    with claim:
        yield


@contextmanager
def writing(output: Path) -> Iterator[None]:
    """Say it in words if a file can't be written."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{output} can't be written: {error.strerror or error}.",
            "Mend that, then give the same command again: it goes on where it stopped.",
        ) from error


@contextmanager
def watched(name: str, console: Console) -> Iterator[Watch]:
    """Show a progress bar."""
    with Progress(*PROGRESS_COLUMNS, console=console) as progress:
        task = progress.add_task(f"restoring {name}", total=None, unit="frames")
        yield lambda done, total: progress.update(task, completed=done, total=total)


def printer(console: Console) -> Callable[[str], None]:
    """Print words as they are."""
    return lambda words: console.print(words, highlight=False, markup=False, soft_wrap=True)


def _what_was_begun(
    output: Path, path: Path, choice: EngineChoice, source: dict[str, str]
) -> dict[str, str]:
    """What an output that is there says of itself; refused unless it is being made of this."""
    notes = notes_in(output)
    name, digest = choice.identity
    wanted = source | {"engine": name, "engine sha256": digest}
    if any(notes.get(key) != value for key, value in wanted.items()):
        raise UserError(
            f"{output} is there already, and is not {path.name} restored by {name}.",
            "Write over it with --force, or name another --output.",
        )
    return notes


def _describe(
    frame_format: FrameFormat, engine: str, scale: int, notes: dict[str, str]
) -> ImageDescription:
    return ImageDescription(
        name="restored",
        channel=f"restored by {engine} (predicted)",
        shape=(frame_format.height * scale, frame_format.width * scale),
        dtype=frame_format.dtype,
        significant_bits=8 * frame_format.dtype.itemsize,
        pixel_size_um=(frame_format.pixel_size_um or 0.0) / scale or None,
        interval_s=frame_format.interval_s,
        acquired_at=None,
        notes=notes | {"software": f"pssr-live {__version__}"},
    )


def _digest(pixels: NDArray[PixelType]) -> str:
    return hashlib.sha256(pixels.tobytes()).hexdigest()
