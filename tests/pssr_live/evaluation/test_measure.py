from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pssr_live.crappify import Counts
from pssr_live.evaluation import EvaluationMovie, find_sources, load
from pssr_live.evaluation.figures import COVERAGE, FIGURES
from pssr_live.evaluation.measure import Measurement, Setting, measure
from pssr_live.evaluation.methods import EngineMethod, RestoredPixels
from pssr_live.metrics import psnr_fit, psnr_raw, ssim_fit


class Oracle(EngineMethod):
    """Knows the truth, and gives it in counts."""

    def __init__(self, recording: EvaluationMovie) -> None:
        super().__init__("oracle")
        self._recording = recording

    def begin(self, lr: Counts) -> None:
        pass

    def restore(self, frame: int) -> RestoredPixels:
        found = self._recording
        return (found.black + found.unit * found.truth[frame]).astype(np.float32)


@pytest.fixture(scope="module")
def recording(movies: list[Path]) -> EvaluationMovie:
    return load(find_sources(movies[:1], [], [])[0], "detector", 0)


@pytest.fixture(scope="module")
def setting(recording: EvaluationMovie) -> Setting:
    return Setting.of(recording)


@pytest.fixture(scope="module")
def bilinear(recording: EvaluationMovie, setting: Setting) -> Measurement:
    return measure(EngineMethod("bilinear"), recording, setting, advance=lambda: None)


def test_the_truth_itself_is_faultless(recording: EvaluationMovie, setting: Setting) -> None:
    found = measure(Oracle(recording), recording, setting, advance=lambda: None)
    assert min(found.frames["psnr_fit"]) > 100
    assert min(found.frames["psnr_raw"]) > 100
    assert found.frames["ssim_fit"] == pytest.approx([1.0] * 4)
    assert found.frames["nrmse"] == pytest.approx([0.0] * 4, abs=1e-5)
    assert found.frames["rsp"] == pytest.approx([1.0] * 4, abs=1e-5)
    assert found.sigma == 0
    assert found.whole["consistency"] == pytest.approx(0, abs=1e-6)
    assert found.whole["frc_truth"] == 2.0
    assert found.whole["frc_scans"] == 2.0
    flicker = 100 * setting.course.flicker_structure / recording.span
    assert found.whole["flicker_structure"] == pytest.approx(flicker, rel=1e-3)
    assert np.abs(found.error_map.field).max() < 1e-4


def test_every_frame_is_compared_with_its_own_truth(
    recording: EvaluationMovie, bilinear: Measurement
) -> None:
    method = EngineMethod("bilinear")
    method.begin(recording.lr)
    for number, truth in enumerate(recording.truth):
        restored = method.restore(number)
        assert bilinear.frames["psnr_fit"][number] == pytest.approx(psnr_fit(restored, truth))
        assert bilinear.frames["ssim_fit"][number] == pytest.approx(ssim_fit(restored, truth))
        units = (restored - recording.black) / recording.unit
        expected = psnr_raw(units, truth, 1.0)
        assert bilinear.frames["psnr_raw"][number] == pytest.approx(expected)


def test_all_figures_are_told(bilinear: Measurement) -> None:
    for name in set(FIGURES) - set(COVERAGE):
        value = bilinear.value(name)
        assert value is not None, name
        assert np.isfinite(value), name
    assert bilinear.value("rsp_raw_frame") > bilinear.value("rsp")  # type: ignore[operator]


def test_a_single_frame_has_no_course_but_all_else(movies: list[Path]) -> None:
    recording = load(find_sources(movies[:1], [], [])[0], "detector", 0)
    still = EvaluationMovie(
        **{name: getattr(recording, name) for name in recording.__slots__}
        | {"truth": recording.truth[:1], "lr": recording.lr[:1], "second_lr": None}
    )
    found = measure(EngineMethod("rolling-mean"), still, Setting.of(still), advance=lambda: None)
    assert found.whole["consistency"] is None
    assert found.whole["flicker_structure"] is None
    assert found.whole["frc_scans"] is None
    assert np.isfinite(found.frames["psnr_fit"]).all()


def test_progress_is_told_frame_by_frame(recording: EvaluationMovie, setting: Setting) -> None:
    steps: list[int] = []
    measure(EngineMethod("bilinear"), recording, setting, advance=lambda: steps.append(1))
    assert len(steps) == len(recording.lr)
