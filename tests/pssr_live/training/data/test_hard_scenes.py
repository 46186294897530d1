import numpy as np
import pytest

from pssr_live.training.data import TIMES
from pssr_live.training.data.hard_scenes import KINDS, SceneKind, hard_scene

CENTRE = len(TIMES) // 2


def test_a_hard_scene_is_bright_and_is_decided_by_its_seed() -> None:
    film = hard_scene(np.random.default_rng(3), TIMES, 64)
    again = hard_scene(np.random.default_rng(3), TIMES, 64)
    assert film.shape == (5, 64, 64)
    assert film.dtype == np.float32
    np.testing.assert_array_equal(film, again)
    assert film.min() >= 0
    assert 0.5 < film.max() < 4


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_gives_each_of_its_points_light_in_every_frame(kind: SceneKind) -> None:
    for structure in kind(np.random.default_rng(1), 5, 64):
        assert structure.light.shape == (5, len(structure.points))
        assert structure.light.min() >= 0


@pytest.mark.parametrize("name", ["broken_tubules", "slit_sheets", "coming_and_going"])
def test_some_of_it_is_there_or_missing_in_the_centre_frame_alone(name: str) -> None:
    kind = next(kind for kind in KINDS if kind.__name__ == name)
    rng = np.random.default_rng(2)
    light = [one.light for _ in range(10) for one in kind(rng, 5, 64)]
    others = [np.delete(each, CENTRE, axis=0) for each in light]
    alone = [
        ((each[CENTRE] != rest).all(axis=0) & (rest == rest[0]).all(axis=0)).any()
        for each, rest in zip(light, others, strict=True)
    ]
    assert any(alone)
