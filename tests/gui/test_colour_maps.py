import numpy as np
import pytest

from gui.colour_maps import COLOUR_MAPS, colours, display_table


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_more_counts_never_look_darker(name: str) -> None:
    luminance = colours(name) @ np.array([0.2126, 0.7152, 0.0722])

    assert (np.diff(luminance) >= 0).all()
    assert luminance[0] == 0


def test_the_table_is_black_below_white_above_and_linear_between() -> None:
    grey = display_table(2**16, 100, 355, colour_map="grey") & 0xFF

    assert grey.shape == (65536,)
    assert (grey[:101] == 0).all()
    assert (grey[355:] == 255).all()
    np.testing.assert_array_equal(grey[100:356], np.arange(256))


def test_the_table_of_8_bit_counts_is_opaque() -> None:
    table = display_table(2**8, 0, 255, colour_map="magenta")

    assert table.shape == (256,)
    assert (table >> 24 == 0xFF).all()
    assert table[255] == 0xFFFF00FF


def test_gamma_lifts_what_is_dim_and_leaves_the_limits() -> None:
    plain = display_table(256, 0, 255, colour_map="grey") & 0xFF
    lifted = display_table(256, 0, 255, colour_map="grey", gamma=0.5) & 0xFF

    assert lifted[[0, 255]].tolist() == plain[[0, 255]].tolist()
    assert (lifted[1:255] >= plain[1:255]).all()
    assert lifted[64] == round(255 * (64 / 255) ** 0.5)
