"""What is said of a window that is unlike the training windows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engines import InputRange
from pssr_live.trust import Light
from pssr_live.trust.gate import InputGate
from pssr_live.trust.light import Finding
from pssr_live.trust.window_figures import WindowFigures

TRAINED_ON = InputRange(
    pixel_size_um=(0.1, 0.4),
    photons_at_peak=(3.0, 100.0),
    snr=(4.0, 40.0),
    interval_s=(0.1, 5.0),
    noise=(0.1, 0.8),
    saturated=(0.0, 0.001),
    contrast=(0.6, 0.99),
    width=(1.5, 6.0),
    change=(0.0, 0.3),
    disorder=(0.0, 0.3),
    black=(-0.1, 0.5),
    white=(0.3, 2.0),
)
USUAL = WindowFigures(
    snr=10.0,
    noise=0.3,
    saturated=0.0,
    contrast=0.9,
    width=3.0,
    change=0.05,
    disorder=0.0,
    black=0.05,
    white=0.9,
)


def found(pixel_size: float | None = 0.2, interval: float | None = 1.0, **changes: float) -> list:
    gate = InputGate(TRAINED_ON, pixel_size, interval)
    return list(gate.findings(replace(USUAL, **changes)))


def test_a_usual_window_has_nothing_against_it() -> None:
    assert found() == []
    assert found(pixel_size=None, interval=None) == []


def test_it_is_said_in_plain_words() -> None:
    assert found(snr=2.1) == [
        Finding(
            Light.AMBER,
            "snr",
            "Noisier than anything this engine was trained on: SNR 2.1, trained on 4 to 40.",
        )
    ]


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"snr": 1.0}, "snr"),
        ({"noise": 2.0}, "noise"),
        ({"saturated": 0.05}, "saturated"),
        ({"contrast": 0.1}, "contrast"),
        ({"change": 0.9}, "change"),
        ({"pixel_size": 1.0}, "pixel_size_um"),
        ({"pixel_size": 0.04}, "pixel_size_um"),
    ],
)
def test_far_out_is_red(changes: dict[str, float], cause: str) -> None:
    assert [(one.light, one.cause) for one in found(**changes)] == [(Light.RED, cause)]


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"interval": 60.0}, "interval_s"),
        ({"disorder": 0.9}, "disorder"),
        ({"width": 15.0}, "width"),
        ({"width": 0.5}, "width"),
        ({"black": -0.6}, "black"),
        ({"white": 0.05}, "white"),
        ({"white": 20.0}, "white"),
    ],
)
def test_what_may_be_harmless_is_never_red(changes: dict[str, float], cause: str) -> None:
    assert [(one.light, one.cause) for one in found(**changes)] == [(Light.AMBER, cause)]


@pytest.mark.parametrize(
    "changes", [{"snr": 900.0}, {"noise": 0.001}, {"change": 0.0}, {"interval": 0.001}]
)
def test_better_than_trained_on_is_no_fault(changes: dict[str, float]) -> None:
    assert found(**changes) == []


def test_figures_that_could_not_be_measured_or_are_not_in_the_manifest_say_nothing() -> None:
    assert found(width=float("nan")) == []
    older = InputRange(pixel_size_um=None, photons_at_peak=None, snr=None)
    assert list(InputGate(older, 0.2, 1.0).findings(replace(USUAL, snr=0.1, change=1.0))) == []
