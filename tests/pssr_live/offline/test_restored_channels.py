from __future__ import annotations

from dataclasses import replace

import pytest

from acquisition import Channel
from engines import IntensityScale
from pssr_live.offline.restored_channels import RestoredChannel, label_of
from pssr_live.restoring import EngineChoice
from tests.pssr_live.scripted import SMALL


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (("GFP", "mCherry"), ["GFP", "mCherry"]),
        (("GFP", "GFP", "DAPI"), ["channel 0", "channel 1", "DAPI"]),
        (("", "DAPI"), ["channel 0", "DAPI"]),
    ],
)
def test_channels_are_called_by_a_name_that_no_other_has(
    names: tuple[str, ...], labels: list[str]
) -> None:
    about = replace(SMALL, channels=tuple(Channel(name) for name in names))
    assert [label_of(about, number) for number in range(len(names))] == labels


def test_what_is_said_of_a_whole_file_otherwise_is_said_of_the_channel() -> None:
    one = RestoredChannel(1, "GFP", EngineChoice("bilinear"), IntensityScale(0.5, 2.0))
    assert one.scale_notes == {
        "intensity offset of GFP": "0.5",
        "intensity gain of GFP": "2.0",
    }
