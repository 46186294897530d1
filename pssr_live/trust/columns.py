"""The figures of a verdict by name: columns of frames.csv, fields of a published header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields

from pssr_live.trust.judge import Trust
from pssr_live.trust.window_figures import WindowFigures

_AGREEMENT = ("rsp", "rse", "rsp_relative", "rse_relative", "peak")
FIGURES = (*_AGREEMENT, *(field.name for field in fields(WindowFigures)))
VERDICT = ("light", "cause")
UNCERTAINTY = "uncertainty"


def figures_of(trust: Trust) -> Mapping[str, float]:
    """All figures, in the order of `FIGURES`; NaN for what could not be measured."""
    agreement = trust.agreement
    return {name: getattr(agreement, name) for name in _AGREEMENT} | asdict(trust.figures)


def uncertainty_of(trust: Trust) -> float:
    """What the engine typically expects to be off by, in parts of the frame's range of brightness.

    NaN if it was not asked, or the frame has no light; see
    `pssr_live.trust.expected_error.ExpectedError`.
    """
    return trust.expected.typical if trust.expected is not None else float("nan")
