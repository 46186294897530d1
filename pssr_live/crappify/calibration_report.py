"""``pssr-live calibrate``: measure a detector, show the fit, write the setting."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.table import Table

from acquisition import ANY_STREAM, printable
from acquisition.images import StreamChoice
from engines import replacing
from pssr_live.crappify.calibration import Calibration, PhotonTransfer, calibrate
from pssr_live.crappify.channel_outputs import channel_names, outputs_of_channels
from pssr_live.errors import UserError
from pssr_live.terminal import Terminal

_POOR_FIT = 0.9


def run_calibrate(
    recording: Path,
    dark: Path | None,
    output: Path,
    *,
    choice: StreamChoice = ANY_STREAM,
    force: bool,
    allow_predicted: bool = False,
) -> None:
    """Measure a detector from a recording; write its setting and a plot of the fit beside it.

    Each of several channels has one of its own, see `outputs_of_channels`.

    Raises
    ------
    UserError, SourceError
        If the output is there already or can't be made, or the recordings won't do.
    """
    if output.is_dir() or not output.absolute().parent.is_dir():
        raise UserError(
            f"{output} is a folder, or lies in one that is not there.",
            "Name a file in a folder that is there: --output detector.json",
        )
    channels = choice.channels
    outputs = outputs_of_channels(output, channels)
    for one in outputs:
        if one.exists() and not force:
            raise UserError(f"{one} already exists.", "Write over it with --force.")
    # All are measured before anything is written: one that can't be tells nothing of the others.
    console = Terminal()
    with console.status("Measuring gain and noise"):
        fits = [
            calibrate(
                recording, dark, choice._replace(channel=channel), allow_predicted=allow_predicted
            )
            for channel in (channels or (None,))
        ]
    titles = channel_names(channels) if len(channels) > 1 else [""]
    for one, title, (found, points) in zip(outputs, titles, fits, strict=True):
        with console.status("Drawing the fit"):
            found.write_setting(one)
            draw_fit(found, points, one.with_suffix(".png"))
        _tell(console, found, one, channel=title)


def _tell(console: Terminal, found: Calibration, output: Path, *, channel: str) -> None:
    """Show what was measured, of which of several channels."""
    title = f"Detector, {channel}" if channel else "Detector"
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_row("gain", f"{found.gain:.3g} counts a photon")
    table.add_row("offset", f"{found.offset:.4g} counts")
    table.add_row("read noise", f"{found.read_noise:.2f} photons")
    table.add_row("brightest places", f"{found.photons:.3g} photons")
    table.add_row("straightness of the line", f"R² = {found.determination:.3f}")
    console.print(table)
    if not found.dark_known:
        console.print(
            "Offset and read noise are those of the darkest places. To know them, record with the "
            "laser off and add --dark DARK_RECORDING."
        )
    if found.determination < _POOR_FIT:
        console.print(
            "[yellow]The points lie badly on a line: motion, saturation or a changing laser. "
            "Look at the plot before you use the setting.[/]"
        )
    words = printable(f"Setting: {output}\nPlot: {output.with_suffix('.png')}")
    console.print(words, highlight=False, markup=False, soft_wrap=True)


def draw_fit(found: Calibration, points: PhotonTransfer, path: Path) -> None:
    """Plot variance against mean with the line through them.

    Parameters
    ----------
    found : Calibration
        The line.
    points : PhotonTransfer
        What it was fitted to.
    path : Path
        PNG to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    sizes = 8 + 40 * points.pixels / points.pixels.max()
    axes.scatter(points.mean, points.variance, s=sizes, label="flat places, by brightness")
    ends = np.array([min(found.offset, points.mean.min()), points.mean.max()])
    floor = (found.gain * found.read_noise) ** 2
    line = floor + found.gain * (ends - found.offset)
    label = f"{found.gain:.3g} counts a photon, read noise {found.read_noise:.2f} photons"
    axes.plot(ends, line, color="C1", label=label)
    axes.axvline(found.offset, color="0.6", linestyle=":", label=f"offset {found.offset:.4g}")
    axes.set_xlabel("mean (counts)")
    axes.set_ylabel("variance (counts²)")
    axes.set_title("Photon transfer")
    axes.legend()
    with replacing(path) as draft:
        figure.savefig(draft, dpi=120)
