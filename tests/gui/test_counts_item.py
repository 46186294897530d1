import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pytestqt.qtbot import QtBot

from gui.colouring import SATURATED, Colouring
from gui.counts_item import CountsItem, halve
from gui.qt import QtCore, QtGui, QtWidgets


@given(
    st.sampled_from([np.uint8, np.uint16]).flatmap(
        lambda dtype: arrays(dtype, array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=9))
    )
)
def test_halving_averages_blocks_without_overflow(pixels: np.ndarray) -> None:
    rows, columns = pixels.shape[0] // 2, pixels.shape[1] // 2
    blocks = pixels[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2).astype(int)

    halved = halve(pixels)

    assert halved.dtype == pixels.dtype
    np.testing.assert_array_equal(halved, blocks.sum(axis=(1, 3)) // 4)


def drawn(pixels: np.ndarray, side: int) -> np.ndarray:
    """The grey values that an item draws on a square of screen pixels."""
    item = CountsItem()
    item.set_colouring(Colouring(low=0, high=255))
    item.set_pixels(pixels, side, side)
    picture = QtGui.QImage(side, side, QtGui.QImage.Format.Format_RGB32)
    picture.fill(0)
    painter = QtGui.QPainter(picture)
    item.paint(painter, QtWidgets.QStyleOptionGraphicsItem())
    painter.end()
    return np.array([[picture.pixel(x, y) & 0xFF for x in range(side)] for y in range(side)])


def test_enlarged_pixels_are_squares_of_one_colour(qtbot: QtBot) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8)).astype(np.uint16)

    np.testing.assert_array_equal(drawn(pixels, 40), pixels.repeat(5, axis=0).repeat(5, axis=1))


@pytest.mark.parametrize("side", [1, 63, 64, 65, 300])
def test_every_row_of_a_high_image_is_drawn(qtbot: QtBot, side: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (side, side)).astype(np.uint8)

    np.testing.assert_array_equal(drawn(pixels, side), pixels)
    if side > 2:
        half = side // 2
        np.testing.assert_array_equal(drawn(pixels[: 2 * half, : 2 * half], half), halve(pixels))


def test_smooth_pixels_fade_into_each_other(qtbot: QtBot) -> None:
    item = CountsItem()
    item.set_colouring(Colouring(low=0, high=255))
    item.set_smooth(smooth=True)
    item.set_pixels(np.array([[0, 200]], np.uint8), 20, 40)
    picture = QtGui.QImage(40, 20, QtGui.QImage.Format.Format_RGB32)
    painter = QtGui.QPainter(picture)
    item.paint(painter, QtWidgets.QStyleOptionGraphicsItem())
    painter.end()

    greys = [picture.pixel(x, 10) & 0xFF for x in range(10, 30)]

    assert np.diff(greys) == pytest.approx(10, abs=1)


def test_only_the_part_within_the_clip_is_drawn(qtbot: QtBot) -> None:
    item = CountsItem()
    item.set_colouring(Colouring(low=0, high=255))
    item.set_pixels(np.full((4, 8), 255, np.uint8), 4, 8)
    item.set_clip(QtCore.QRectF(0, 0, 3, 4))
    picture = QtGui.QImage(8, 4, QtGui.QImage.Format.Format_RGB32)
    picture.fill(0)
    painter = QtGui.QPainter(picture)
    item.paint(painter, QtWidgets.QStyleOptionGraphicsItem())
    painter.end()

    assert [picture.pixel(x, 2) & 0xFF for x in range(8)] == [255] * 3 + [0] * 5


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_one_saturated_pixel_is_marked_however_much_the_image_is_shrunk(
    qtbot: QtBot, dtype: type
) -> None:
    pixels = np.full((64, 64), 10, dtype)
    pixels[37, 21] = 250
    item = CountsItem()
    item.set_colouring(Colouring(low=0, high=255, saturated=250))
    item.set_pixels(pixels, 16, 16)
    picture = QtGui.QImage(16, 16, QtGui.QImage.Format.Format_RGB32)
    painter = QtGui.QPainter(picture)
    item.paint(painter, QtWidgets.QStyleOptionGraphicsItem())
    painter.end()

    marked = [(x, y) for x in range(16) for y in range(16) if picture.pixel(x, y) == SATURATED]

    assert marked == [(5, 9)]


def test_shrunk_pixels_are_averaged_not_picked(qtbot: QtBot) -> None:
    chequered = (255 * (np.indices((64, 64)).sum(axis=0) % 2)).astype(np.uint8)

    assert set(np.unique(drawn(chequered, 16))) == {127}


def test_new_counts_and_a_new_colouring_are_both_drawn(qtbot: QtBot) -> None:
    item = CountsItem()
    picture = QtGui.QImage(4, 4, QtGui.QImage.Format.Format_RGB32)

    def grey() -> int:
        painter = QtGui.QPainter(picture)
        item.paint(painter, QtWidgets.QStyleOptionGraphicsItem())
        painter.end()
        return picture.pixel(2, 2) & 0xFF

    item.set_colouring(Colouring(low=0, high=255))
    item.set_pixels(np.full((4, 4), 51, np.uint8), 4, 4)
    assert grey() == 51
    item.set_pixels(np.full((4, 4), 102, np.uint8), 4, 4)
    assert grey() == 102
    item.set_colouring(Colouring(low=0, high=204))
    assert grey() == 128
