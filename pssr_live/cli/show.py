"""The command ``pssr-live show``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def show(
    *,
    recording: Annotated[
        Path, typer.Argument(metavar="RECORDING", help="Folder of a recording, finished or not.")
    ],
) -> None:
    """Look at a recording in a window: raw and restored as recorded, frame by frame.

    Nothing is restored anew, and no engine is opened.

    Examples
    --------
      pssr-live show monday/cell-3
    """
    from pssr_live.cli.session import SessionOptions, run_in_window
    from pssr_live.display import display_missing
    from pssr_live.errors import UserError
    from pssr_live.recording import open_recording

    if missing := display_missing():
        raise UserError(missing, "Start pssr-live where windows can be shown.")
    # What is wrong with it is said here, not in a window.
    open_recording(recording).close()
    run_in_window("", SessionOptions(engine=""), recording=recording)
