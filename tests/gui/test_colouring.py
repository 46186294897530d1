import numpy as np
import pytest

from gui.colour_maps import COLOUR_MAPS, colours
from gui.colouring import SATURATED, Colouring


def coloured(pixels: np.ndarray, colouring: Colouring) -> np.ndarray:
    out = np.empty(pixels.shape, np.uint32)
    colouring.colour(pixels, out)
    return out


def test_whole_counts_look_alike_in_every_dtype() -> None:
    counts = np.arange(256).reshape(16, 16)
    colouring = Colouring(low=40, high=200, colour_map="fire", gamma=0.7)

    as_bytes, as_words, as_parts = (
        coloured(counts.astype(dtype), colouring) for dtype in (np.uint8, np.uint16, np.float32)
    )

    np.testing.assert_array_equal(as_bytes, as_words)
    for shift in (0, 8, 16):
        one, other = (((image >> shift) & 0xFF).astype(int) for image in (as_bytes, as_parts))
        # A step of the colour map more or less.
        assert np.abs(one - other).max() <= 6


def test_parts_of_counts_are_told_apart() -> None:
    parts = np.array([[0.0, 0.2, 0.4, 0.6, 0.8, 1.0]], np.float32)

    assert len(set(coloured(parts, Colouring(low=0, high=1))[0].tolist())) == 6


def test_what_is_no_number_is_shown_darkest() -> None:
    assert coloured(np.array([[np.nan]], np.float32), Colouring(low=0, high=1)) == 0xFF000000


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_saturated_pixels_are_marked_and_only_those(dtype: type) -> None:
    marked = coloured(np.array([[199, 200, 201]], dtype), Colouring(low=0, high=255, saturated=200))

    assert (marked == SATURATED).tolist() == [[False, True, True]]


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_the_mark_stands_in_no_colour_map(name: str) -> None:
    mark = np.array([(SATURATED >> shift) & 0xFF for shift in (16, 8, 0)])

    assert np.abs(colours(name).astype(int) - mark).sum(axis=1).min() > 100
