"""The verdict on each frame that is restored from a file, as a live session would give it."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from numpy.typing import NDArray

from acquisition import PixelType, StreamKey, Window
from pssr_live.recording import ending_of
from pssr_live.trust import FIGURES, Judge, Light, figures_of

_PLACE = ("index", "channel", "z", "time_point")


def figures_beside(output: Path) -> Path:
    """Name the table of figures of a restored file: cells-restored-figures.csv."""
    return output.with_name(f"{output.name.removesuffix(ending_of(output))}-figures.csv")


class Verdicts:
    """Judges restored frames, counts the lights, and writes the figures to a table if asked.

    Parameters
    ----------
    judge_of : callable
        Makes the judge of a stream, when its first frame is restored; None where frames are too
        small to be judged.
    table : Path, optional
        A CSV file to write: a line for each frame.
    goes_on : bool
        Whether lines are added to one that is there.
    """

    def __init__(
        self,
        judge_of: Callable[[StreamKey], Judge | None],
        *,
        table: Path | None = None,
        goes_on: bool = False,
    ) -> None:
        self._judge_of = judge_of
        self._judges: dict[StreamKey, Judge | None] = {}
        self._lights: Counter[Light] = Counter()
        self._reasons: dict[Light, str] = {}
        self._open = ExitStack()
        self._writer: Any = None
        if table is not None:
            begins = not (goes_on and table.exists())
            file = self._open.enter_context(
                table.open("w" if begins else "a", encoding="utf-8", newline="")
            )
            self._writer = csv.writer(file)
            if begins:
                self._writer.writerow((*_PLACE, "light", "cause", *FIGURES))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def look(self, window: Window, restored: NDArray[PixelType]) -> None:
        """Judge one restored frame.

        Parameters
        ----------
        window : Window
            What it was restored from.
        restored : ndarray, shape (sH, sW)
        """
        if window.stream not in self._judges:
            self._judges[window.stream] = self._judge_of(window.stream)
        judge = self._judges[window.stream]
        trust = judge.look(window, restored) if judge is not None else None
        if trust is None:
            return
        self._lights[trust.light] += 1
        self._reasons[trust.light] = trust.reason
        if self._writer is not None:
            place = (window.index, window.stream.channel, window.stream.z, window.time_point)
            figures = (f"{value:.6g}" for value in figures_of(trust).values())
            self._writer.writerow((*place, trust.light.word, trust.cause, *figures))

    @property
    def words(self) -> str:
        """How often the light was what, and what was against the worst; empty if unknown."""
        counts = ", ".join(
            f"{light.word} in {self._lights[light]}" for light in Light if self._lights[light]
        )
        if not counts:
            return ""
        worst = self._reasons[max(self._reasons)]
        return f"trust: {counts}" + (f". {worst}" if worst else "")
