"""A light that does not flicker."""

from __future__ import annotations

from pssr_live.trust import Light, SteadyLight
from pssr_live.trust.light import FRAMES_TO_RECOVER


def shown(verdicts: list[Light]) -> list[Light | None]:
    light, lights = SteadyLight(), []
    for number, verdict in enumerate(verdicts):
        light.show(verdict, f"{verdict.word} {number}")
        lights.append(light.light)
    return lights


def test_it_gets_worse_at_once_and_better_after_several_frames() -> None:
    calm = [Light.GREEN] * FRAMES_TO_RECOVER
    assert shown([Light.GREEN, Light.RED, *calm]) == [
        Light.GREEN,
        *[Light.RED] * FRAMES_TO_RECOVER,
        Light.GREEN,
    ]


def test_it_does_not_flicker() -> None:
    lights = shown([Light.AMBER, Light.GREEN] * 20)
    assert set(lights) == {Light.AMBER}


def test_it_gets_only_as_good_as_the_worst_of_the_better_frames() -> None:
    better = [Light.GREEN, Light.AMBER, *[Light.GREEN] * (FRAMES_TO_RECOVER - 2)]
    assert shown([Light.RED, *better])[-1] is Light.AMBER


def test_the_reason_is_that_of_the_newest_frame_that_is_as_bad() -> None:
    light = SteadyLight()
    assert (light.light, light.reason) == (None, "")
    light.show(Light.AMBER, "first")
    light.show(Light.GREEN, "")
    assert light.reason == "first"
    light.show(Light.AMBER, "second")
    assert light.reason == "second"
