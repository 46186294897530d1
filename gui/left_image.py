"""What the restored image is compared with."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from gui.colouring import Counts
from gui.preview import Preview


class LeftImage(StrEnum):
    """What stands left of the restored image, or in its place."""

    RAW = "raw pixels"
    BILINEAR = "bilinear"
    MEAN = "mean of the window"


class Left(NamedTuple):
    """An image to compare with, what it is, and whether it fades between its pixels."""

    pixels: Counts
    title: str
    smooth: bool


def title_of(choice: LeftImage) -> str:
    """Name an image in plain words."""
    return _TITLES[choice]


def left_of(preview: Preview, choice: LeftImage) -> Left:
    """Take the image that was chosen, or the raw frame where the preview doesn't have it."""
    smooth = choice is LeftImage.BILINEAR
    if choice is not LeftImage.MEAN:
        return Left(preview.raw, title_of(choice), smooth)
    if preview.mean is None:
        return Left(preview.raw, "Raw (no mean was kept)", smooth)
    return Left(preview.mean, title_of(choice), smooth)


_TITLES = {
    LeftImage.RAW: "Raw, as scanned",
    LeftImage.BILINEAR: "Raw, bilinear",
    LeftImage.MEAN: "Mean of the raw window",
}
