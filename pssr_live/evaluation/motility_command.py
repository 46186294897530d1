"""``pssr-live motility``: kymograph tracks of several movies, measured and compared."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from rich.markup import escape

from acquisition import Line, TimeLapse, readable
from engines import replacing, why_refused, write_whole
from pssr_live.errors import UserError
from pssr_live.evaluation.kymograph import kymograph, with_gaps
from pssr_live.evaluation.libraries import need
from pssr_live.evaluation.wording import SAVED
from pssr_live.recording import ending_of
from pssr_live.terminal import Terminal

if TYPE_CHECKING:
    from pssr_live.evaluation.motility import Kymograph, Motility, Track
    from pssr_live.evaluation.rank_tests import RankTest

PICTURE, TABLE = "motility.png", "motility.csv"
FIGURES = {
    "distance_um": "distance travelled, µm",
    "speed_um_s": "speed while moving, µm/s",
    "moving": "time moving, %",
    "paused": "time paused, %",
}
# In each group, for a test by ranks; with fewer, p by its distribution is no more than a guess.
LEAST_TRACKS = 5
HOW_TESTED = (
    "p: Kruskal-Wallis over tracks, and Dunn's test of each pair, corrected after Holm. Tracks of "
    "one axon are not independent samples; with few axons p is too small."
)


class MovieTracks(NamedTuple):
    """What moved along the line of one movie."""

    group: str
    name: str
    kymograph: Kymograph
    pixel_um: float
    interval_s: float
    tracks: list[Track]
    figures: list[Motility]


def run_motility(
    movies: Sequence[str], lines: Sequence[str], output: Path, *, most_speed_um_s: float
) -> None:
    """Track, measure, compare; write a table and a picture.

    Parameters
    ----------
    movies : sequence of str
        ``GROUP=FILE``.
    lines : sequence of str
        ``Y0,X0,Y1,X1`` in pixels: one for all movies, or one for each.
    output : Path
        Folder for the results.
    most_speed_um_s : float
        Faster than anything that moves.

    Raises
    ------
    UserError, SourceError
        With the fix.
    """
    need("matplotlib", "scipy")
    if len(lines) not in (1, len(movies)):
        raise UserError(
            f"There are {len(lines)} lines for {len(movies)} movies.",
            "Give one --line for all, or one for each --movie, in their order.",
        )
    places = [_line(text) for text in lines] * (len(movies) if len(lines) == 1 else 1)
    console = Terminal()
    found = []
    with console.status("Tracking") as status:
        for movie, line in zip(movies, places, strict=True):
            status.update(f"Tracking in {escape(movie)}")
            found.append(_tracked(movie, line, most_speed_um_s))
        status.update("Comparing the groups")
        said = _words(found)
    for words in said:
        console.print(words, highlight=False, markup=False, soft_wrap=True)
    try:
        output.mkdir(parents=True, exist_ok=True)
        _write_table(output / TABLE, found)
        with console.status("Drawing the picture"), replacing(output / PICTURE) as draft:
            _draw(draft, found)
    except OSError as error:
        raise UserError(
            f"The results can't be written to {output}: {why_refused(error, output)}.",
            "Name another folder with --output.",
        ) from error
    console.print(f"Picture: {output / PICTURE}", highlight=False, markup=False, soft_wrap=True)


def _tracked(movie: str, line: Line, most_speed_um_s: float) -> MovieTracks:
    from pssr_live.evaluation.motility import find_tracks, motility_of

    group, equals, path = movie.partition("=")
    if not (group and equals and path):
        raise UserError(
            f"--movie {movie} does not say which group it is of.",
            "Give it as in PSSR=restored.ome.tif",
        )
    with closing(TimeLapse(Path(path))) as film:
        about = film.format
        if about.pixel_size_um is None or about.interval_s is None:
            lacking = "pixel size" if about.pixel_size_um is None else "interval"
            raise UserError(
                f"{readable(path)} does not say its {lacking}, without which there is no speed.",
                "Set it in Fiji (Image > Properties…) and save it.",
            )
        if max(line.top, line.bottom) > about.height - 1 or (
            max(line.left, line.right) > about.width - 1
        ):
            raise UserError(
                f"The line leaves {readable(path)}, which is {about.height} x {about.width}.",
                "Give --line Y0,X0,Y1,X1 within it.",
            )
        rows = kymograph((film.frame(number) for number in range(film.frame_count)), line)
        if film.indices is not None:
            rows = with_gaps(rows, film.indices)
    length = float(np.hypot(line.bottom - line.top, line.right - line.left))
    pixel_um = about.pixel_size_um * length / (rows.shape[1] - 1)
    tracks = find_tracks(rows, reach=max(1.0, most_speed_um_s * about.interval_s / pixel_um))
    figures = [motility_of(one, pixel_um=pixel_um, interval_s=about.interval_s) for one in tracks]
    name = Path(path).name.removesuffix(ending_of(Path(path)))
    return MovieTracks(group, name, rows, pixel_um, about.interval_s, tracks, figures)


def _words(found: Sequence[MovieTracks]) -> list[str]:
    words, tested = [], False
    for name, title in FIGURES.items():
        groups = _groups(found, name)
        for group, values in groups.items():
            mean = f"{np.mean(values):.3g}" if values else "no track"
            sem = f" ± {np.std(values, ddof=1) / len(values) ** 0.5:.2g}" if len(values) > 1 else ""
            words.append(f"{title}, {group}: {mean}{sem} ({_n(values)})")
        test = _tested(groups)
        tested = tested or test is not None
        if test is not None:
            pairs = "; ".join(f"{a} and {b} p = {p:.2g}" for (a, b), p in test.pairs.items())
            words.append(f"{title}: Kruskal-Wallis p = {test.p:.2g}; Dunn: {pairs}")
    few = f"Nothing was tested: that takes two groups, and {LEAST_TRACKS} tracks or more in each."
    return [*words, HOW_TESTED if tested else few, SAVED]


def _tested(groups: Mapping[str, Sequence[float]]) -> RankTest | None:
    """Compare groups, unless one is too small for that."""
    from pssr_live.evaluation.rank_tests import rank_test

    if min(map(len, groups.values()), default=0) < LEAST_TRACKS:
        return None
    return rank_test(groups)


def _n(values: Sequence[float]) -> str:
    return f"n = {len(values)} {'track' if len(values) == 1 else 'tracks'}"


def _groups(found: Sequence[MovieTracks], figure: str) -> dict[str, list[float]]:
    groups: dict[str, list[float]] = {}
    for one in found:
        groups.setdefault(one.group, []).extend(getattr(each, figure) for each in one.figures)
    return groups


def _write_table(path: Path, found: Sequence[MovieTracks]) -> None:
    lines = io.StringIO()
    table = csv.writer(lines, lineterminator="\n")
    table.writerow(("group", "movie", "first_frame", "last_frame", *FIGURES))
    for one in found:
        for track, figures in zip(one.tracks, one.figures, strict=True):
            ends = (int(track.frames[0]), int(track.frames[-1]))
            table.writerow([one.group, one.name, *ends, *(f"{value:.5g}" for value in figures)])
    write_whole(path, lines.getvalue())


def _draw(path: Path, found: Sequence[MovieTracks]) -> None:
    """Draw the first kymograph of each group with its tracks, and every track's figures."""
    from matplotlib.figure import Figure

    from pssr_live.evaluation.plots import COLOURS

    firsts = list({one.group: one for one in reversed(found)}.values())[::-1]
    figure = Figure(figsize=(12, 8), layout="constrained")
    halves: Any = figure.subfigures(2, 1)
    above, below = (
        half.subplots(1, count, squeeze=False)[0]
        for half, count in zip(halves, (len(firsts), len(FIGURES)), strict=True)
    )
    for axes, one in zip(above, firsts, strict=True):
        frames, places = one.kymograph.shape
        wide, long = one.pixel_um, one.interval_s
        extent = (-wide / 2, (places - 0.5) * wide, (frames - 0.5) * long, -long / 2)
        axes.imshow(
            one.kymograph, cmap="gray", aspect="auto", interpolation="nearest", extent=extent
        )
        for number, track in enumerate(one.tracks):
            colour = COLOURS[number % len(COLOURS)]
            axes.plot(track.places * wide, track.frames * long, color=colour, lw=1)
        axes.set(title=f"{one.group}: {one.name}", xlabel="along the line, µm", ylabel="time, s")
    for axes, (name, title) in zip(below, FIGURES.items(), strict=True):
        groups = _groups(found, name)
        for place, values in enumerate(groups.values()):
            spread = np.linspace(-0.15, 0.15, max(1, len(values)))
            axes.plot(place + spread[: len(values)], values, "o", ms=4, color=COLOURS[place % 7])
            if values:
                axes.hlines(float(np.mean(values)), place - 0.3, place + 0.3, color="black")
        test = _tested(groups)
        axes.set_title(title + (f"\nKruskal-Wallis p = {test.p:.2g}" if test else ""), fontsize=9)
        names = [f"{group}\nn = {len(values)}" for group, values in groups.items()]
        axes.set_xticks(range(len(groups)), names)
    figure.savefig(path, format="png", dpi=100)


def _line(text: str) -> Line:
    try:
        y0, x0, y1, x1 = (float(part) for part in text.split(","))
    except ValueError:
        raise UserError(
            f"--line {text} does not give two ends.", "Give its ends in pixels: --line Y0,X0,Y1,X1"
        ) from None
    # Which is false of what is not a number, too.
    if not (min(y0, x0, y1, x1) >= 0 and np.hypot(y1 - y0, x1 - x0) >= 2):
        raise UserError(f"--line {text} is too short.", "Give two ends within the image.")
    return Line(y0, x0, y1, x1)
