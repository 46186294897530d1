from __future__ import annotations

from pathlib import Path

import pytest

from acquisition import Channel
from pssr_live.errors import UserError
from pssr_live.restoring import ChannelEngines

CHANNELS = (Channel("GFP"), Channel("mCherry"), Channel("405"))


def engines_of(*texts: str, channels: tuple[Channel, ...] = CHANNELS) -> list[str | None]:
    chosen = ChannelEngines.parse(texts).for_channels(channels)
    return [None if one is None else one.name for one in chosen]


def test_one_engine_is_for_all_channels_and_loaded_once() -> None:
    assert engines_of() == ["mito-lite"] * 3
    assert engines_of("bicubic") == ["bicubic"] * 3
    first, second, third = ChannelEngines.parse(["bicubic"]).for_channels(CHANNELS)
    assert first is second is third


def test_channels_are_named_in_any_case_or_by_number() -> None:
    assert engines_of("gfp=bilinear", "1=bicubic") == ["bilinear", "bicubic", "mito-lite"]
    assert engines_of("405=bilinear", "bicubic") == ["bicubic", "bicubic", "bilinear"]


def test_a_channel_without_engine_is_left_raw() -> None:
    assert engines_of("none", "GFP=mito-lite") == ["mito-lite", None, None]
    assert engines_of("mcherry=none") == ["mito-lite", None, "mito-lite"]


def test_a_folder_may_have_an_equals_sign(tmp_path: Path) -> None:
    folder = tmp_path / "a=b"
    folder.mkdir()
    assert engines_of(str(folder)) == [str(folder)] * 3


def test_engines_named_are_known_before_any_channel_is() -> None:
    chosen = ChannelEngines.parse(["GFP=bilinear", "mCherry=bilinear", "none"], uncertain=True)
    assert [(one.name, one.uncertain) for one in chosen.choices] == [("bilinear", True)]


@pytest.mark.parametrize(
    ("texts", "problem", "fix"),
    [
        (["YFP=bicubic"], "no channel YFP", "0 GFP, 1 mCherry, 2 405"),
        (["3=bicubic"], "no channel 3", "0 GFP, 1 mCherry, 2 405"),
        (["GFP=bicubic", "0=none"], "GFP and 0 are the same channel", "Leave one"),
    ],
)
def test_a_channel_that_is_not_there_is_told_those_that_are(
    texts: list[str], problem: str, fix: str
) -> None:
    with pytest.raises(UserError) as told:
        engines_of(*texts)
    assert problem in told.value.problem
    assert fix in told.value.fix


def test_channels_of_one_name_are_told_apart_by_number() -> None:
    alike = (Channel("GFP"), Channel("gfp"))
    with pytest.raises(UserError, match="2 channels are called GFP"):
        engines_of("GFP=bicubic", channels=alike)
    assert engines_of("1=bicubic", channels=alike) == ["mito-lite", "bicubic"]
    with pytest.raises(UserError, match="There is one: give the engine alone"):
        engines_of("GFP=bicubic", channels=(Channel(),))


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        (["bicubic", "bilinear"], "Two engines"),
        (["GFP=bicubic", "GFP=bilinear"], "two engines"),
        (["GFP="], "has no engine in it"),
        (["=bicubic"], "has no channel in it"),
    ],
)
def test_what_can_not_be_meant_is_refused_at_once(texts: list[str], problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        ChannelEngines.parse(texts)
