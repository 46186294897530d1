"""All figures, curves and pictures of one method on one recording."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquisition import Line
from engines import SCALE_FACTOR, WINDOW_LENGTH, IntensityScale
from pssr_live.evaluation.methods import Method, RestoredPixels
from pssr_live.evaluation.movie_trace import CourseFollower, MovieTrace
from pssr_live.evaluation.places import CloseUp, View, close_up, line_through
from pssr_live.evaluation.recordings import SCANNED, EvaluationMovie
from pssr_live.evaluation.temporal import StaticPixels, static_pixels
from pssr_live.metrics import (
    AGAINST_TRUTH,
    TWO_SCANS,
    RingCorrelation,
    Squirrel,
    coverage,
    enlarged,
    fit_sigma,
    fit_to_truth,
    fourier_ring_correlation,
    image_snr,
    nrmse,
    psnr_raw,
    ssim_raw,
    ssim_v1,
)

# Frames, spread over the recording, whose ring correlations are averaged.
FRC_FRAMES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all methods on one recording share, found from the truth alone.

    Attributes
    ----------
    frame : int
        The frame that is shown.
    place : CloseUp
        The part of it that is enlarged.
    line : Line
        Of profile and kymograph.
    static : StaticPixels
    course : MovieTrace
        The truth's.
    """

    frame: int
    place: CloseUp
    line: Line
    static: StaticPixels
    course: MovieTrace

    @classmethod
    def of(cls, recording: EvaluationMovie) -> Setting:
        """Look at the truth."""
        truth = recording.truth
        frame = len(truth) // 2
        place = close_up(truth[frame])
        line = line_through(truth[frame], place)
        static = static_pixels(truth)
        follower = CourseFollower(truth.shape[1:], static, line)
        for image in truth:
            follower.add(image, image)
        return cls(frame=frame, place=place, line=line, static=static, course=follower.course())


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What one method made of one recording.

    Attributes
    ----------
    method, about : str
        Its name, and what ran it.
    frames : dict from str to list of float
        Figures of each frame, by their key in `figures.FIGURES`.
    whole : dict from str to float or None
        Figures of the whole recording; None where it can't be told.
    sigma : float
        Of the SQUIRREL blur against the truth, in HR pixels.
    course : MovieTrace
    frc_truth, frc_scans : RingCorrelation
        The latter None for LR frames that were scanned only once.
    image, error_map : View
        The shown frame, fitted to the truth on a scale of 0 to 1; and its SQUIRREL error map, in
        parts of the truth's span.
    promised : float or None
        Which part of the pixels its intervals are meant to hold, 0 to 1; None if it predicts none.
    expected : View or None
        Their half-width in the shown frame, in parts of the truth's span.
    """

    method: str
    about: str
    frames: dict[str, list[float]]
    whole: dict[str, float | None]
    sigma: float
    course: MovieTrace
    frc_truth: RingCorrelation
    frc_scans: RingCorrelation | None
    image: View
    error_map: View
    promised: float | None
    expected: View | None

    def value(self, figure: str) -> float | None:
        """A figure of the recording: its own, or the mean over its frames; None if it has none."""
        if figure not in self.frames:
            return self.whole.get(figure)
        mean = float(np.mean(self.frames[figure]))
        return mean if np.isfinite(mean) else None


def measure(
    method: Method, recording: EvaluationMovie, setting: Setting, *, advance: Callable[[], None]
) -> Measurement:
    """Restore a recording and compare it with the truth.

    Parameters
    ----------
    method : Method
    recording : EvaluationMovie
    setting : Setting
        Of this recording.
    advance : callable
        Called after each frame.

    Raises
    ------
    ValueError
        If a frame of the truth is one value everywhere.
    EngineError, UserError
        If the method can't restore this recording.
    """
    truth, lr = recording.truth, recording.lr
    method.begin(lr)
    shown = method.restore(setting.frame)
    fitted, _ = fit_to_truth(shown, truth[setting.frame])
    comparison = _Comparison(recording, setting, shown)
    error_map = comparison.error_map(shown, truth[setting.frame])
    expected = comparison.expected(shown, method.half_width, truth[setting.frame])
    follower = CourseFollower(truth.shape[1:], setting.static, setting.line)
    looked_at = np.unique(np.linspace(0, len(lr) - 1, FRC_FRAMES).round().astype(int))
    kept: dict[int, RestoredPixels] = {}
    frames: dict[str, list[float]] = {}
    for number, hr in enumerate(truth):
        restored = method.restore(number)
        figures = comparison.figures(restored, hr, lr[number])
        for name, value in (figures | comparison.coverage(restored, method.half_width, hr)).items():
            frames.setdefault(name, []).append(value)
        follower.add(restored, hr)
        if number in looked_at:
            kept[number] = restored
        advance()
    course = follower.course()
    frc_truth = _mean([fourier_ring_correlation(kept[n], truth[n]) for n in kept])
    frc_scans = None
    if recording.second_lr is not None:
        method.begin(recording.second_lr)
        frc_scans = _mean([fourier_ring_correlation(kept[n], method.restore(n)) for n in kept])
    return Measurement(
        method=method.name,
        about=method.about,
        frames=frames,
        whole=_course_figures(course, setting.course, recording.span)
        | {
            "frc_truth": frc_truth.resolution(AGAINST_TRUTH),
            "frc_scans": frc_scans.resolution(TWO_SCANS) if frc_scans else None,
        },
        sigma=comparison.sigma,
        course=course,
        frc_truth=frc_truth,
        frc_scans=frc_scans,
        image=View.of(fitted, setting.place),
        error_map=View.of(error_map, setting.place),
        promised=method.promised,
        expected=View.of(expected, setting.place) if expected is not None else None,
    )


class _Comparison:
    """Compares restored frames with truth and raw frames; the Gaussians are fitted once."""

    def __init__(self, recording: EvaluationMovie, setting: Setting, shown: RestoredPixels) -> None:
        truth, lr = recording.truth[setting.frame], recording.lr[setting.frame]
        self.sigma = fit_sigma(shown, truth)
        self._recording, self._background = recording, setting.static.background
        self._to_truth = Squirrel(truth.shape, 1, self.sigma)
        self._to_raw = Squirrel(lr.shape, SCALE_FACTOR, fit_sigma(shown, lr))
        self._brightness = IntensityScale.from_window(recording.lr[:WINDOW_LENGTH]).gain

    def figures(
        self, restored: RestoredPixels, hr: NDArray[np.generic], raw: NDArray[np.generic]
    ) -> dict[str, float]:
        """All figures of one frame."""
        span = self._recording.span
        as_is = (restored.astype(np.float64) - self._recording.black) / self._recording.unit
        fitted, goal = fit_to_truth(restored, hr)
        to_truth = self._to_truth.compare(restored, hr)
        to_raw = self._to_raw.compare(restored, raw)
        return {
            "psnr_fit": psnr_raw(fitted, goal, 1.0),
            "ssim_fit": ssim_raw(fitted, goal, 1.0),
            "ssim_v1": ssim_v1(restored, hr),
            "psnr_raw": psnr_raw(as_is, hr, span),
            "ssim_raw": ssim_raw(as_is, hr, span),
            "nrmse": nrmse(as_is, hr),
            "rsp": to_truth.rsp,
            "rse": to_truth.rse / span,
            "rsp_raw_frame": to_raw.rsp,
            "rse_raw_frame": to_raw.rse / self._brightness,
            "snr": image_snr(restored, self._background),
        }

    def error_map(self, restored: RestoredPixels, hr: NDArray[np.generic]) -> NDArray[np.float32]:
        """SQUIRREL's map against the truth, in parts of its span."""
        found = self._to_truth.compare(restored, hr).error_map
        return found / np.float32(self._recording.span)

    def coverage(
        self,
        restored: RestoredPixels,
        half_width: NDArray[np.float32] | None,
        hr: NDArray[np.floating],
    ) -> dict[str, float]:
        """How many pixels lie within their interval; nothing of a method without any."""
        if half_width is None:
            return {}
        gain, offset = self._gain_and_offset(restored, hr)
        return coverage(gain * restored + offset, gain * half_width, hr)

    def expected(
        self,
        restored: RestoredPixels,
        half_width: NDArray[np.float32] | None,
        hr: NDArray[np.floating],
    ) -> NDArray[np.floating] | None:
        """Half-widths in parts of the truth's span; None of a method without any."""
        if half_width is None:
            return None
        gain, _ = self._gain_and_offset(restored, hr)
        return enlarged(gain * half_width / self._recording.span)

    def _gain_and_offset(
        self, restored: RestoredPixels, hr: NDArray[np.floating]
    ) -> tuple[float, float]:
        """From counts to the truth's units: known, or, of another scan, by least squares."""
        found = self._recording
        if found.condition != SCANNED:
            return 1 / found.unit, -found.black / found.unit
        mean, goal = float(restored.mean(dtype=np.float64)), float(hr.mean(dtype=np.float64))
        centred = restored - mean
        product, power = float(np.mean(centred * (hr - goal))), float(np.mean(centred**2))
        gain = max(product / power, 0.0) if power else 0.0
        return gain, goal - gain * mean


def _course_figures(course: MovieTrace, truth: MovieTrace, span: float) -> dict[str, float | None]:
    if not course.neighbours.size:
        return dict.fromkeys(("consistency", "flicker_structure", "flicker_background"))
    return {
        "consistency": float(np.abs(course.neighbours - truth.neighbours).mean()),
        "flicker_structure": 100 * course.flicker_structure / span,
        "flicker_background": 100 * course.flicker_background / span,
    }


def _mean(correlations: Sequence[RingCorrelation]) -> RingCorrelation:
    curves = [correlation.correlation for correlation in correlations]
    return RingCorrelation(correlations[0].frequency, np.mean(curves, axis=0))
