"""A recording, written once more as TIFF files that any ImageJ opens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from pssr_live.errors import UserError
from pssr_live.offline.output_file import writing
from pssr_live.offline.time_lapse import PROGRESS_COLUMNS, printer
from pssr_live.recording import describe_raw, describe_restored, open_recording, write_imagej


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
        If it is no recording, a file is there already, or the disk refuses.
    """
    written = []
    with open_recording(folder) as recording:
        parts = {"raw": (recording.raw, describe_raw(recording.session))}
        if recording.restored is not None:
            parts["restored"] = (recording.restored, describe_restored(recording.session))
        name = folder.absolute().name
        paths = {part: into / f"{name}-{part}.tif" for part in parts}
        for path in paths.values():
            if path.exists() and not force:
                raise UserError(
                    f"{path} is there already.", "Write over it with --force, or name an --output."
                )
        for part, (frames, about) in parts.items():
            path = paths[part]
            planes = int(np.prod(frames.shape[:-2]))
            if not planes:
                continue
            with writing(path), Progress(*PROGRESS_COLUMNS, console=console) as progress:
                into.mkdir(parents=True, exist_ok=True)
                task = progress.add_task(f"writing {path.name}", total=planes, unit="frames")
                write_imagej(path, frames, about, on_frame=lambda: progress.advance(task))  # noqa: B023
            printer(console)(f"Written: {path}")
            written.append(path)
    return written
