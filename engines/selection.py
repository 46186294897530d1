"""Which backend runs an engine here: the fastest that does what the trained network did."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import NamedTuple

from engines.backends.table import BACKENDS, BY_PRECISION, UNCERTAIN, Backend
from engines.bundle import Bundle
from engines.complaints import MAKE_ROOM
from engines.engine import Engine
from engines.errors import EngineError, OpeningGivenUpError
from engines.first_opening import refusals_of
from engines.fitting import InputFormat, cut, side_that_fits
from engines.known import FastestNote
from engines.trial import BackendTrial, in_our_words, load, model_for, tried_on, try_backend

# What auto may give away for speed, in dB of PSNR.
LARGEST_LOSS = 0.1


@dataclass(frozen=True, slots=True)
class SelectionReport:
    """Which backend was chosen, why, and how each of them did."""

    reason: str
    trials: tuple[BackendTrial, ...]


class Selection(NamedTuple):
    """An engine, warmed up for the format asked for, and why it is this one."""

    engine: Engine
    report: SelectionReport


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleOpening:
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
                [name], "the fastest here before; to time them all again: --backend fastest"
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
                self._report(f"trying {backend.title}, {number} of {len(names)}")
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
                self._report(f"making {backend.title} ready for {self.frame}")
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
            return Selection(engine, SelectionReport(reason, tuple(trials)))
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

    def _report(self, words: str) -> None:
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
        f"Use it all the same: --backend {name}"
    )


def _reason(
    trials: list[BackendTrial], chosen: BackendTrial, frame: InputFormat, *, why: str
) -> str:
    able = len([trial for trial in trials if trial.usable])
    about = "" if tried_on(frame) == frame else "about "
    if not why:
        why = (
            f"the fastest of the {able} that work here"
            if able > 1
            else "the only one that works here"
        )
    words = f"{chosen.backend}, {about}{chosen.median_ms:.0f} ms a frame: {why}"
    if chosen.loss is not None and chosen.loss >= 0.005:  # what would be shown as 0.00
        words += f" (at most {chosen.loss:.2f} dB of PSNR less than in full precision)"
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
