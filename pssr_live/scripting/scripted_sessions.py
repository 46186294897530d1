"""The experiments of a script, one after another, and the engines that stay open in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from os import PathLike
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from acquisition import FrameFormat
from engines import AUTO
from pssr_live.defaults import DEFAULT_ENGINE
from pssr_live.recording import refuse_taken
from pssr_live.restoring import ChannelEngines, EnginePool
from pssr_live.scripting.script_window import ScriptWindow
from pssr_live.scripting.scripted_run import LOGGER, ScriptedRun, why_not
from pssr_live.session import LiveSession


class ScriptedSessions:
    """Begins a session for each experiment, and waits for all of them at the end.

    Parameters
    ----------
    engine : str or sequence of str
        As the command line takes it.
    backend : str
    save : path or None
        Folder for the first experiment; those that follow get ``NAME-2``, ``NAME-3``, …
    url : str
        Where frames come from, for the record.
    window : bool
        Whether to show them in a window, see `ScriptWindow`.

    Raises
    ------
    UserError, EngineError
        If there is no such engine, the folder holds a recording already, or no window can be shown.
    """

    def __init__(
        self,
        engine: str | Sequence[str] = DEFAULT_ENGINE,
        *,
        backend: str = AUTO,
        save: str | PathLike[str] | None = None,
        url: str,
        window: bool = False,
    ) -> None:
        texts = [engine] if isinstance(engine, str) else engine
        self._choices = ChannelEngines.parse(texts, backend=backend)
        for choice in self._choices.choices:
            choice.check()
        self._save = Path(save) if save is not None else None
        if self._save is not None:
            refuse_taken(self._save)
        self._url = url
        self._engines = EnginePool()
        self._runs: list[ScriptedRun] = []
        self._refused: set[str] = set()
        self.current: ScriptedRun | None = None
        # Last: nothing else may fail once it is there.
        self.window = ScriptWindow() if window else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def session(self) -> LiveSession | None:
        """Of the experiment that was begun last; None before the first frame."""
        return self._runs[-1].session if self._runs else None

    @property
    def runs(self) -> tuple[ScriptedRun, ...]:
        """All experiments until now."""
        return tuple(self._runs)

    def accepts(self, image: NDArray[np.generic]) -> bool:
        """Whether an image can be restored; why one can't is logged, once."""
        words = why_not(image)
        if words and words not in self._refused:
            self._refused.add(words)
            LOGGER.warning("%s", words)
        return not words

    def begin(
        self,
        frame_format: FrameFormat,
        *,
        settings: Mapping[str, str] | None = None,
        from_the_start: bool = True,
    ) -> ScriptedRun:
        """Begin an experiment with its first frame; one that is running ends."""
        self.end()
        self.current = ScriptedRun(
            frame_format,
            self._choices,
            self._engines,
            save=self._next_folder(),
            url=self._url,
            settings=settings or {},
            from_the_start=from_the_start,
        )
        self._runs.append(self.current)
        if self.window is not None:
            self.window.follow(self.current.session)
        return self.current

    def end(self) -> None:
        """End the experiment that runs, if one does; its files are completed beside the next."""
        if self.current is not None:
            self.current.end()
            self.current = None

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the files of all experiments that have ended are complete.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait for each at most; as long as it takes by default.

        Returns
        -------
        bool
            Whether they are.
        """
        ended = [run for run in self._runs if run is not self.current]
        return all(run.wait(timeout) for run in ended)

    def close(self) -> None:
        """End what runs, wait until all files are complete, and free the engines."""
        self.end()
        self.wait()
        self._engines.close()
        if self.window is not None:
            self.window.close()

    def _next_folder(self) -> Path | None:
        if self._save is None or not self._runs:
            return self._save
        beside = (self._save.with_name(f"{self._save.name}-{n}") for n in count(2))
        used = {folder for run in self._runs for folder in run.session.folders}
        return next(folder for folder in beside if folder not in used and not folder.exists())
