"""Try methods on recordings whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from engines import TrainingSeries, enlarge_bilinearly
from pssr_live.errors import UserError
from pssr_live.evaluation.bm3d import BM3D, SIGMAS
from pssr_live.evaluation.figures import FLICKER
from pssr_live.evaluation.measure import Measurement, Setting, measure
from pssr_live.evaluation.methods import Method
from pssr_live.evaluation.paired import MeanAndError, PairedTest, paired_test, summarise
from pssr_live.evaluation.places import View
from pssr_live.evaluation.recordings import EvaluationMovie, EvaluationSource, load
from pssr_live.metrics import (
    TRUTH_PERCENTILES,
    GaussianBlur,
    fit_to_truth,
    image_snr,
    psnr_fit,
    tapered,
)

# Detail finer than the LR pixels, which an enlarged frame lacks, must not decide where two lie.
_BLUR = 2.0


class Steps:
    """Told how far the work is; shows nothing."""

    def begin(self, text: str, frames: int) -> None:
        """Begin a piece of work on so many frames."""

    def advance(self) -> None:
        """One frame of it is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingResult:
    """One recording in one condition, and what each method made of it.

    Attributes
    ----------
    name, movie : str
    condition : str
        As reports call it, see `EvaluationSource.title_of`.
    shape : tuple of int
        Frames, height and width of the truth.
    pixel_size_um, interval_s : float or None
        Of the truth.
    black, span : float
        (value - black) / span brings the truth's units to 0 to 1 in the shown frame.
    prints : frozenset of str
        Digests of the truth's frames, by which they are known again in any file.
    lr_snr : float
        Of the shown LR frame, as the paper defines it.
    shift : tuple of int
        By which the truth lies off the LR frames, down and right, in HR pixels.
    setting : Setting
    truth, lr : View
        The shown frame; the truth on a scale of 0 to 1.
    measurements : list of Measurement
        In the order of the methods.
    """

    name: str
    movie: str
    condition: str
    shape: tuple[int, ...]
    pixel_size_um: float | None
    interval_s: float | None
    black: float
    span: float
    prints: frozenset[str]
    lr_snr: float
    shift: tuple[int, int]
    setting: Setting
    truth: View
    lr: View
    measurements: list[Measurement]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """All trials, and the means and tests over movies.

    The unit of every mean and test is the movie: neighbouring frames are not independent samples,
    and two crops of one movie are none either.

    Attributes
    ----------
    methods : list of str
        The first is what the others are tested against.
    conditions : list of str
    trials : list of RecordingResult
    training : Mapping of str to sequence of TrainingSeries
        What each method was trained on, for those that were trained.
    """

    methods: list[str]
    conditions: list[str]
    trials: list[RecordingResult] = field(default_factory=list)
    training: Mapping[str, Sequence[TrainingSeries]] = field(default_factory=dict)

    def movies(self, condition: str) -> list[str]:
        """Movies that were looked at, in order."""
        tried = [trial.movie for trial in self.trials if trial.condition == condition]
        return list(dict.fromkeys(tried))

    def by_movie(self, condition: str, method: str, figure: str) -> list[float] | None:
        """One value a movie: the mean over its recordings; None if it can't be told for one."""
        values: dict[str, list[float]] = {}
        for trial in self.trials:
            if trial.condition != condition:
                continue
            found = next(found for found in trial.measurements if found.method == method)
            value = found.value(figure)
            if value is None:
                return None
            values.setdefault(trial.movie, []).append(value)
        return [float(np.mean(values[movie])) for movie in self.movies(condition)]

    def summary(self, condition: str, method: str, figure: str) -> MeanAndError | None:
        """Mean and standard error over movies."""
        values = self.by_movie(condition, method, figure)
        return summarise(values) if values else None

    def true_flicker(self, condition: str, figure: str) -> float | None:
        """The truth's own, in percent of its span; None for a figure that is no flicker."""
        if figure not in FLICKER:
            return None
        own = [
            100 * getattr(trial.setting.course, figure) / trial.span
            for trial in self.trials
            if trial.condition == condition
        ]
        return float(np.mean(own))

    def test(self, condition: str, method: str, figure: str) -> PairedTest | None:
        """The first method against another, on the same movies."""
        first = self.by_movie(condition, self.methods[0], figure)
        second = self.by_movie(condition, method, figure)
        return paired_test(first, second) if first and second else None


def evaluate(
    sources: Sequence[EvaluationSource],
    conditions: Sequence[str],
    methods: Sequence[Method],
    *,
    seed: int,
    steps: Steps,
) -> Iterator[RecordingResult]:
    """Try every method on every recording in every condition.

    Parameters
    ----------
    sources : sequence of EvaluationSource
    conditions : sequence of str
        Names of crappifiers, or ``scanned``.
    methods : sequence of Method
        Closed at the end.
    seed : int
    steps : Steps

    Yields
    ------
    RecordingResult

    Raises
    ------
    UserError, EngineError
        If a recording or a method won't do, with the fix.
    """
    try:
        channels = dict.fromkeys(source.channel for source in sources)
        for channel, condition in product(channels, conditions):
            mine = [source for source in sources if source.channel == channel]
            for method in methods:
                if isinstance(method, BM3D):
                    _choose_sigma(method, mine, condition, seed=seed, steps=steps)
            for source in mine:
                recording = load(source, condition, seed)
                yield _trial(recording, source.title_of(condition), methods, steps=steps)
    finally:
        for method in methods:
            method.close()


def _trial(
    recording: EvaluationMovie, condition: str, methods: Sequence[Method], *, steps: Steps
) -> RecordingResult:
    setting = Setting.of(recording)
    measurements = []
    for method in methods:
        text = f"{recording.name}, {condition}: {method.name}"
        steps.begin(text, len(recording.truth))
        try:
            measurements.append(measure(method, recording, setting, advance=steps.advance))
        except ValueError as error:
            raise UserError(
                f"{recording.name} can't be measured: {error}.",
                "Leave out the frames with nothing in them, or the file.",
            ) from error
    lr, truth = recording.lr[setting.frame], recording.truth[setting.frame]
    _, goal = fit_to_truth(truth, truth)
    return RecordingResult(
        name=recording.name,
        movie=recording.movie,
        condition=condition,
        shape=recording.truth.shape,
        pixel_size_um=recording.pixel_size_um,
        interval_s=recording.interval_s,
        black=float(np.percentile(truth, TRUTH_PERCENTILES[0])),
        span=recording.span,
        prints=recording.prints,
        lr_snr=image_snr(lr),
        shift=shift_from_truth(lr, truth),
        setting=setting,
        truth=View.of(goal, setting.place),
        lr=View.of(lr.astype(np.float32), setting.place.in_lr()),
        measurements=measurements,
    )


def _choose_sigma(
    method: BM3D, sources: Sequence[EvaluationSource], condition: str, *, seed: int, steps: Steps
) -> None:
    """Set the sigma with the best PSNR on the middle frames, the truth being known.

    No user could choose it so; it is what BM3D can do at most.
    """
    totals = np.zeros(len(SIGMAS))
    for source in sources:
        recording = load(source, condition, seed)
        middle = len(recording.truth) // 2
        steps.begin(f"{recording.name}, {condition}: sigma for {method.name}", len(SIGMAS))
        method.begin(recording.lr)
        for number, sigma in enumerate(SIGMAS):
            method.sigma = sigma
            totals[number] += psnr_fit(method.restore(middle), recording.truth[middle])
            steps.advance()
    method.sigma = SIGMAS[int(totals.argmax())]


def shift_from_truth(lr: NDArray[np.generic], truth: NDArray[np.generic]) -> tuple[int, int]:
    """How far the truth lies from an LR frame, where the two correlate best.

    Parameters
    ----------
    lr : ndarray of real numbers, shape (H, W)
    truth : ndarray of real numbers, shape (4H, 4W)

    Returns
    -------
    tuple of int
        Down and right, in HR pixels; (0, 0) for frames that are registered.
    """
    enlarged = np.empty(truth.shape, np.float32)
    enlarge_bilinearly(lr.astype(np.float32), enlarged)
    blur = GaussianBlur(truth.shape, _BLUR)
    waves = [np.fft.fft2(tapered(blur(image))) for image in (enlarged, truth)]
    correlation = np.fft.ifft2(waves[0].conj() * waves[1]).real
    peak = np.unravel_index(int(correlation.argmax()), correlation.shape)
    down, right = (
        (int(place) + size // 2) % size - size // 2
        for place, size in zip(peak, correlation.shape, strict=True)
    )
    return down, right
