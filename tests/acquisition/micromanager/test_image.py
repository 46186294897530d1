from __future__ import annotations

import numpy as np
import pymmcore
from hypothesis import given
from hypothesis import strategies as st

from acquisition.micromanager.image import CoreImage, parse_metadata

_LINE = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=20)


@given(st.dictionaries(_LINE, _LINE, max_size=8))
def test_metadata_is_read_as_the_core_writes_it(tags: dict[str, str]) -> None:
    metadata = pymmcore.Metadata()
    for name, value in tags.items():
        tag = pymmcore.MetadataSingleTag(name, "_", True)
        tag.SetValue(value)
        metadata.SetTag(tag)
    assert parse_metadata(metadata.Serialize()) == tags


def image(number: int, **tags: str) -> CoreImage:
    return CoreImage(pixels=np.zeros(1), tags=tags, number=number, elapsed_ms=0.0)


def test_channels_under_one_label_share_its_numbers() -> None:
    indices = [image(number, Camera="OSc-LSM").index("OSc-LSM", 2) for number in range(6)]
    assert indices == [0, 0, 1, 1, 2, 2]


def test_cameras_behind_one_label_are_numbered_each_for_itself() -> None:
    assert image(5, Camera="Left").index("Multi Camera", 2) == 5


def test_the_channel_is_told_by_the_camera_that_is_asked_for() -> None:
    assert image(0).channel("Left") == 0
    assert image(0, CameraChannelIndex="2").channel("Left") == 2
    of_both = image(0, Camera="Left", **{"Both-CameraChannelIndex": "1"})
    assert of_both.channel("Both") == 1
    assert of_both.channel("Left") == 0, "it is used by itself, and has one channel"
    assert of_both.channel("Right") is None
