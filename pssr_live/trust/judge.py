"""The verdict on a restored frame, as far as there can be one without the truth."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from acquisition import WINDOW_LENGTH, FrameFormat, PixelType, Window
from engines import InputRange, IntensityScale
from pssr_live.trust.expected_error import ExpectedError
from pssr_live.trust.fine_structure import FineStructure
from pssr_live.trust.gate import InputGate
from pssr_live.trust.light import Finding, Light
from pssr_live.trust.noise import Image, NoiseModel
from pssr_live.trust.reprojection import BLOCK, Reprojection, Reprojector, peak_of_noise
from pssr_live.trust.resolvability import Resolvability
from pssr_live.trust.restored_faults import restored_findings
from pssr_live.trust.scanner_faults import scanner_findings
from pssr_live.trust.window_figures import WindowFigures, WindowMeter

# Amber: what one in a hundred good frames exceeds, rounded up, of half of the recordings that
# docs/trust.md names; the other half tells how often it is right. Red: about twice as far.
# Of the residual's peak, what lies beyond that of noise alone.
PEAK_LIMITS = {Light.AMBER: 4.3, Light.RED: 8.0}
RSE_LIMITS = {Light.AMBER: 1.2, Light.RED: 1.5}
# How many times as wide as in the first window structures may be.
WIDTH_LIMITS = {Light.AMBER: 1.4, Light.RED: 2.0}
_NO_NOISE = Finding(
    Light.AMBER,
    "noise",
    "All frames are the same, without any noise: the camera repeats itself, or its frames were "
    "processed. Nothing can be told from them.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What speaks for and against one restored frame.

    Attributes
    ----------
    figures : WindowFigures
        What its window is like.
    agreement : Reprojection
        How it agrees with the frame that was measured, with the residual map.
    light : Light
    cause : str
        The figure that the light hangs on, by name; empty for green.
    reason : str
        All that speaks against it, in sentences, the worst first; empty for green.
    expected : ExpectedError or None
        What the engine expects of itself, which the light does not hang on: it is no check. None
        if it was not asked.
    resolvability : Resolvability or None
        Where noise, or the engine, leaves open what is one and what is two; None where the frames
        have no noise to tell it from.
    """

    figures: WindowFigures
    agreement: Reprojection
    light: Light
    cause: str
    reason: str
    expected: ExpectedError | None = None
    resolvability: Resolvability | None = None

    def map_of(self, shape: tuple[int, ...]) -> Image:
        """Spread the residual map over the pixels of the measured frame.

        Parameters
        ----------
        shape : tuple of int
            Height and width of the frame.

        Returns
        -------
        ndarray of float32, shape (H, W)
        """
        spread = self.agreement.residual.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1)
        missing = [(0, size - there) for size, there in zip(shape, spread.shape, strict=True)]
        return np.pad(spread, missing, mode="edge")

    def kept(self) -> Trust:
        """Return it with a residual map of its own, and maps that can't be written to."""
        residual = self.agreement.residual.copy()
        residual.flags.writeable = False
        agreement, expected = replace(self.agreement, residual=residual), self.expected
        if expected is not None:
            half_width = expected.half_width.view()
            half_width.flags.writeable = False
            expected = replace(expected, half_width=half_width)
        return replace(self, agreement=agreement, expected=expected)


class Judge:
    """Judges the restored frames of one recording, or of one stretch of a live session.

    Parameters
    ----------
    frame_format : FrameFormat
        Of the raw frames.
    scale_factor : int
        Restored pixels to one raw pixel along a side.
    intensity : IntensityScale
        The recording's.
    trained_on : InputRange or None
        Of the engine's manifest; None for a baseline.
    sigma : float
        Of the forward model, see `pssr_live.trust.reprojection.fit_forward_model`.
    """

    def __init__(
        self,
        frame_format: FrameFormat,
        scale_factor: int,
        intensity: IntensityScale,
        *,
        trained_on: InputRange | None,
        sigma: float,
    ) -> None:
        shape = frame_format.shape
        self._intensity = intensity
        self._meter = WindowMeter(shape)
        self._reprojector = Reprojector(shape, scale_factor, sigma)
        self._fine_structure = FineStructure(shape)
        self._gate = (
            InputGate(trained_on, frame_format.pixel_size_um, frame_format.interval_s)
            if trained_on is not None
            else None
        )
        self._first_width = math.nan
        self._noise_peak = peak_of_noise(shape)

    def begin(self, first_frames: NDArray[PixelType]) -> None:
        """Remember how sharp a recording begins.

        Parameters
        ----------
        first_frames : ndarray, shape (n, H, W)
            Of the recording, at most five.
        """
        if len(first_frames) > 1:
            figures, _ = self._meter.measure(first_frames, 0, self._intensity)
            self._first_width = figures.width

    def look(
        self,
        window: Window,
        restored: NDArray[PixelType],
        half_width: NDArray[np.float32] | None = None,
    ) -> Trust | None:
        """Judge one restored frame.

        Parameters
        ----------
        window : Window
            What it was restored from.
        restored : ndarray, shape (sH, sW)
        half_width : ndarray of float32, shape (H, W), optional
            Of the engine's predicted intervals, in counts; goes into the verdict as it is.

        Returns
        -------
        Trust or None
            Its residual map is valid until the next call. None for a frame without a neighbour:
            nothing tells its noise.

        Raises
        ------
        ValueError
            If the images are of other sizes than the judge is for.
        """
        first = WINDOW_LENGTH // 2 - window.before
        last = WINDOW_LENGTH // 2 + window.after
        if first == last:
            return None
        frames, centre = window.pixels[first : last + 1], WINDOW_LENGTH // 2 - first
        figures, noise = self._meter.measure(frames, centre, self._intensity)
        agreement = self._reprojector.compare(restored, frames, centre, noise=noise)
        resolvability = self._resolvability(frames, figures, noise) if noise.told else None
        against = (
            [
                *self._against(agreement),
                *self._as_a_whole(restored, agreement=agreement, figures=figures),
            ]
            if resolvability is not None
            else [_NO_NOISE]
        )
        findings = [*against, *self._focus(figures), *scanner_findings(frames, centre)]
        if self._gate is not None:
            findings += self._gate.findings(figures)
        if resolvability is not None:
            findings += resolvability.findings()
        findings.sort(key=lambda finding: -finding.light)
        worst = findings[0] if findings else Finding(Light.GREEN, "", "")
        reason = " ".join(finding.words for finding in findings)
        expected = ExpectedError.of(half_width, restored) if half_width is not None else None
        return Trust(
            figures=figures,
            agreement=agreement,
            light=worst.light,
            cause=worst.cause,
            reason=reason,
            expected=expected,
            resolvability=resolvability,
        )

    def _resolvability(
        self, frames: NDArray[PixelType], figures: WindowFigures, noise: NoiseModel
    ) -> Resolvability:
        gain, offset = self._intensity.gain, self._intensity.offset
        dark, bright = (offset + gain * part for part in (figures.black, figures.white))
        sampled = self._reprojector.sampled
        fused = self._fine_structure.fused(frames, sampled, dark=dark, span=bright - dark)
        return Resolvability.of(noise, dark, bright, fused=fused)

    def _against(self, agreement: Reprojection) -> Iterator[Finding]:
        light = _reached(agreement.peak - self._noise_peak, PEAK_LIMITS)
        if light is not None:
            residual = agreement.residual
            row, column = np.unravel_index(int(np.abs(residual).argmax()), residual.shape)
            what = "shows" if residual[row, column] > 0 else "lacks"
            was = "was not measured" if residual[row, column] > 0 else "was measured"
            yield Finding(
                light,
                "peak",
                f"The restored frame {what} something that {was}, {agreement.peak:.0f} times the "
                f"noise, near row {BLOCK * row}, column {BLOCK * column} of the raw frame.",
            )
        light = _reached(agreement.rse_relative, RSE_LIMITS)
        if light is not None:
            yield Finding(
                light,
                "rse_relative",
                "The restored frame as a whole does not match the measured one: it differs "
                f"{agreement.rse_relative:.1f} times as much as noise explains.",
            )

    def _as_a_whole(
        self,
        restored: NDArray[PixelType],
        *,
        agreement: Reprojection,
        figures: WindowFigures,
    ) -> Iterator[Finding]:
        gain, span = self._intensity.gain, figures.white - figures.black
        yield from restored_findings(
            restored,
            agreement.residual,
            self._reprojector.blocks,
            span=span * gain,
            noise=figures.noise,
            noise_peak=self._noise_peak,
        )

    def _focus(self, figures: WindowFigures) -> Iterator[Finding]:
        light = _reached(figures.width / self._first_width, WIDTH_LIMITS)
        if light is not None:
            yield Finding(
                light,
                "width",
                "Softer than at the start of the recording, perhaps out of focus: structures "
                f"{figures.width:.1f} LR pixels wide, {self._first_width:.1f} at the start.",
            )


def _reached(value: float, limits: Mapping[Light, float]) -> Light | None:
    """Find the worst light whose limit a value exceeds."""
    return max((light for light, limit in limits.items() if value > limit), default=None)
