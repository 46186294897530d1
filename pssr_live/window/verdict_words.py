"""The verdicts of frames.csv in plain words: the table has a light and a figure's name only."""

from __future__ import annotations

import math

from gui import Light, Verdict

_LIGHTS: dict[str, Light] = {"green": "green", "amber": "amber", "red": "red"}
_CAUSES = {
    "peak": "In one place the restored frame does not match the measured one",
    "rse_relative": "The restored frame as a whole does not match the measured one",
    "line": "The restored frame shows a thin line that was not measured, or lacks one that was",
    "ghost": "The restored frame contains a faint second copy of itself",
    "pattern": "A pattern that repeats with every raw pixel lies over the restored frame",
    "fine_structure": "The raw frame has structure as fine as its pixels that restored lacks",
    "row_shift": "Every second row is shifted: the phase of the bidirectional scan is off",
    "cut_off": "Brightness is cut off: the laser power or the detector's gain was too high",
    "disorder": "Frames are out of order, or jump back and forth",
    "change": "The sample moves or changes faster than what the engine was trained on",
    "snr": "Noisier than what the engine was trained on",
    "noise": "Dimmer than what the engine was trained on, or without any noise",
    "saturated": "Saturated: the laser power or the detector's gain was too high",
    "width": "Structures are softer, or finer, than at the start or in training",
    "contrast": "Hardly any background, unlike what the engine was trained on",
    "pixel_size_um": "The pixel size is not the one that the engine was trained on",
    "interval_s": "Frames are further apart in time than those the engine was trained on",
    "black": "The background is darker or brighter than it was, or than in training",
    "white": "Much dimmer or brighter than at the start of the recording",
}


def verdict_words(light: str, cause: str, figure: float = math.nan) -> Verdict | None:
    """Say what was recorded of one frame.

    Parameters
    ----------
    light, cause : str
        As they stand in frames.csv.
    figure : float
        The value that the cause names; NaN if it is not known.

    Returns
    -------
    Verdict or None
        None where no verdict was recorded.
    """
    if light not in _LIGHTS:
        return None
    if not cause:
        return Verdict(_LIGHTS[light], "")
    value = "" if math.isnan(figure) else f" {figure:.3g}"
    return Verdict(_LIGHTS[light], f"{_CAUSES.get(cause, 'See docs/trust.md')} ({cause}{value})")
