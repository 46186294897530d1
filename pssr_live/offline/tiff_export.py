"""A recording, written once more as TIFF files that any ImageJ opens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from rich.console import Console

from engines import why_refused
from pssr_live.errors import UserError, describe
from pssr_live.offline.time_lapse import PROGRESS_COLUMNS, printer
from pssr_live.recording import describe_raw, describe_restored, open_recording, write_imagej
from pssr_live.terminal import ProgressBar


def export_recordings(
    folders: Sequence[Path], into: Path | None, console: Console, *, force: bool
) -> None:
    """Write recordings as ImageJ hyperstacks; one that can't be does not stop the rest.

    Parameters
    ----------
    folders : sequence of Path
        Of the recordings.
    into : Path or None
        See `export_recording`; None for each beside itself.
    console : Console
        For progress, and what was written or not.
    force : bool
        See `export_recording`.

    Raises
    ------
    UserError
        Before anything is written, if two would have the same names; at the end, if one could not
        be written.
    """
    by_place: dict[Path, Path] = {}
    for folder in dict.fromkeys(folder.resolve() for folder in folders):
        place = (into or folder.parent) / folder.name
        if place in by_place:
            raise UserError(
                f"{by_place[place]} and {folder} would both be {place.name}-raw.tif.",
                "Write them one at a time, each with its own --output.",
            )
        by_place[place] = folder
    failed = 0
    for place, folder in by_place.items():
        try:
            export_recording(folder, place.parent, console, force=force)
        except Exception as error:
            if len(by_place) == 1:
                raise
            failed += 1
            printer(console)(f"{folder}: {describe(error)}")
    if failed:
        raise UserError(
            f"{failed} of {len(by_place)} were not written.",
            "Fix what is said above, then name those again.",
        )


def export_recording(folder: Path, into: Path, console: Console, *, force: bool) -> list[Path]:
    """Write the raw and the restored frames of a recording as ImageJ hyperstacks.

    Parameters
    ----------
    folder : Path
        Of the recording, which is only read.
    into : Path
        Folder for ``NAME-raw.tif`` and ``NAME-restored.tif``; made if need be.
    console : Console
        For progress, and the names of what was written.
    force : bool
        Write over files of these names.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    UserError
        If it is not a recording, a file already exists, or the disk refuses.
    """
    written = []
    with open_recording(folder) as recording:
        parts = {"raw": (recording.raw, describe_raw(recording.session))}
        if recording.restored is not None:
            parts["restored"] = (recording.restored, describe_restored(recording.session))
        name = folder.resolve().name
        paths = {part: into / f"{name}-{part}.tif" for part in parts}
        for path in paths.values():
            if path.exists() and not force:
                raise UserError(
                    f"{path} already exists.", "Write over it with --force, or name an --output."
                )
        for part, (frames, about) in parts.items():
            path = paths[part]
            planes = int(np.prod(frames.shape[:-2]))
            if not planes:
                continue
            with _writing(path), ProgressBar(*PROGRESS_COLUMNS, console=console) as progress:
                into.mkdir(parents=True, exist_ok=True)
                task = progress.add_task(f"writing {name}-{part}", total=planes, unit="frames")
                write_imagej(path, frames, about, on_frame=lambda: progress.advance(task))  # noqa: B023
            printer(console)(f"Written: {path}")
            written.append(path)
    return written


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{path} can't be written: {why_refused(error, path)}.",
            "Name another folder with --output, or free some space there.",
        ) from error
