from __future__ import annotations

import math

import pytest

from acquisition.images.units import duration_s, length_um, moment_s, number


@pytest.mark.parametrize(
    ("said", "unit", "um"),
    [
        ("0.2", "µm", 0.2),
        ("0.2", "\u03bcm", 0.2),
        ("0,2", "um", 0.2),
        (0.2, "\\u00B5m", 0.2),
        ("0.2", "Â\u00b5m", 0.2),
        ("0.2", "microns", 0.2),
        ("0.2", "Micrometer", 0.2),
        ("200", "nm", 0.2),
        ("200", "NM", 0.2),
        ("200000", "pm", 0.2),
        ("2000", "Å", 0.2),
        ("2000", "å", 0.2),
        ("2000", "angstrom", 0.2),
        ("0.0002", "mm", 0.2),
        ("0.00002", "cm", 0.2),
        ("2e-7", "m", 0.2),
        ("1", "inch", 25400.0),
        ("1", "in", 25400.0),
        ("1", "thou", 25.4),
        ("2e-13", "Mm", 0.2),
        ("NaN", "µm", None),
        ("0", "µm", None),
        ("-0.2", "µm", None),
        ("inf", "µm", None),
        ("0.2", "pixel", None),
        ("0.2", "", None),
        (None, "µm", None),
    ],
)
def test_a_length_is_read_in_every_unit_and_spelling(
    said: object, unit: str, um: float | None
) -> None:
    assert length_um(said, unit) == (um and pytest.approx(um))


@pytest.mark.parametrize(
    ("said", "unit", "seconds"),
    [
        ("500", "ms", 0.5),
        ("500", "msec", 0.5),
        ("0,5", "s", 0.5),
        ("0.5", "Sec", 0.5),
        ("500000", "µs", 0.5),
        ("2", "min", 120.0),
        ("1", "h", 3600.0),
        ("1", "hours", 3600.0),
        ("1", "d", 86400.0),
        ("0", "s", None),
        ("-1", "s", None),
        ("nan", "s", None),
        ("1", "frames", None),
    ],
)
def test_an_interval_is_read_in_every_unit(said: str, unit: str, seconds: float | None) -> None:
    assert duration_s(said, unit) == (seconds and pytest.approx(seconds))


def test_a_moment_may_be_zero_but_not_before_the_beginning() -> None:
    assert moment_s("0", "s") == 0.0
    assert moment_s("250", "ms") == 0.25
    assert moment_s("-0.1", "s") is None
    assert moment_s("NaN", "s") is None


def test_what_is_no_number_is_unknown_rather_than_guessed() -> None:
    assert number("0,25") == 0.25
    assert number("1.5") == 1.5
    assert math.isnan(number("1,234.5"))
    assert math.isnan(number("1,2,3"))
    assert math.isnan(number("fast"))
    assert math.isnan(number(None))
