"""Which backend runs an engine here: the fastest that does what the trained network did."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from engines.backends import baselines
from engines.backends.table import (
    AUTO,
    BACKENDS,
    BY_PRECISION,
    CHOICES,
    FASTEST,
    PRECISE,
    UNCERTAIN,
    Backend,
    check_backend,
)
from engines.bundle import Bundle, bundled_names, load_bundle
from engines.complaints import MAKE_ROOM
from engines.engine import Engine
from engines.errors import EngineError, OpeningGivenUpError
from engines.first_opening import refusals_of
from engines.fitting import InputFormat, cut, side_that_fits
from engines.known import FastestNote
from engines.trial import (
    BackendTrial,
    in_our_words,
    load,
    median_ms,
    model_for,
    tried_on,
    try_backend,
)

# What auto may give away for speed, in dB of PSNR.
LARGEST_LOSS = 0.1


@dataclass(frozen=True, slots=True)
class Report:
    """Which backend was chosen, why, and how each of them did."""

    reason: str
    trials: tuple[BackendTrial, ...]


class Selection(NamedTuple):
    """An engine, warmed up for the format asked for, and why it is this one."""

    engine: Engine
    report: Report


class EngineListing(NamedTuple):
    """An engine that is installed, and for each backend why it can't run it, or None."""

    name: str
    version: str
    description: str
    backends: Mapping[str, str | None]


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
    opening = _Opening(
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
            "Take an engine that does; pssr-live engines show NAME tells.",
        )
    bundle.model_with_uncertainty()
    if backend not in (*CHOICES, *UNCERTAIN):
        raise EngineError(
            f"{BACKENDS[backend].title} does not run models that predict their uncertainty.",
            f"Take one that does: --backend {AUTO}, or {', '.join(UNCERTAIN)}",
        )


def list_engines() -> list[EngineListing]:
    """Look at what is installed, without compiling anything.

    Returns
    -------
    list of EngineListing
        The bundled engines, then the baselines. One that is broken says so in its description.
    """
    reasons = {backend.title: backend.why_not() for backend in BACKENDS.values()}
    rows = []
    for name in bundled_names():
        try:
            manifest = load_bundle(name).manifest
        except EngineError as error:
            broken = dict.fromkeys(reasons, str(error))
            rows.append(EngineListing(name, "", error.problem, broken))
        else:
            able = dict(reasons)
            for backend in BACKENDS.values():
                if backend.precision not in manifest.models:
                    able[backend.title] = f"no model in {backend.precision}"
            rows.append(EngineListing(name, manifest.version, manifest.description, able))
    for name, description in baselines.DESCRIPTIONS.items():
        rows.append(EngineListing(name, "", description, {baselines.Baseline.backend: None}))
    return rows


def _found(engine: str | Bundle) -> str | Bundle:
    """Load a bundle, unless it is loaded already or is a baseline, whose name is enough."""
    if isinstance(engine, Bundle) or engine in baselines.DESCRIPTIONS:
        return engine
    return load_bundle(engine)


def _open_baseline(name: str, height: int, width: int, *, dtype: DTypeLike) -> Selection:
    engine = baselines.Baseline(name)
    engine.warm_up(height, width, dtype)
    frame = InputFormat.of(height, width, dtype)
    trial = BackendTrial(backend=engine.backend, median_ms=median_ms(engine, frame), chosen=True)
    reason = f"{trial.backend}, {trial.median_ms:.0f} ms a frame: a baseline has no other backend"
    return Selection(engine, Report(reason, (trial,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opening:
    """One bundle that is being opened for frames; see `open_engine`."""

    bundle: Bundle
    frame: InputFormat
    uncertain: bool
    on_trial: Callable[[str], object]
    given_up: Callable[[], bool]

    def fastest(self) -> Selection:
        """Time all backends, and note which is the fastest."""
        selection = self.select(self._able)
        titles = {trial.backend for trial in selection.report.trials if trial.chosen}
        self._note.write(next(name for name in self._able if BACKENDS[name].title in titles))
        return selection

    def fastest_before(self) -> Selection | None:
        """Take the backend that was the fastest here; None if none is known, or it fails now."""
        if (name := self._note.read()) not in self._able:
            return None
        try:
            return self.select(
                [name], "the fastest here before; to time all anew: --backend fastest"
            )
        except OpeningGivenUpError:
            raise
        except EngineError:
            return None

    def most_precise(self) -> Selection:
        """Take the first backend that works, in an order that speed does not change."""
        for name in BY_PRECISION:
            if name not in self._able:
                continue
            try:
                return self.select([name], "the most precise that works here")
            except OpeningGivenUpError:
                raise
            except EngineError:
                continue
        return self.select(self._able)  # fails, and says of each why

    @property
    def _able(self) -> Sequence[str]:
        return UNCERTAIN if self.uncertain else tuple(BACKENDS)

    @property
    def _note(self) -> FastestNote:
        return FastestNote(self.bundle, self.frame, uncertain=self.uncertain)

    def select(self, names: Sequence[str], why: str = "") -> Selection:
        """Try backends, by their names, and warm the fastest up for the frames.

        The words `why` say why these, where they are not all there are.
        """
        refusals = refusals_of(
            self.bundle,
            names,
            self.frame,
            uncertain=self.uncertain,
            on_trial=self.on_trial,
            given_up=self.given_up,
        )
        trials: list[BackendTrial] = []
        # No more than one is kept, since they take memory.
        with ExitStack() as kept:
            fastest: dict[str, Engine] = {}
            shortest = math.inf
            for number, name in enumerate(names, start=1):
                backend = BACKENDS[name]
                if name in refusals:
                    trials.append(BackendTrial(backend=backend.title, why_not=refusals[name]))
                    continue
                self._say(f"trying {backend.title}, {number} of {len(names)}")
                engine, trial = try_backend(
                    backend, self.bundle, self.frame, uncertain=self.uncertain
                )
                if engine is not None and len(names) > 1:
                    trial = replace(trial, why_not=_too_coarse(name, trial.loss))
                trials.append(trial)
                if engine is None or trial.median_ms is None:
                    continue
                if not trial.usable or trial.median_ms >= shortest:
                    engine.close()
                    continue
                kept.close()
                kept.callback(engine.close)
                fastest, shortest = {name: engine}, trial.median_ms
            selection = self._warmed_up(names, trials, fastest, why=why)
            kept.pop_all()
        return selection

    def _warmed_up(
        self,
        names: Sequence[str],
        trials: list[BackendTrial],
        opened: dict[str, Engine],
        *,
        why: str,
    ) -> Selection:
        """Warm the fastest up for whole frames; where there is no room for it, the next."""
        able = [place for place, trial in enumerate(trials) if trial.usable]
        for place in sorted(able, key=lambda place: trials[place].median_ms or math.inf):
            backend = BACKENDS[names[place]]
            engine = opened.get(names[place])
            if engine is None or tried_on(self.frame) != self.frame:
                self._say(f"making {backend.title} ready for {self.frame}")
                try:
                    engine = engine or load(backend, self.bundle, uncertain=self.uncertain)
                    engine = self._fitted(engine, backend)
                except Exception as fault:
                    if engine is not None:
                        engine.close()
                    trials[place] = replace(trials[place], why_not=str(in_our_words(fault)))
                    continue
            trials[place] = replace(trials[place], chosen=True)
            reason = _reason(trials, trials[place], self.frame, why=why)
            return Selection(engine, Report(reason, tuple(trials)))
        raise _none_can_serve(self.bundle, trials, self.frame)

    def _fitted(self, engine: Engine, backend: Backend) -> Engine:
        """Warm an engine up for large frames, whole or in tiles, as there is room."""
        bundle, frame = self.bundle, self.frame
        if backend.beside_tensors:
            model = model_for(backend, bundle, uncertain=self.uncertain)
            side = side_that_fits(
                bundle, model, backend.beside_tensors, frame=frame, backend=backend.title
            )
            if side is not None:
                tolerance = bundle.manifest.tolerance_in(backend.precision)
                engine = cut(engine, bundle, side, tolerance=tolerance, frame=frame)
        engine.warm_up(*frame)
        return engine

    def _say(self, words: str) -> None:
        """Tell what is done next, unless nobody waits for it any more."""
        if self.given_up():
            raise OpeningGivenUpError(self.bundle.manifest.name)
        self.on_trial(words)


def _too_coarse(name: str, loss: float | None) -> str:
    """Say why auto leaves a backend out although it works; empty if it does not."""
    precision = BACKENDS[name].precision
    if precision == "fp32" or (loss is not None and loss <= LARGEST_LOSS):
        return ""
    costs = (
        "how much it loses was not measured" if loss is None else f"it loses up to {loss:.2f} dB"
    )
    return (
        f"Left out by auto: in {precision} {costs}, {LARGEST_LOSS:g} dB allowed. "
        f"Take it all the same: --backend {name}"
    )


def _reason(
    trials: list[BackendTrial], chosen: BackendTrial, frame: InputFormat, *, why: str
) -> str:
    able = len([trial for trial in trials if trial.usable])
    about = "" if tried_on(frame) == frame else "about "
    if not why:
        why = (
            f"the fastest of {able} that work here" if able > 1 else "the only one that works here"
        )
    words = f"{chosen.backend}, {about}{chosen.median_ms:.0f} ms a frame: {why}"
    if chosen.loss is not None and chosen.loss >= 0.005:  # what would be shown as 0.00
        words += f" (its precision costs up to {chosen.loss:.2f} dB of PSNR)"
    return words


def _none_can_serve(bundle: Bundle, trials: list[BackendTrial], frame: InputFormat) -> EngineError:
    name = bundle.manifest.name
    for trial in trials:
        # What else is missing would not help.
        if trial.why_not.endswith(MAKE_ROOM):
            why = trial.why_not.removesuffix(MAKE_ROOM).strip()
            return EngineError(
                f"There is not enough memory for {name} and frames of {frame}. "
                f"{trial.backend}: {why}",
                MAKE_ROOM,
            )
    reasons = " ".join(f"{trial.backend}: {trial.why_not}" for trial in trials)
    return EngineError(
        f"{name} can't be used here. {reasons}", "See what is installed: pssr-live engines"
    )
