import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from gui.qt import QtWidgets
from gui.scale_bar import ScaleBar, round_length


@given(st.floats(1e-6, 1e9))
def test_the_length_is_1_2_or_5_and_the_longest_that_fits(longest: float) -> None:
    length = round_length(longest)

    assert length <= longest < 2.5 * length * (1 + 1e-9)
    mantissa = length / 10 ** math.floor(math.log10(length * (1 + 1e-9)))
    assert any(math.isclose(mantissa, step) for step in (1, 2, 5))


@pytest.mark.parametrize(
    ("zoom", "pixel_size_um", "length", "text"),
    [
        (1.5, 0.2, 20.0, "20 µm"),
        (6.0, 0.2, 5.0, "5 µm"),
        (200.0, 0.2, 0.1, "0.1 µm"),
        (1.5, None, 100.0, "100 px (pixel size not known)"),
    ],
)
def test_the_bar_is_as_long_as_it_says(
    qtbot: QtBot, zoom: float, pixel_size_um: float | None, length: float, text: str
) -> None:
    image = QtWidgets.QWidget()
    qtbot.addWidget(image)
    bar = ScaleBar(image)
    bar.set_pixel_size(pixel_size_um)
    bar.set_zoom(zoom)

    assert bar.length == pytest.approx(length)
    assert bar.text == text
    assert bar.length_px == pytest.approx(length / (pixel_size_um or 1.0) * zoom)
    assert bar.width() >= bar.length_px
