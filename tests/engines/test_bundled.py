"""The engine that comes with pssr-live, through the real runtime, on real images it never saw."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from engines import Engine, IntensityScale, bundled_names, load_bundle, open_engine
from engines.export import run_onnx
from pssr_live.crappify import (
    Counts,
    Crappifier,
    Detector,
    HRSeries,
    SaltPepperGaussian,
    read_hr,
    scaled,
)
from pssr_live.metrics import psnr_fit
from tests.places import DATA, ROOT

NAME = "mito-lite"
DOSES = [Detector(photons=photons) for photons in (4.0, 8.0, 12.0, 30.0, 80.0)]
DETECTOR = Detector(photons=12.0)

Film = NDArray[np.float32]


@pytest.fixture(scope="module", params=["hela_mitochondria", "lysosomes"])
def hr(request: pytest.FixtureRequest) -> HRSeries:
    """A real HR time-lapse, kept out of training: whole 4x4 cells, five frames."""
    series = scaled(read_hr(DATA / f"{request.param}.tif"))
    return replace(series, frames=series.frames[:5])


@pytest.fixture(scope="module")
def restore() -> Iterator[Callable[[str, Counts], NDArray[np.float64]]]:
    """Restore a window with a named engine on whatever backend is the fastest here.

    An engine is opened once for all windows of a format.
    """
    with ExitStack() as stack:

        @cache
        def opened(name: str, height: int, width: int, dtype: np.dtype[np.generic]) -> Engine:
            engine = open_engine(name, height=height, width=width, dtype=dtype).engine
            stack.callback(engine.close)
            return engine

        def run(name: str, window: Counts) -> NDArray[np.float64]:
            engine = opened(name, *window.shape[1:], window.dtype)
            restored = engine.restore(window, IntensityScale.from_window(window))
            return restored.astype(np.float64)

        yield run


def lr(series: HRSeries, crappifier: Crappifier, seed: int = 0) -> Counts:
    return crappifier.apply(series.frames, np.random.default_rng(seed))


def assert_better(restore, window: Counts, truth: Film, margin: float = 0.0) -> None:
    """Better than bilinear enlargement and the rolling mean."""
    gained = psnr_fit(restore(NAME, window), truth)
    for baseline in ("bilinear", "rolling-mean"):
        assert gained > psnr_fit(restore(baseline, window), truth) + margin


def test_it_is_bundled_and_says_what_it_was_made_of() -> None:
    assert NAME in bundled_names()
    manifest = load_bundle(NAME).manifest
    assert manifest.frames == 5
    assert manifest.scale_factor == 4
    assert all(series.licence and series.source for series in manifest.training)
    assert manifest.validation
    assert "train" in manifest.command


def test_its_manifest_states_no_series_where_a_baseline_is_better() -> None:
    for figure in load_bundle(NAME).manifest.validation:
        assert figure.engine > figure.bilinear
        assert figure.engine > figure.rolling_mean


def test_the_model_card_states_the_manifest_s_figures() -> None:
    card = (ROOT / "docs" / "engines" / f"{NAME}.md").read_text(encoding="utf-8")
    for figure in load_bundle(NAME).manifest.validation:
        values = (figure.bilinear, figure.rolling_mean, figure.engine)
        row = " | ".join([figure.series, figure.crappifier, *(f"{value:.2f}" for value in values)])
        assert f"| {row} | {figure.engine_ssim:.3f} |" in card


@pytest.mark.parametrize(
    "wrong",
    [
        lambda units: units[::-1],
        lambda units: np.roll(units, 1, axis=0),
        lambda units: np.roll(units, 1, axis=1),
        lambda units: units.transpose(0, 2, 1)[:, :40, :40],
    ],
    ids=["frames in reverse", "one frame late", "one row astray", "transposed"],
)
def test_its_proof_finds_a_wrong_build_out(wrong: Callable[[Film], Film]) -> None:
    """What a mistaken backend might do is off by clearly more than the tolerance."""
    bundle = load_bundle(NAME)
    proof = bundle.proof
    units = wrong(proof.intensity.to_network(proof.window))
    redone = run_onnx(bundle.model.read_bytes(), np.ascontiguousarray(units))
    height, width = redone.shape
    error = np.abs(redone - proof.intensity.to_network(proof.restored)[:height, :width]).max()
    assert error > 1.5 * bundle.manifest.tolerance


def test_no_validation_series_was_trained_on() -> None:
    manifest = load_bundle(NAME).manifest
    trained = {series.name for series in manifest.training}
    assert not trained & {figure.series for figure in manifest.validation}


@pytest.mark.parametrize("detector", DOSES, ids=lambda one: f"{one.photons:g} photons")
def test_it_beats_the_baselines_at_any_dose(restore, hr: HRSeries, detector: Detector) -> None:
    assert_better(restore, lr(hr, detector), hr.frames[2])


def test_it_beats_the_baselines_on_the_paper_s_crappifier(restore, hr: HRSeries) -> None:
    assert_better(restore, lr(hr, SaltPepperGaussian()), hr.frames[2], margin=0.5)


@pytest.mark.parametrize(
    "detector",
    [
        replace(DETECTOR, gain=6.0, bits=12),
        replace(DETECTOR, offset=100.0),
        replace(DETECTOR, offset=2000.0),
        replace(DETECTOR, gain=12.0, offset=8.0, bits=8),
        replace(DETECTOR, gain=4000.0, offset=1000.0),
    ],
    ids=["dim 12 bits", "offset of 100", "offset of 2000", "8 bits", "bright 16 bits"],
)
def test_counts_it_never_saw_do_not_lead_it_astray(
    restore, hr: HRSeries, detector: Detector
) -> None:
    assert_better(restore, lr(hr, detector), hr.frames[2])


def test_a_saturated_speck_stays_where_it_is(restore, hr: HRSeries) -> None:
    window = lr(hr, replace(DETECTOR, bits=12))
    clean = restore(NAME, window)
    place = (window.shape[1] // 2, window.shape[2] // 3)
    specked = window.copy()
    specked[1, place[0], place[1]] = 4095
    restored = restore(NAME, specked)
    away = np.ones(clean.shape, bool)
    y, x = 4 * place[0], 4 * place[1]
    away[max(y - 48, 0) : y + 52, max(x - 48, 0) : x + 52] = False
    assert (
        psnr_fit(restored[away], hr.frames[2][away])
        > psnr_fit(clean[away], hr.frames[2][away]) - 0.3
    )


def test_a_saturated_speck_in_all_frames_stays_where_it_is(restore, hr: HRSeries) -> None:
    window = lr(hr, replace(DETECTOR, bits=16))
    clean = restore(NAME, window)
    window[:, 5, 5] = 65535
    restored = restore(NAME, window)
    assert psnr_fit(restored[80:, 80:], clean[80:, 80:]) > 30


def test_a_nearly_empty_field_stays_dark(restore) -> None:
    """Noise is not drawn into structures: the restored field is quieter than a raw frame."""
    empty = np.full((5, 128, 128), 0.01, np.float32)
    window = DETECTOR.apply(empty, np.random.default_rng(0))
    restored = restore(NAME, window)
    assert restored.std() < 0.7 * window[2].std()
    assert abs(restored.mean() - window.mean()) < window.std()


def test_a_single_faint_structure_in_an_empty_field_is_kept(restore) -> None:
    field = np.zeros((5, 128, 128), np.float32)
    field[:, 60:66, 20:100] = 1.0
    window = DETECTOR.apply(field, np.random.default_rng(0))
    assert_better(restore, window, field[2])


def test_an_even_field_comes_out_even_up_to_the_edges(restore) -> None:
    window = np.full((5, 40, 48), 1000, np.uint16)
    window[:, 10:30, 10:30] = 3000
    restored = restore(NAME, window)
    for edge in (restored[:4], restored[-4:], restored[:, :4], restored[:, -4:]):
        assert abs(edge.mean() - 1000) < 100


def test_restored_frames_show_no_grid_of_cells(restore, hr: HRSeries) -> None:
    """A checkerboard would lift the power at a period of one LR pixel above its neighbours."""
    restored = restore(NAME, lr(hr, DETECTOR))
    rows = np.abs(np.fft.rfft(restored - restored.mean(axis=0), axis=0)).mean(axis=1)
    quarter = len(restored) // 4
    nearby = np.r_[rows[quarter - 6 : quarter - 1], rows[quarter + 2 : quarter + 7]]
    assert rows[quarter - 1 : quarter + 2].max() < 2.5 * np.median(nearby)


@pytest.mark.parametrize("name", bundled_names())
def test_what_it_restores_stays_the_same_when_it_says_how_far_off_that_may_be(name: str) -> None:
    bundle = load_bundle(name)
    window, intensity, _ = bundle.proof
    height, width = window.shape[1:]
    restored = []
    for uncertain in (False, True):
        engine = open_engine(
            name,
            backend="onnxruntime",
            height=height,
            width=width,
            dtype=window.dtype,
            uncertain=uncertain,
        ).engine
        restored.append(engine.restore(window, intensity).astype(int))
        half_width = None if engine.half_width is None else engine.half_width.copy()
        engine.close()
    # Two graphs may round the last bit, and so a count, differently.
    assert np.abs(restored[1] - restored[0]).max() <= 1
    assert half_width is not None
    assert half_width.min() > 0
    off = np.abs(restored[1] - bundle.proof.restored).mean()
    assert off < half_width.mean() < intensity.gain


@pytest.mark.parametrize("name", bundled_names())
def test_its_manifest_says_how_far_its_promise_held_on_each_recording(name: str) -> None:
    manifest = load_bundle(name).manifest
    assert manifest.uncertainty is not None
    counted = [(row.series, row.crappifier) for row in manifest.uncertainty.coverage]
    assert counted == [(row.series, row.crappifier) for row in manifest.validation]
    assert f"--uncertainty {name}" in manifest.uncertainty.command
