"""Frames as they are exported, with words and scale bar in them."""

from __future__ import annotations

import numpy as np
import pytest

from gui import ChannelLook, ExportedImages, Preview, burn_in, rgb_of
from gui.colouring import Colouring
from gui.qt import QtWidgets

GREY = Colouring(low=0, high=255)


@pytest.fixture
def frame(qapp: QtWidgets.QApplication) -> Preview:
    raw = np.full((121, 160), 40, np.uint8)
    return Preview(
        raw=raw,
        restored=np.full((484, 640), 90, np.uint8),
        index=7,
        sequence=0,
        acquired=12.5,
        pixel_size_um=0.2,
    )


@pytest.mark.parametrize(
    ("images", "middles"),
    [
        (ExportedImages.BOTH, [40, 90]),
        (ExportedImages.RAW, [40]),
        (ExportedImages.RESTORED, [90]),
    ],
)
def test_images_stand_side_by_side_as_large_as_the_restored_one_with_words_in_them(
    frame: Preview, images: ExportedImages, middles: list[int]
) -> None:
    pixels = rgb_of(burn_in({0: frame}, {0: ChannelLook(GREY, GREY)}, images))
    assert pixels.shape == (484, 640 * len(middles), 3)
    for place, middle in enumerate(middles):
        assert (pixels[242, 640 * place + 320] == middle).all()
        # The title, above; words are white.
        assert pixels[:60, 640 * place : 640 * place + 300].max() > 200
    assert pixels[-60:, :200].max() > 200
    # A bar of 20 µm, which is 100 raw and 400 restored pixels, is the longest of a fifth or less.
    white = (pixels[-30:, -400:] == 255).all(axis=2).sum(axis=1)
    assert abs(int(white.max()) - 100) <= 2
    # Nothing is written over what lies between.
    assert (pixels[100:380, 100:500] == middles[0]).all()


def test_channels_are_added_up_each_in_its_colour_and_contrast(frame: Preview) -> None:
    green = Colouring(low=0, high=80, colour_map="#00ff00")
    magenta = Colouring(low=0, high=255, colour_map="#ff00ff")
    looks = {0: ChannelLook(green, green), 1: ChannelLook(magenta, magenta)}
    pixels = rgb_of(burn_in({0: frame, 1: frame}, looks, ExportedImages.RAW))
    assert pixels[240, 320].tolist() == [40, 128, 40]


def test_a_channel_that_is_not_restored_is_exported_raw(frame: Preview) -> None:
    raw_only = Preview(raw=frame.raw, restored=None, index=7, sequence=0, acquired=np.nan)
    look = {0: ChannelLook(GREY, GREY)}
    pixels = rgb_of(burn_in({0: raw_only}, look, ExportedImages.RESTORED))
    assert pixels.shape == (120, 160, 3)


def test_what_is_too_wide_to_be_played_is_made_smaller(qapp: QtWidgets.QApplication) -> None:
    raw = np.full((100, 600), 40, np.uint8)
    large = Preview(
        raw=raw, restored=raw.repeat(4, 0).repeat(4, 1), index=0, sequence=0, acquired=0
    )
    picture = burn_in({0: large}, {0: ChannelLook(GREY, GREY)}, ExportedImages.BOTH)
    assert (picture.width(), picture.height()) == (3840, 320)
