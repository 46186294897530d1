import numpy as np

from acquisition import Line
from pssr_live.evaluation.kymograph import kymograph


def test_a_moving_spot_is_a_slanted_line() -> None:
    movie = np.zeros((8, 5, 20))
    for time in range(8):
        movie[time, 2, 3 + 2 * time] = 1
    track = kymograph(movie, Line(2, 0, 2, 19))
    assert track.shape == (8, 20)
    assert list(track.argmax(axis=1)) == [3, 5, 7, 9, 11, 13, 15, 17]
