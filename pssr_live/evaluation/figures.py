"""The figures there are: what they are called, and which way is better."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

Better = Literal["higher", "lower", "truth", "neither"]


class Figure(NamedTuple):
    """One figure of merit.

    Attributes
    ----------
    title, unit : str
    better : {"higher", "lower", "truth", "neither"}
        ``truth``: the nearer to the truth's own, the better.
    digits : int
        After the decimal point.
    tells : str
        What it measures, in a sentence.
    """

    title: str
    unit: str
    better: Better
    digits: int
    tells: str


FIGURES: Mapping[str, Figure] = MappingProxyType(
    {
        "psnr_fit": Figure(
            *("PSNR", "dB", "higher", 2),
            "Peak signal-to-noise ratio against the truth, after one gain and one offset are "
            "fitted to each frame (PSSR v1).",
        ),
        "ssim_fit": Figure(
            *("SSIM", "", "higher", 3), "Structural similarity to the truth, after the same fit."
        ),
        "ssim_v1": Figure(
            *("SSIM, v1", "", "higher", 3),
            "Structural similarity as PSSR v1 computes it: an even window of 7 x 7 pixels, the "
            "means of both images taken off. The paper's tables have this one.",
        ),
        "rsp": Figure(
            *("RSP", "", "higher", 3),
            "SQUIRREL: correlation with the truth after the best Gaussian blur.",
        ),
        "rse": Figure(
            *("RSE", "", "lower", 4),
            "SQUIRREL: error after that blur and a fit, in parts of the truth's span.",
        ),
        "frc_truth": Figure(
            *("detail shared with the truth", "px", "lower", 1),
            "Finest wave on which restored and true frame correlate by more than 0.5 (FRC), "
            "in HR pixels.",
        ),
        "frc_scans": Figure(
            *("repeatable detail", "px", "neither", 1),
            "Finest wave on which two independently degraded scans, both restored, correlate by "
            "more than 1/7 (FRC). Repeatability, not resolution.",
        ),
        "consistency": Figure(
            *("|Δρ|", "", "lower", 4),
            "Correlation of neighbouring frames after a blur of 5 pixels: distance from the "
            "truth's own.",
        ),
        "flicker_structure": Figure(
            *("flicker, structure", "%", "truth", 2),
            "Change between neighbouring frames where the structure stands still, in percent of "
            "the truth's span. Best is what is nearest the truth's own: less is averaged over "
            "time.",
        ),
        "flicker_background": Figure(
            *("flicker, background", "%", "truth", 2), "The same where there is no structure."
        ),
        "rsp_raw_frame": Figure(
            *("RSP to the raw frame", "", "neither", 3),
            "SQUIRREL without truth: correlation with the LR frame after averaging over its pixels "
            "and a blur. The LR frame's noise bounds it; what keeps that noise scores best.",
        ),
        "rse_raw_frame": Figure(
            *("RSE to the raw frame", "", "neither", 4),
            "The error that goes with it, in parts of the LR recording's brightness.",
        ),
        "psnr_raw": Figure(
            *("PSNR, raw", "dB", "higher", 2), "Peak signal-to-noise ratio of pixels as they are."
        ),
        "ssim_raw": Figure(
            *("SSIM, raw", "", "higher", 3), "Structural similarity of pixels as they are."
        ),
        "nrmse": Figure(
            *("NRMSE", "", "lower", 3),
            "Root mean square error of pixels as they are, over the truth's root mean square.",
        ),
        "snr": Figure(
            *("SNR", "", "neither", 1),
            "(brightest pixel - mean of background) / sd of background. A method that invents a "
            "smooth background scores high too.",
        ),
        "inside": Figure(
            *("within the predicted interval", "%", "neither", 1),
            "Part of the pixels whose truth lies as near to the restored one as the engine says it "
            "will. As many as it promises is right; more is too cautious, fewer too sure.",
        ),
        "inside_brightest": Figure(
            *("the same, brightest tenth", "%", "neither", 1),
            "The same of the tenth of the pixels where the truth is brightest.",
        ),
    }
)
# Of engines that say how far off they may be, and were asked.
COVERAGE = ("inside", "inside_brightest")
FLICKER = ("flicker_structure", "flicker_background")
# What the terminal's table has room for, with headings that any terminal can print.
SHORT: Mapping[str, str] = MappingProxyType(
    {"psnr_fit": "PSNR dB", "ssim_fit": "SSIM", "rsp": "RSP", "consistency": "|d rho|"}
)
