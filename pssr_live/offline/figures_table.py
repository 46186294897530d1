"""The table of figures beside a restored file: a line for each frame, there before the frame is."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from engines import write_whole
from pssr_live.errors import UserError
from pssr_live.recording import ending_of, refuse_links
from pssr_live.trust import FIGURES, Trust, figures_of


class FramePlace(NamedTuple):
    """Which frame a line is of, as its source counts."""

    number: int
    channel: int
    z: int
    time_point: int


_COLUMNS = ("index", "channel", "z", "time_point", "light", "cause", *FIGURES)


def figures_beside(output: Path) -> Path:
    """Name the table of figures of a restored file: cells-restored-figures.csv."""
    return output.with_name(f"{output.name.removesuffix(ending_of(output))}-figures.csv")


class FiguresTable:
    """Writes the figures of restored frames; a kill leaves all lines but the last one whole.

    Parameters
    ----------
    path : Path
        A CSV file.
    keeps : callable
        Whether the line of a frame stays, in a table that is there already: one of a frame that is
        restored anew does not.

    Raises
    ------
    UserError
        If there is another file, or a link.
    OSError
        If the disk refuses.
    """

    def __init__(self, path: Path, keeps: Callable[[FramePlace], bool]) -> None:
        refuse_links(path)
        write_whole(path, "".join(map(_line, (_COLUMNS, *_lines_of(path, keeps)))))
        self._file = path.open("a", encoding="utf-8", newline="", buffering=1)

    def write(self, place: FramePlace, trust: Trust) -> None:
        """Write the line of a frame."""
        figures = (f"{value:.6g}" for value in figures_of(trust).values())
        self._file.write(_line((*place, trust.light.word, trust.cause, *figures)))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _line(cells: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _lines_of(path: Path, keeps: Callable[[FramePlace], bool]) -> list[list[str]]:
    """Read the lines that stay, of a table of ours."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = list(csv.reader(file))
    except FileNotFoundError:
        return []
    except (ValueError, csv.Error):
        lines = [[]]
    if lines and tuple(lines[0]) != _COLUMNS:
        raise UserError(
            f"{path} already exists, and is not a table of figures.",
            "Move it away, or leave --figures out.",
        )
    return [line for line in lines[1:] if _is_whole(line) and keeps(_place_of(line))]


def _is_whole(line: list[str]) -> bool:
    numbers = line[: len(FramePlace._fields)]
    return len(line) == len(_COLUMNS) and all(one.lstrip("-").isdecimal() for one in numbers)


def _place_of(line: list[str]) -> FramePlace:
    return FramePlace(*map(int, line[: len(FramePlace._fields)]))
