from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines import BACKENDS, Bundle, Engine, EngineError, IntensityScale
from engines.trial import proof_error
from tests.engines.conftest import (
    SMALLEST_SIDE,
    TOLERANCE,
    BundleMaker,
    noisy_window,
    tiny_model,
    tiny_proof,
    tiny_restore,
)

SCALE = IntensityScale(10.0, 100.0)
# Parts of a value that are lost where the enlargement is computed.
ROUNDING = {"bf16": 2.0**-8, "int8": 2.0**-8, "fp16": 2.0**-10}


def tolerance(backend: str) -> float:
    return TOLERANCE if backend.endswith(("bf16", "fp16", "int8")) else 1e-5


def rounding(backend: str) -> float:
    return ROUNDING.get(backend.rpartition("-")[2], 0.0)


def ready(backend: str, bundle: Bundle, height: int, width: int, dtype: type) -> Engine:
    engine = BACKENDS[backend].load(bundle)
    engine.warm_up(height, width, dtype)
    return engine


def test_the_proof_is_reproduced(backend: str, bundle: Bundle) -> None:
    engine = BACKENDS[backend].load(bundle)
    assert proof_error(engine, bundle) <= tolerance(backend)


def test_an_engine_says_what_it_is(backend: str, bundle: Bundle) -> None:
    engine = BACKENDS[backend].load(bundle)
    assert engine.name == "tiny"
    assert engine.backend == BACKENDS[backend].title
    assert engine.digest == bundle.manifest.files["model.onnx"]
    assert engine.scale_factor == 4


@given(
    height=st.integers(SMALLEST_SIDE, 40),
    width=st.integers(SMALLEST_SIDE, 40),
    dtype=st.sampled_from([np.uint8, np.uint16]),
)
@settings(max_examples=15, deadline=None)
def test_frames_of_any_size_are_restored(
    backend: str, bundle: Bundle, height: int, width: int, dtype: type[np.unsignedinteger]
) -> None:
    window = noisy_window(height, width, dtype, seed=height)
    engine = ready(backend, bundle, height, width, dtype)
    restored = engine.restore(window, SCALE)
    expected = tiny_restore(window, SCALE).clip(0, np.iinfo(dtype).max)
    assert restored.dtype == dtype
    np.testing.assert_allclose(restored, expected, atol=0.5 + tolerance(backend) * SCALE.gain)
    engine.close()


def test_an_engine_for_one_frame_sees_the_centre_frame(
    backend: str, make_bundle: BundleMaker
) -> None:
    proof = tiny_proof()
    alone = tiny_restore(proof.window[2:3], proof.intensity).astype(np.float32)
    bundle = make_bundle(tiny_model(frames=1), proof._replace(restored=alone), frames=1)
    assert proof_error(BACKENDS[backend].load(bundle), bundle) <= TOLERANCE


@pytest.mark.parametrize("level", [0, 100, 117, 4000, 65535])
def test_a_field_that_is_the_same_everywhere_stays_as_it_is(
    backend: str, bundle: Bundle, level: int
) -> None:
    window = np.full((5, 17, 31), level, dtype=np.uint16)
    restored = ready(backend, bundle, 17, 31, np.uint16).restore(window, SCALE)
    slack = abs(level - SCALE.offset) * rounding(backend)
    assert np.abs(restored.astype(int) - level).max() <= slack


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_counts_are_clipped_at_both_ends(
    backend: str, bundle: Bundle, dtype: type[np.unsignedinteger]
) -> None:
    highest = np.iinfo(dtype).max
    window = np.zeros((5, 12, 12), dtype=dtype)
    window[:, 4:8:3, 4:8:3] = highest
    scale = IntensityScale(0.0, float(highest))
    expected = tiny_restore(window, scale)
    assert expected.min() < -0.05 * highest
    assert expected.max() > 1.05 * highest
    restored = ready(backend, bundle, 12, 12, dtype).restore(window, scale)
    assert (restored[expected < -0.05 * highest] == 0).all()
    assert (restored[expected > 1.05 * highest] == highest).all()


def test_the_result_is_written_where_it_is_wanted(backend: str, bundle: Bundle) -> None:
    window = noisy_window(9, 10)
    engine = ready(backend, bundle, 9, 10, np.uint16)
    new = engine.restore(window, SCALE)
    places = np.full((3, 36, 40), 7, dtype=np.uint16)
    assert engine.restore(window, SCALE, places[1]).base is places
    np.testing.assert_array_equal(places[1], new)
    assert (places[[0, 2]] == 7).all()


def test_a_result_stays_when_the_next_frame_is_restored(backend: str, bundle: Bundle) -> None:
    engine = ready(backend, bundle, 9, 10, np.uint16)
    first = engine.restore(noisy_window(9, 10, seed=1), SCALE)
    kept = first.copy()
    engine.restore(noisy_window(9, 10, seed=2), SCALE)
    np.testing.assert_array_equal(first, kept)


def test_a_window_that_is_read_only_and_not_contiguous_is_restored(
    backend: str, bundle: Bundle
) -> None:
    window = noisy_window(9, 20)
    strided = window[:, :, ::2]
    strided.flags.writeable = False
    engine = ready(backend, bundle, 9, 10, np.uint16)
    np.testing.assert_array_equal(
        engine.restore(strided, SCALE), engine.restore(strided.copy(), SCALE)
    )


def test_an_engine_follows_a_change_of_format(backend: str, bundle: Bundle) -> None:
    engine = ready(backend, bundle, 9, 10, np.uint16)
    engine.warm_up(11, 8, np.uint8)
    restored = engine.restore(noisy_window(11, 8, np.uint8), SCALE)
    assert restored.shape == (44, 32)
    assert restored.dtype == np.uint8


def test_a_frame_too_small_is_refused(backend: str, bundle: Bundle) -> None:
    engine = BACKENDS[backend].load(bundle)
    with pytest.raises(EngineError, match="at least 3 x 3 pixels, not 2 x 40"):
        engine.warm_up(2, 40, np.uint16)


@pytest.mark.parametrize("dtype", [np.float32, np.int16, ">u2"])
def test_frames_of_another_dtype_are_refused(backend: str, bundle: Bundle, dtype: object) -> None:
    engine = BACKENDS[backend].load(bundle)
    with pytest.raises(EngineError, match="uint8 or uint16, not"):
        engine.warm_up(9, 10, dtype)


@pytest.mark.parametrize(
    ("shape", "dtype"), [((4, 9, 10), np.uint16), ((5, 10, 9), np.uint16), ((5, 9, 10), np.uint8)]
)
def test_a_window_of_another_format_is_refused(
    backend: str, bundle: Bundle, shape: tuple[int, ...], dtype: type[np.unsignedinteger]
) -> None:
    engine = ready(backend, bundle, 9, 10, np.uint16)
    with pytest.raises(EngineError, match="is ready for windows of"):
        engine.restore(np.zeros(shape, dtype=dtype), SCALE)


def test_a_place_that_can_not_take_the_result_is_refused(backend: str, bundle: Bundle) -> None:
    engine = ready(backend, bundle, 9, 10, np.uint16)
    window = noisy_window(9, 10)
    with pytest.raises(EngineError, match="the place given for it"):
        engine.restore(window, SCALE, np.zeros((36, 41), dtype=np.uint16))
    with pytest.raises(EngineError, match="not one block of memory"):
        engine.restore(window, SCALE, np.zeros((40, 36), dtype=np.uint16).T)
    read_only = np.zeros((36, 40), dtype=np.uint16)
    read_only.flags.writeable = False
    with pytest.raises(EngineError, match="read-only"):
        engine.restore(window, SCALE, read_only)


@pytest.mark.parametrize(("last", "level"), [("Sqrt", 0), ("Exp", 65535)], ids=["NaN", "infinity"])
def test_pixels_that_are_not_finite_are_refused(
    backend: str, make_bundle: BundleMaker, last: str, level: int
) -> None:
    engine = ready(backend, make_bundle(tiny_model(last)), 9, 10, np.uint16)
    window = np.full((5, 9, 10), 20, dtype=np.uint16)
    assert engine.restore(window, SCALE).any()
    window[2, 4, 4] = level
    with pytest.raises(EngineError, match="not numbers"):
        engine.restore(window, SCALE)


def test_a_model_with_another_scale_than_its_manifest_is_refused(
    backend: str, bundle: Bundle
) -> None:
    other = bundle._replace(manifest=bundle.manifest.model_copy(update={"scale_factor": 2}))
    with pytest.raises(EngineError, match=r"can't run .*model.*\.onnx"):
        ready(backend, other, 9, 10, np.uint16)


def test_close_may_be_called_twice(backend: str, bundle: Bundle) -> None:
    engine = ready(backend, bundle, 9, 10, np.uint16)
    engine.close()
    engine.close()


def test_a_frame_that_takes_seconds_is_not_restored_before_the_first_that_comes(
    make_bundle: BundleMaker,
) -> None:
    # Its result is no number, which whoever restores a frame is told.
    engine = BACKENDS["openvino-f32"].load(make_bundle(tiny_model("Log")))
    with pytest.raises(EngineError, match="not numbers"):
        engine.warm_up(512, 512, np.uint16)
    engine.warm_up(512, 520, np.uint16)
    with pytest.raises(EngineError, match="not numbers"):
        engine.restore(np.zeros((5, 512, 520), np.uint16), IntensityScale(0.0, 1.0))
