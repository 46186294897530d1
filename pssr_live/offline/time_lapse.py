"""Restoring a time-lapse that is already on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from acquisition import ANY_STREAM, Channel, FrameFormat, TimeLapse, printable, readable
from acquisition.images import StreamChoice
from engines import PRECISE, IntensityScale
from pssr_live._version import __version__
from pssr_live.errors import UserError
from pssr_live.offline.figures_table import FiguresTable, figures_beside
from pssr_live.offline.file_notes import as_begun, chosen_notes, engine_notes, made_by_notes
from pssr_live.offline.output_file import (
    check_output,
    claimed,
    pages_of,
    removed_without_frame,
    writing,
)
from pssr_live.offline.source_digest import SourceDigest
from pssr_live.offline.verdicts import Verdicts
from pssr_live.recording import ImageDescription, images
from pssr_live.restoring import (
    EngineChoice,
    EnginePool,
    begin_judge,
    first_frames,
    time_since_first,
    windows_from,
)
from pssr_live.terminal import ProgressBar

PROGRESS_COLUMNS = (
    TextColumn("{task.description}", markup=False),
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
    missing : str
        Which frames the file promises and does not hold, in words; empty where it holds all.
    streams : str
        Which channels and slices they are of, in words, where there are several.
    files : tuple of Path
        Where they are, if not in the one file that was named.
    verdicts : str
        What the trust light said of those that were made now, in words.
    """

    frames: int
    made: int
    missing: str = ""
    streams: str = ""
    files: tuple[Path, ...] = ()
    verdicts: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """Which part of a file is restored, and what is written besides.

    Attributes
    ----------
    stream : StreamChoice
        Which channel, slice and position, where the file has several.
    interval_s : float or None
        Time from frame to frame in s, whatever the file says.
    figures : bool
        Whether to write the figures of each frame beside the output, see `figures_beside`.
    """

    stream: StreamChoice = ANY_STREAM
    interval_s: float | None = None
    figures: bool = False


WHOLE_FILE = FileOptions()


def file_engines(console: Console) -> EnginePool:
    """Make a pool that keeps the engine of one file open for the next that wants the same."""
    return EnginePool(most=1, on_opened=printer(console), auto=PRECISE)


def restore_time_lapse(
    path: Path,
    output: Path,
    choice: EngineChoice,
    *,
    engines: EnginePool,
    watch: Watch,
    force: bool,
    options: FileOptions = WHOLE_FILE,
    stills: bool = False,
) -> Outcome:
    """Restore every frame of a time-lapse into an OME-TIFF or, by its name, an OME-Zarr.

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
    options : FileOptions
    stills : bool
        Take a single image too.

    Returns
    -------
    Outcome

    Raises
    ------
    UserError, SourceError, EngineError
        With the fix.
    """
    check_output(output, path)
    stream = options.stream
    with (
        closing(TimeLapse(path, stream, options.interval_s, stills=stills)) as time_lapse,
        claimed(output),
    ):
        refuse_predicted(path, predicted=time_lapse.predicted)
        goes_on = output.exists() and not (force or images.is_without_frame(output))
        begun = images.notes_in(output) if goes_on else {}
        watch(0, time_lapse.frame_count)
        origin = SourceDigest.of(time_lapse, begun)
        first = first_frames(time_lapse)
        intensity = IntensityScale.from_window(first)
        since_first, done = time_since_first(time_lapse), 0
        if goes_on:
            origin.check(output, begun, engine_notes(choice), words=choice.identity[0])
            with pages_of(output) as pages:
                there = len(pages)
            done = origin.still_valid(begun, there, intensity)
            if done == there == time_lapse.frame_count:
                with writing(output):
                    images.complete_description(output, since_first)
                return Outcome(done, 0, time_lapse.missing)
            choice = as_begun(choice, begun["backend"], output)
        shared = engines.open(choice, time_lapse.format)
        notes = made_by_notes(shared, choice, intensity)
        about = _describe(
            time_lapse.format,
            shared.name,
            shared.scale_factor,
            notes=notes | origin.notes | chosen_notes(stream),
            slices_of_um=(time_lapse.z_step_um,) if stream.along_z else None,
        )
        with writing(output):
            if done:
                writer = images.resume(
                    output,
                    about,
                    keep=done,
                    new_notes=origin.is_noted_in(begun),
                    time_of=since_first,
                )
            else:
                images.remove(output)
                writer = images.begin(output, about)
            with removed_without_frame(output), closing(writer):
                verdicts = Verdicts(
                    lambda _: begin_judge(shared, time_lapse.format, intensity, first_frames=first),
                    table=FiguresTable(
                        figures_beside(output),
                        lambda place: place.number < _number(time_lapse, done),
                    )
                    if options.figures
                    else None,
                )
                with verdicts:
                    buffer = shared.new_buffer(time_lapse.format)
                    for position, window in enumerate(windows_from(time_lapse, done), start=done):
                        shared.restore(window.pixels, intensity, buffer)
                        verdicts.look(window, buffer)
                        writer.append(buffer, since_first(position))
                        watch(writer.written, time_lapse.frame_count)
    made = writer.written - done
    return Outcome(writer.written, made, time_lapse.missing, verdicts=verdicts.words)


def _number(time_lapse: TimeLapse, position: int) -> int:
    """The number of a frame, as its source counts."""
    return position if time_lapse.indices is None else time_lapse.indices[position]


@contextmanager
def watched(name: str, console: Console) -> Iterator[Watch]:
    """Show a progress bar."""
    with ProgressBar(*PROGRESS_COLUMNS, console=console) as progress:
        task = progress.add_task(f"restoring {readable(name)}", total=None, unit="frames")
        yield lambda done, total: progress.update(task, completed=done, total=total)


def printer(console: Console) -> Callable[[str], None]:
    """Print words as they are."""
    return lambda words: console.print(
        printable(words), highlight=False, markup=False, soft_wrap=True
    )


def refuse_predicted(path: Path, *, predicted: bool) -> None:
    """Refuse to restore what was restored.

    Raises
    ------
    UserError
    """
    if predicted:
        raise UserError(
            f"{readable(path)} is restored already.", "Name the raw file it was made of."
        )


def _describe(
    frame_format: FrameFormat,
    engine: str,
    scale: int,
    *,
    notes: dict[str, str],
    slices_of_um: tuple[float | None] | None,
) -> ImageDescription:
    """Describe the file; `slices_of_um` is the step from slice to slice where frames are those."""
    return ImageDescription(
        name="restored",
        channels=(Channel(f"restored by {engine} (predicted)"),),
        shape=(frame_format.height * scale, frame_format.width * scale),
        dtype=frame_format.dtype,
        significant_bits=8 * frame_format.dtype.itemsize,
        pixel_size_um=(frame_format.pixel_size_um or 0.0) / scale or None,
        interval_s=frame_format.interval_s,
        acquired_at=None,
        z_step_um=slices_of_um[0] if slices_of_um else None,
        frames_are_slices=slices_of_um is not None,
        notes=notes | {"software": f"pssr-live {__version__}"},
    )
