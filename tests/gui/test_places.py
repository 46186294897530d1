import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from acquisition import line_profile
from gui import MarkedPlace
from gui.places import line_in, region_of

HEIGHT, WIDTH, SCALE = 9, 12, 4
anywhere = st.builds(
    MarkedPlace,
    st.floats(0, WIDTH),
    st.floats(0, HEIGHT),
    st.floats(0, WIDTH),
    st.floats(0, HEIGHT),
)


@given(place=anywhere)
def test_every_line_in_the_field_has_a_profile_in_both_images(place: MarkedPlace) -> None:
    raw = np.arange(HEIGHT * WIDTH, dtype=np.uint16).reshape(HEIGHT, WIDTH)
    for image in (raw, raw.repeat(SCALE, 0).repeat(SCALE, 1)):
        assert np.isfinite(
            line_profile(image, line_in(image, place, height=HEIGHT, width=WIDTH))
        ).all()


def test_a_line_through_the_middle_of_a_row_reads_that_row() -> None:
    raw = np.random.default_rng(0).integers(0, 99, (HEIGHT, WIDTH)).astype(np.uint16)
    line = line_in(raw, MarkedPlace(0.5, 3.5, WIDTH - 0.5, 3.5), height=HEIGHT, width=WIDTH)

    np.testing.assert_array_equal(line_profile(raw, line), raw[3])


@given(place=anywhere)
def test_a_region_is_the_same_part_of_the_field_in_both_images(place: MarkedPlace) -> None:
    raw = np.random.default_rng(0).integers(0, 99, (HEIGHT, WIDTH)).astype(np.uint16)
    restored = raw.repeat(SCALE, 0).repeat(SCALE, 1)

    small, large = (
        region_of(image, place, height=HEIGHT, width=WIDTH) for image in (raw, restored)
    )

    np.testing.assert_array_equal(small.repeat(SCALE, 0).repeat(SCALE, 1), large)
    assert small.size >= 1


def test_a_region_holds_the_whole_pixels_that_it_touches() -> None:
    image = np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint16)

    region = region_of(image, MarkedPlace(7.2, 5.0, 3.0, 2.0), height=HEIGHT, width=WIDTH)

    np.testing.assert_array_equal(region, image[2:5, 3:7])
