import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from gui.contrast import Contrast, histogram, limits_of
from gui.qt import QtCore


@pytest.fixture
def contrast(qtbot: QtBot) -> Contrast:
    contrast = Contrast()
    qtbot.addWidget(contrast)
    contrast.resize(900, contrast.height())
    with qtbot.waitExposed(contrast):
        contrast.show()
    return contrast


def test_single_hot_pixels_do_not_decide() -> None:
    raw = np.random.default_rng(0).poisson(100, (100, 100)).astype(np.uint16)
    raw[0, :5] = 65535

    low, high = limits_of(raw)

    assert 50 < low < 100 < high < 200


def test_a_frame_of_one_value_still_has_two_limits() -> None:
    assert limits_of(np.full((8, 8), 7, np.uint8)) == (7.0, 8.0)


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 4095)])
def test_the_histogram_counts_every_pixel_once(dtype: type, top: int) -> None:
    pixels = np.random.default_rng(0).integers(0, np.iinfo(dtype).max + 1, (40, 40)).astype(dtype)

    heights = histogram(pixels, top)

    assert heights.shape == (256,)
    assert (10**heights - 1).sum() == pytest.approx(pixels.size)


def test_auto_says_its_limits_once(qtbot: QtBot, contrast: Contrast) -> None:
    raw = np.random.default_rng(0).poisson(300, (64, 64)).astype(np.uint16)
    said: list[tuple[float, float]] = []
    contrast.changed.connect(lambda: said.append(contrast.limits))

    contrast.set_automatically(raw)

    assert said == [limits_of(raw)]
    assert contrast.limits == limits_of(raw)


def test_a_limit_can_be_dragged(qtbot: QtBot, contrast: Contrast) -> None:
    contrast.set_automatically(np.linspace(0, 1000, 4096).astype(np.uint16).reshape(64, 64))
    low, high = contrast.limits
    plot = contrast._plot
    viewport = plot.viewport()
    view = plot.getViewBox()

    def at(counts: float) -> QtCore.QPoint:
        middle = view.viewRect().center().y()
        return plot.mapFromScene(view.mapViewToScene(QtCore.QPointF(counts, middle)))

    left = QtCore.Qt.MouseButton.LeftButton
    qtbot.mouseMove(viewport, at(high))
    qtbot.mousePress(viewport, left, pos=at(high))
    for counts in (high - 50, high - 150, high - 300):
        qtbot.mouseMove(viewport, at(counts))
        qtbot.wait(20)
    qtbot.mouseRelease(viewport, left, pos=at(high - 300))

    assert contrast.limits[0] == low
    assert contrast.limits[1] == pytest.approx(high - 300, abs=10)


def test_black_and_white_are_typed_as_numbers(qtbot: QtBot, contrast: Contrast) -> None:
    contrast.set_automatically(np.linspace(0, 200, 4096).astype(np.uint16).reshape(64, 64))
    said: list[tuple[float, float]] = []
    contrast.changed.connect(lambda: said.append(contrast.limits))
    for number, text in ((contrast.numbers.white, "3000"), (contrast.numbers.black, "150")):
        number.setFocus()
        number.selectAll()
        qtbot.keyClicks(number, text)
        qtbot.keyClick(number, QtCore.Qt.Key.Key_Return)
        assert not number.hasFocus()
    assert said[-1] == (150.0, 3000.0)
    assert contrast.look.top == 4095
    # White stays above black.
    contrast.numbers.black.setValue(5000)
    assert contrast.limits == (5000.0, 5001.0)


def test_the_histogram_is_linear_or_zoomed_where_that_is_wanted(contrast: Contrast) -> None:
    raw = np.full((40, 40), 400, np.uint16)
    raw[:10] = 1000
    contrast.show_images(raw, None)
    contrast.numbers.typed.emit(300.0, 1200.0)
    edges, heights = contrast._raw_curve.getData()
    assert heights.max() == pytest.approx(np.log10(1 + 1200))
    contrast.logarithmic.setChecked(False)
    contrast.zoomed.setChecked(True)
    edges, heights = contrast._raw_curve.getData()
    assert edges[0] < 300 < 1200 < edges[-1] < 1700
    bins = {int(edges[place]): height for place, height in enumerate(heights) if height}
    assert sorted(bins.values()) == pytest.approx([400, 1200])
    assert all(abs(at - counts) < 8 for at, counts in zip(sorted(bins), (400, 1000), strict=True))
