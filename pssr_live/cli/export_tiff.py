"""The command ``pssr-live export-tiff``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pssr_live.cli.options import ForceOption


def export_tiff(
    *,
    recordings: Annotated[
        list[Path], typer.Argument(metavar="RECORDING", help="Folders of recordings.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Folder to write into; default: where the recording is."
        ),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Write recordings as TIFF files that any ImageJ or Fiji opens, without Bio-Formats.

    Beside monday/cell-3 that is monday/cell-3-raw.tif and monday/cell-3-restored.tif: hyperstacks
    with channels in their colours, slices, pixel size and interval. The recording stays as it is.

    Examples
    --------
      pssr-live export-tiff monday/cell-3

      pssr-live export-tiff monday/* --output for-fiji
    """
    from pssr_live.offline import export_recordings
    from pssr_live.terminal import Terminal

    export_recordings(recordings, output, Terminal(), force=force)
