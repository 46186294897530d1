import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from pssr_live.crappify import Detector, SaltPepperGaussian
from pssr_live.evaluation.trials import shift_from_truth

SCENE = gaussian_filter(np.random.default_rng(0).normal(0, 1, (160, 168)), 3).astype(np.float32)
TRUTH = np.clip(SCENE / SCENE.max(), 0, 1)[16:-16, 16:-16]


@pytest.mark.parametrize("crappifier", [Detector(), SaltPepperGaussian()])
def test_what_a_crappifier_makes_lies_on_the_truth(crappifier: Detector) -> None:
    lr = crappifier.apply(TRUTH, np.random.default_rng(1))
    assert shift_from_truth(lr, TRUTH) == (0, 0)


@given(down=st.integers(-12, 12), right=st.integers(-12, 12))
@settings(max_examples=20)
def test_a_shift_is_found_with_its_sign(down: int, right: int) -> None:
    lr = Detector(photons=100).apply(TRUTH, np.random.default_rng(1))
    whole = np.clip(SCENE / SCENE.max(), 0, 1)
    moved = whole[16 - down : 144 - down, 16 - right : 152 - right]
    found = shift_from_truth(lr, moved)
    assert abs(found[0] - down) <= 1
    assert abs(found[1] - right) <= 1
