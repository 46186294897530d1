import numpy as np
import pytest

from pssr_live.training import one_cycle
from pssr_live.training.loop.schedule_progress import ScheduleProgress, Stage, stages
from pssr_live.training.recipe import Round, Schedule
from pssr_live.training.recipe_files import read_recipe

ROUNDS = (
    Round(
        hr_tile=32,
        steps=2,
        batch=4,
        last_layer_epochs=1,
        epochs=2,
        learning_rates=(1e-5, 1e-3),
    ),
    Round(hr_tile=64, steps=3, batch=1, epochs=1, learning_rates=(1e-5, 1e-4)),
)


def test_one_cycle_rises_then_falls_and_momentum_goes_the_other_way() -> None:
    rates, momenta = zip(*(one_cycle(part) for part in np.linspace(0, 1, 101)), strict=True)
    peak = int(np.argmax(rates))
    assert rates[peak] == pytest.approx(1)
    assert peak == 30
    assert (np.diff(rates[: peak + 1]) > 0).all()
    assert (np.diff(rates[peak:]) < 0).all()
    assert rates[-1] == pytest.approx(0)
    assert int(np.argmin(momenta)) == peak
    assert momenta[0] == momenta[-1]


def test_the_rise_is_linear() -> None:
    rates = [one_cycle(part)[0] for part in (0.0, 0.1, 0.2, 0.3)]
    assert np.diff(rates) == pytest.approx((rates[3] - rates[0]) / 3)


def test_a_schedule_without_rounds_is_one_cycle() -> None:
    assert stages(Schedule(epochs=3, steps=5, batch=7, learning_rate=4e-4)) == (
        Stage(3, 5, 7, 192, 4e-4, 4e-4),
    )


def test_each_round_trains_the_last_layer_then_all() -> None:
    assert stages(Schedule(rounds=ROUNDS)) == (
        Stage(1, 2, 4, 32, 1e-3, 1e-3, last_layer_only=True),
        Stage(2, 2, 4, 32, 1e-5, 1e-3),
        Stage(1, 3, 1, 64, 1e-5, 1e-4),
    )


def test_each_stage_has_a_cycle_of_its_own() -> None:
    course = ScheduleProgress(Schedule(rounds=ROUNDS))
    walked = []
    while not course.over:
        walked.append((course.number, course.rate(course.number)[0]))
        course.steps += 1
    assert [number for number, _ in walked] == [0] * 2 + [1] * 4 + [2] * 3
    for number in range(3):
        rates = [rate for at, rate in walked if at == number]
        assert rates[0] == pytest.approx(one_cycle(0)[0])
        assert rates == [one_cycle(step / len(rates))[0] for step in range(len(rates))]


def test_a_course_goes_on_where_it_was() -> None:
    course = ScheduleProgress(Schedule(rounds=ROUNDS))
    course.steps = 5
    other = ScheduleProgress(Schedule(rounds=ROUNDS))
    other.set_state(course.state())
    assert (other.steps, other.number, other.part) == (5, 1, 5 / 9)
    assert other.seconds >= course.state()["seconds"] - 1


def test_the_clock_alone_moves_a_course_by_minutes() -> None:
    course = ScheduleProgress(Schedule(minutes=0.5))
    assert not course.over
    course.seconds = 31.0
    assert course.over
    assert course.part == 1
    slow = ScheduleProgress(Schedule(minutes=1e6))
    slow.steps = 10**9
    assert not slow.over


def test_the_recipe_for_electron_microscopy_has_the_paper_s_rounds() -> None:
    laid_out = stages(read_recipe("paper-em").schedule)
    assert [(stage.tile // 4, stage.batch) for stage in laid_out] == [
        *[(32, 64)] * 2,
        *[(64, 16)] * 2,
        *[(128, 8)] * 2,
    ]
    assert [stage.epochs for stage in laid_out] == [1, 1, 3, 3, 3, 3]
    assert [stage.last_layer_only for stage in laid_out] == [True, False] * 3
    assert all(stage.steps * stage.batch == 80_000 for stage in laid_out)
    highest = [(stage.lowest_rate, stage.highest_rate) for stage in laid_out]
    assert highest[::2] == [(1e-3, 1e-3)] * 3
    assert highest[1::2] == [(1e-5, 1e-3), (1e-5, 1e-3), (1e-5, 1e-4)]


def test_a_cosine_rise_is_fastai_s() -> None:
    rates, momenta = zip(*(one_cycle(part, "cosine") for part in (0, 0.15, 0.3, 1)), strict=True)
    assert rates == pytest.approx((1 / 25, (1 + 1 / 25) / 2, 1, 0))
    assert momenta == pytest.approx((0.95, 0.9, 0.85, 0.95))


@pytest.mark.parametrize(
    ("name", "pairs", "batch", "epochs"),
    [
        ("paper-multi-frame", 5000, 16, 100),
        ("paper-single-frame", 5000, 16, 100),
        ("paper-neurons", 3000, 12, 50),
    ],
)
def test_the_paper_s_recipes_are_its_tables(name: str, pairs: int, batch: int, epochs: int) -> None:
    recipe = read_recipe(name)
    schedule = recipe.schedule
    (stage,) = stages(schedule)
    assert (stage.batch, stage.epochs, stage.tile) == (batch, epochs, 512)
    assert 0 <= stage.batch * stage.steps - pairs < batch
    assert stage.group_rates == pytest.approx((4e-5, 4e-5, 4e-4))
    assert (schedule.weight_decay, schedule.rise, schedule.averaging) == (1e-3, "cosine", 0)
    assert (recipe.loss, recipe.best) == ("mse", "loss")
    assert recipe.network.frames == 1 or recipe.motion == "real"


def test_rates_for_electron_microscopy_are_geometric_over_v1_s_groups() -> None:
    laid_out = stages(read_recipe("paper-em").schedule)
    assert laid_out[1].group_rates == pytest.approx((1e-5, 1e-4, 1e-3))
    assert laid_out[5].group_rates == pytest.approx((1e-5, 10**-4.5, 1e-4))
