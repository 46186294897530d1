"""An engine opened by its name, or by the folder of its bundle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from engines.backends import baselines
from engines.backends.table import (
    AUTO,
    BACKENDS,
    CHOICES,
    FASTEST,
    PRECISE,
    UNCERTAIN,
    check_backend,
)
from engines.bundle import Bundle, load_bundle
from engines.engine import Engine
from engines.errors import EngineError
from engines.fitting import InputFormat, check_enlargement
from engines.selection import BundleOpening, Selection, SelectionReport
from engines.trial import BackendTrial, median_ms


def open_engine(
    engine: str | Bundle,
    *,
    backend: str = AUTO,
    height: int,
    width: int,
    dtype: DTypeLike,
    uncertain: bool = False,
    on_trial: Callable[[str], object] = lambda _: None,
    given_up: Callable[[], bool] = lambda: False,
) -> Selection:
    """Load an engine and warm it up.

    Parameters
    ----------
    engine : str or Bundle
        A baseline, a bundled engine, or the folder of a bundle; or a bundle that was loaded.
    backend : str
        A key of `BACKENDS`; ``fastest`` for the fastest on this frame size of those that reproduce
        the bundle's proof and lose next to nothing by their precision; ``auto`` for the one that
        was the fastest before, on this computer, so that it does not change from day to day;
        ``precise`` for the first that works in a fixed order, the most precise first.
    height, width : int
        Size of an LR frame in pixels.
    dtype : dtype-like
        ``uint8`` or ``uint16``.
    uncertain : bool
        Whether it shall also predict how far off it may be, see `Engine.half_width`.
    on_trial : callable
        Told in words which backend is tried now, for whoever waits.
    given_up : callable
        Asked before each trial whether nobody waits any more.

    Returns
    -------
    Selection

    Raises
    ------
    OpeningGivenUpError
        If it was given up.
    EngineError
        If there is no such engine or backend, or none that can serve.
    """
    check_backend(backend)
    bundle = _found(engine)
    if uncertain:
        check_uncertain(bundle, backend)
    if isinstance(bundle, str):
        return _open_baseline(bundle, height, width, dtype=dtype)
    frame = InputFormat.of(height, width, dtype)
    opening = BundleOpening(
        bundle=bundle, frame=frame, uncertain=uncertain, on_trial=on_trial, given_up=given_up
    )
    if backend == PRECISE:
        return opening.most_precise()
    if backend == AUTO:
        return opening.fastest_before() or opening.fastest()
    if backend == FASTEST:
        return opening.fastest()
    return opening.select([backend], "as asked for")


def load_engine(
    engine: str | Bundle,
    *,
    height: int,
    width: int,
    dtype: DTypeLike = np.uint16,
    backend: str = AUTO,
) -> Engine:
    """Load an engine to restore windows with, for a script.

    Parameters
    ----------
    engine : str or Bundle
        The name of a bundled engine or a baseline, or the folder of a bundle.
    height, width : int
        Size of an LR frame in pixels.
    dtype : dtype-like
        ``uint8`` or ``uint16``.
    backend : str
        ``auto``, or a backend's name.

    Returns
    -------
    Engine
        ``restore(window, intensity)`` turns counts (5, H, W) into counts (4H, 4W), and ``close()``
        frees it; `IntensityScale.from_window` estimates the scale of a whole time-lapse.

    Raises
    ------
    EngineError
        If there is no such engine or backend, or it can't restore frames of this size.

    Examples
    --------
    >>> import numpy
    >>> from engines import IntensityScale, load_engine
    >>> window = numpy.random.default_rng(0).poisson(20, (5, 64, 64)).astype(numpy.uint16)
    >>> engine = load_engine("bilinear", height=64, width=64)
    >>> engine.restore(window, IntensityScale.from_window(window)).shape
    (256, 256)
    >>> engine.close()
    """
    return open_engine(engine, backend=backend, height=height, width=width, dtype=dtype).engine


def check_uncertain(engine: str | Bundle, backend: str) -> None:
    """Refuse what can't say how far off it may be, before anything is opened.

    Parameters
    ----------
    engine, backend
        See `open_engine`.

    Raises
    ------
    EngineError
        If the engine or the backend can't, or there is no such engine.
    """
    check_backend(backend)
    bundle = _found(engine)
    if isinstance(bundle, str):
        raise EngineError(
            f"{bundle} is a plain enlargement, which predicts no uncertainty.",
            "Use an engine that does; pssr-live engines show NAME tells.",
        )
    bundle.model_with_uncertainty()
    if backend not in (*CHOICES, *UNCERTAIN):
        raise EngineError(
            f"{BACKENDS[backend].title} does not run models that predict their uncertainty.",
            f"Use one that does: --backend {AUTO}, or {', '.join(UNCERTAIN)}",
        )


def _found(engine: str | Bundle) -> str | Bundle:
    """Load a bundle, unless it is loaded already or is a baseline, whose name is enough."""
    if isinstance(engine, Bundle) or engine in baselines.DESCRIPTIONS:
        return engine
    return load_bundle(engine)


def _open_baseline(name: str, height: int, width: int, *, dtype: DTypeLike) -> Selection:
    frame = InputFormat.of(height, width, dtype)
    check_enlargement(name, frame)
    engine = baselines.Baseline(name)
    engine.warm_up(height, width, dtype)
    trial = BackendTrial(backend=engine.backend, median_ms=median_ms(engine, frame), chosen=True)
    reason = f"{trial.backend}, {trial.median_ms:.0f} ms a frame: a baseline has no other backend"
    return Selection(engine, SelectionReport(reason, (trial,)))
