"""Faults planted in real recordings are flagged, and good frames are not.

A small version of benchmarks/planted_faults.py, on crops that the engine was not trained on.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from pssr_live.crappify import Detector, read_hr, scaled
from pssr_live.trust import Light, Trust
from tests.places import DATA
from tests.pssr_live.trust import faults
from tests.pssr_live.trust.faults import Field

judged = partial(faults.judged, engine="mito-lite", most=4)


@pytest.fixture(scope="module")
def fields() -> list[Field]:
    found = []
    for name in ("lysosomes", "hela_mitochondria"):
        series = scaled(read_hr(DATA / f"{name}.tif"))
        size, scanner = series.pixel_size_um, Detector(photons=20.0)
        found.append(Field(series.name, series.frames, size, series.interval_s, scanner))
    return found


def flagged(verdicts: list[Trust]) -> float:
    return float(np.mean([trust.light > Light.GREEN for trust in verdicts]))


def causes(verdicts: list[Trust]) -> set[str]:
    return {trust.cause for trust in verdicts}


def test_good_frames_are_not_flagged(fields: list[Field]) -> None:
    assert flagged([trust for field in fields for trust in judged(field)]) <= 0.15


def test_what_was_left_out_is_flagged(fields: list[Field]) -> None:
    found = [trust for field in fields for trust in judged(field, rework=faults.erased(32))]
    assert flagged(found) > 0.7
    assert "peak" in causes(found)


def test_what_was_pasted_in_is_flagged(fields: list[Field]) -> None:
    wrong = faults.pasted(40, [field.hr[0] for field in fields])
    found = [trust for field in fields for trust in judged(field, rework=wrong)]
    assert flagged(found) > 0.6


@pytest.mark.parametrize(
    ("scans", "cause"),
    [(faults.overexposed, "saturated"), (faults.too_fast, "change")],
    ids=["overexposed", "too fast"],
)
def test_windows_that_no_engine_can_restore_are_flagged(
    fields: list[Field], scans: faults.Scans, cause: str
) -> None:
    found = [trust for field in fields for trust in judged(field, scans=scans, sharp_start=False)]
    assert flagged(found) > 0.7
    assert cause in causes(found)


def test_focus_that_is_lost_is_noticed(fields: list[Field]) -> None:
    found = [trust for field in fields for trust in judged(field, scans=faults.defocused)]
    assert flagged(found) > 0.6
    assert "width" in causes(found)
