"""The ways to restore that are compared: engines, baselines, rolling means of engines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from acquisition import WINDOW_LENGTH, FrameFormat, window_positions
from engines import (
    DESCRIPTIONS,
    PRECISE,
    IntensityScale,
    TrainingSeries,
    check_backend,
    check_uncertain,
    load_bundle,
)
from pssr_live.crappify import Counts
from pssr_live.evaluation.bm3d import BM3D, DENOISERS
from pssr_live.restoring import EngineChoice, EnginePool, SharedEngine

ROLLING = "rolling-mean:"
# Of a model's SHA-256, enough to know it by.
_DIGITS = 12

RestoredPixels = NDArray[np.uint8 | np.uint16 | np.float32]


class Method(Protocol):
    """One way to restore a recording, frame by frame.

    Attributes
    ----------
    name : str
        What tables and reports call it.
    about : str
        What runs it, or its setting, in words; known once it has begun.
    promised : float or None
        Which part of the pixels the intervals that it predicts are meant to hold, 0 to 1; None if
        it predicts none. Known once it has begun.
    half_width : ndarray of float32, shape (H, W), or None
        Of the intervals for the frame restored last, in counts; until the next.
    """

    name: str
    about: str
    promised: float | None

    @property
    def half_width(self) -> NDArray[np.float32] | None: ...  # noqa: D102 - see above

    def begin(self, lr: Counts) -> None:
        """Get ready for a recording.

        Parameters
        ----------
        lr : ndarray of uint8 or uint16, shape (T, H, W)

        Raises
        ------
        EngineError, UserError
            If it can't restore such frames, with the fix.
        """
        ...

    def restore(self, frame: int) -> RestoredPixels:
        """Restore one frame of the recording.

        Returns
        -------
        ndarray of real numbers, shape (4H, 4W)
            In the recording's counts.
        """
        ...

    def close(self) -> None:
        """Free what it took."""
        ...


class EngineMethod:
    """An engine or a plain enlargement, fed as in a live session.

    Each window is five neighbouring frames, the edge frame repeated at both ends, and the
    intensity scale is that of the first window.

    Parameters
    ----------
    engine, backend, uncertain
        See `engines.open_engine`.
    """

    def __init__(self, engine: str, backend: str = "auto", *, uncertain: bool = False) -> None:
        self.name = Path(engine).name or engine
        self._choice = EngineChoice(engine, backend, uncertain=uncertain)
        self._pool = EnginePool(most=1, auto=PRECISE)
        self.about = ""
        self.promised: float | None = None
        self._engine: SharedEngine | None = None

    def begin(self, lr: Counts) -> None:
        """Open the engine for these frames, and fix the intensity scale."""
        _, height, width = lr.shape
        self._format = FrameFormat(
            height=height, width=width, dtype=lr.dtype, significant_bits=8 * lr.dtype.itemsize
        )
        self._engine = self._pool.open(self._choice, self._format)
        promised = self._engine.uncertainty
        self.promised = promised.level if promised is not None else None
        opened = self._engine.selection.engine
        digest = f", model {opened.digest[:_DIGITS]}" if opened.digest else ""
        self.about = opened.backend + digest
        self._half_width = self._engine.new_half_width(self._format)
        self._lr = lr
        self._intensity = IntensityScale.from_window(lr[:WINDOW_LENGTH])

    def restore(self, frame: int) -> RestoredPixels:
        """Restore the window round a frame, to (4H, 4W)."""
        if self._engine is None:
            raise RuntimeError("begin comes before restore")
        restored = self._engine.new_buffer(self._format)
        window = self._lr[window_positions(frame, 0, len(self._lr))]
        self._engine.restore(window, self._intensity, restored, half_width=self._half_width)
        return restored

    @property
    def half_width(self) -> NDArray[np.float32] | None:
        """Half-widths (H, W) in counts, predicted for the frame restored last; None if none are."""
        return self._half_width if self._engine is not None else None

    def close(self) -> None:
        """Close the engine."""
        self._engine = None
        self._pool.close()


class RollingMean:
    """The mean of five neighbouring restored frames, as microscopes offer it for raw ones.

    Parameters
    ----------
    method : Method
        What restores them.
    """

    half_width = None

    def __init__(self, method: Method) -> None:
        self.name = ROLLING + method.name
        self.about = ""
        self.promised: float | None = None
        self._method = method
        self._restored: dict[int, RestoredPixels] = {}

    def begin(self, lr: Counts) -> None:
        """Get ready for a recording."""
        self._method.begin(lr)
        self.about = self._method.about
        self._frames = len(lr)
        self._restored = {}

    def restore(self, frame: int) -> RestoredPixels:
        """Average the restored frames round this one."""
        around = [int(place) for place in window_positions(frame, 0, self._frames)]
        kept = {place: self._restored[place] for place in around if place in self._restored}
        self._restored = {
            place: kept[place] if place in kept else self._method.restore(place)
            for place in dict.fromkeys(around)
        }
        stack = np.stack([self._restored[place] for place in around])
        mean: RestoredPixels = stack.mean(axis=0, dtype=np.float32)
        return mean

    def close(self) -> None:
        """Free what it took."""
        self._restored = {}
        self._method.close()


def find_methods(
    names: Sequence[str], backend: str = "auto", *, uncertain: bool = False
) -> list[Method]:
    """Make methods of what was asked for, each once.

    Parameters
    ----------
    names : sequence of str
        ``bm3d-before``, ``bm3d-after``, anything `engines.open_engine` takes, or that
        after ``rolling-mean:``.
    backend : str
        For the engines.
    uncertain : bool
        Whether those of the engines that can shall say how far off they may be.

    Raises
    ------
    UserError
        If BM3D is asked for and not installed.
    """
    methods = [_find(name, backend, uncertain=uncertain) for name in dict.fromkeys(names)]
    for number, (method, name) in enumerate(zip(methods, dict.fromkeys(names), strict=True)):
        if any(method.name == other.name for other in methods[:number]):
            method.name = name
    return methods


def check_names(names: Sequence[str], backend: str, *, uncertain: bool) -> None:
    """See that all engines asked for are there, and the backend is one.

    If any shall say how far off it may be, one of them must be able to, on this backend.

    Raises
    ------
    EngineError
        If not, with those that there are.
    """
    check_backend(backend)
    for name in names:
        restorer = name.removeprefix(ROLLING)
        if restorer not in DENOISERS and restorer not in DESCRIPTIONS:
            load_bundle(restorer)
    if uncertain:
        check_uncertain(next(filter(_predicts, names), names[0]), backend)


def find_training(
    names: Sequence[str], methods: Sequence[Method]
) -> dict[str, list[TrainingSeries]]:
    """Say what each of some methods was trained on, by its name; baselines were on nothing.

    Parameters
    ----------
    names : sequence of str
        As given to `find_methods`.
    methods : sequence of Method
        As it gave them.
    """
    found = {}
    for name, method in zip(dict.fromkeys(names), methods, strict=True):
        restorer = name.removeprefix(ROLLING)
        if restorer not in DENOISERS and restorer not in DESCRIPTIONS:
            found[method.name] = load_bundle(restorer).manifest.training
    return found


def _predicts(name: str) -> bool:
    """Whether it is an engine that has learnt to say how far off it may be."""
    if name.startswith(ROLLING) or name in DENOISERS or name in DESCRIPTIONS:
        return False
    return load_bundle(name).manifest.uncertainty is not None


def _find(name: str, backend: str, *, uncertain: bool) -> Method:
    if name.startswith(ROLLING):
        return RollingMean(_find(name.removeprefix(ROLLING), backend, uncertain=False))
    if name in DENOISERS:
        return BM3D(name)
    return EngineMethod(name, backend, uncertain=uncertain and _predicts(name))
