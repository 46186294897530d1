"""The verdict on each frame that is restored from a file, as a live session would give it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self

from numpy.typing import NDArray

from acquisition import PixelType, StreamKey, Window
from pssr_live.offline.figures_table import FiguresTable, FramePlace
from pssr_live.trust import Judge, Light


class Verdicts:
    """Judges restored frames, counts the lights, and writes the figures to a table if asked.

    Parameters
    ----------
    judge_of : callable
        Makes the judge of a stream, when its first frame is restored; None where frames are too
        small to be judged.
    table : FiguresTable, optional
        Gets a line for each frame; closed with this.
    """

    def __init__(
        self,
        judge_of: Callable[[StreamKey], Judge | None],
        *,
        table: FiguresTable | None = None,
    ) -> None:
        self._judge_of = judge_of
        self._judges: dict[StreamKey, Judge | None] = {}
        self._lights: Counter[Light] = Counter()
        self._reasons: dict[Light, str] = {}
        self._table = table

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._table is not None:
            self._table.close()

    def look(self, window: Window, restored: NDArray[PixelType]) -> None:
        """Judge one restored frame, before it is written.

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
        if self._table is not None:
            _, channel, z = window.stream
            self._table.write(FramePlace(window.index, channel, z, window.time_point), trust)

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
