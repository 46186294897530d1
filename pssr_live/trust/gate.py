"""Whether a window is like those the engine was trained on; if not, in plain words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engines import InputRange, Span
from pssr_live.trust.light import Finding, Light
from pssr_live.trust.window_figures import WindowFigures

# How far beyond the training windows' 1 and 99 percentiles a figure may lie: a little, which is
# amber beyond, or much, which is red.
_FACTORS = {Light.AMBER: 1.25, Light.RED: 2.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """What it means if one figure lies below or above its range; nothing where a text is empty.

    Attributes
    ----------
    title : str
        Of the figure, with the place of its value and its unit.
    below, above : str
        What is wrong then.
    step : float
        What counts as much for a figure whose range may begin at 0: it is added, not multiplied. 0
        for a figure whose range is told by factors.
    percent : bool
        Whether it is told in percent.
    worst : Light
    """

    title: str
    below: str = ""
    above: str = ""
    step: float = 0.0
    percent: bool = False
    worst: Light = Light.RED

    def limits(self, span: Span, light: Light) -> Span:
        """Lowest and highest value that do not yet give this light."""
        low, high = span
        factor = _FACTORS[light]
        if self.step:
            room = (factor - 1) * self.step
            return low - room, high + room
        return low / factor, high * factor

    def value(self, number: float) -> str:
        """A number as it is told."""
        return f"{_plain(100 * number)} %" if self.percent else _plain(number)


_RULES: Mapping[str, _Rule] = {
    "disorder": _Rule(
        title="another order of the frames would save {} of what changes between them",
        above="Frames are shuffled, or jump back and forth",
        step=0.2,
        percent=True,
        worst=Light.AMBER,
    ),
    "change": _Rule(
        title="{} of the structure changes from frame to frame",
        above="Moves or changes faster than anything this engine was trained on",
        step=0.4,
        percent=True,
    ),
    "snr": _Rule(title="SNR {}", below="Noisier than anything this engine was trained on"),
    "noise": _Rule(
        title="noise of {} of the brightest structures",
        above="Dimmer than anything this engine was trained on",
        percent=True,
    ),
    "saturated": _Rule(
        title="{} of the pixels",
        above="Saturated: lower the laser power or the detector's gain",
        step=0.01,
        percent=True,
    ),
    "width": _Rule(
        title="structures {} LR pixels wide",
        # Told as a lower bound, it falls with noise too.
        below="Finer structures, or more noise, than in anything this engine was trained on",
        above="Softer than anything this engine was trained on, perhaps out of focus",
        worst=Light.AMBER,
    ),
    "contrast": _Rule(
        title="{} of the range of brightness above the median",
        below="Hardly any background, unlike anything this engine was trained on",
        step=0.4,
        percent=True,
    ),
    "pixel_size_um": _Rule(
        title="{} µm",
        below="Finer pixels than any this engine was trained on",
        above="Coarser pixels than any this engine was trained on",
    ),
    "interval_s": _Rule(
        title="{} s",
        above="Frames are further apart in time than any this engine was trained on",
        worst=Light.AMBER,
    ),
    "black": _Rule(
        title="darkest parts at {} of the scale",
        below="Darker than at the start of the recording: the detector's offset has changed",
        above="The background is brighter than in anything this engine was trained on",
        step=0.4,
        worst=Light.AMBER,
    ),
    "white": _Rule(
        title="brightest parts at {} of the scale",
        below="Much dimmer than at the start of the recording",
        above="Much brighter than at the start of the recording",
        worst=Light.AMBER,
    ),
}


class InputGate:
    """Compares windows with what an engine was trained on.

    Parameters
    ----------
    trained_on : InputRange
        Of the engine's manifest.
    pixel_size_um, interval_s : float or None
        Of the frames, where the source says.
    """

    def __init__(
        self, trained_on: InputRange, pixel_size_um: float | None, interval_s: float | None
    ) -> None:
        self._spans = {name: span for name, span in trained_on if span is not None}
        self._format = {"pixel_size_um": pixel_size_um, "interval_s": interval_s}

    def findings(self, figures: WindowFigures) -> Iterator[Finding]:
        """Yield what is out of range.

        Parameters
        ----------
        figures : WindowFigures

        Yields
        ------
        Finding
        """
        for name, rule in _RULES.items():
            span = self._spans.get(name)
            value = self._format[name] if name in self._format else getattr(figures, name)
            if value is None or span is None or math.isnan(value):
                continue
            for light in (Light.RED, Light.AMBER):
                low, high = rule.limits(span, light)
                text = rule.below if value < low else rule.above if value > high else ""
                if text:
                    words = f"{text}: {_told(rule, value, span)}."
                    yield Finding(min(light, rule.worst), name, words)
                    break


def _plain(number: float) -> str:
    """Two significant digits, and never a power of ten: 150, not 1.5e+02."""
    return f"{float(f'{number:.2g}'):.10g}"


def _told(rule: _Rule, value: float, span: Span) -> str:
    low, high = map(rule.value, span)
    trained = f"trained on {high}" if low == high else f"trained on {low} to {high}"
    return f"{rule.title.format(rule.value(value))}, {trained}"
