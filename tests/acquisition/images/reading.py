"""Reading an image file as a test looks at it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from acquisition import SourceError
from acquisition.images import ImageSeries, open_images
from tests.acquisition.images.conftest import Stack


def only(path: Path) -> ImageSeries:
    with open_images(path) as file:
        (series,) = file.series
        series.stream().frame(0)
    return series


def assert_frames(path: Path, frames: Stack, **place: int) -> None:
    with open_images(path) as file:
        (series,) = file.series
        stream = series.stream(**place)
        assert len(stream) == len(frames)
        for number, frame in enumerate(frames):
            np.testing.assert_array_equal(stream.frame(number), frame)


def read_first(path: Path) -> None:
    with open_images(path) as file:
        for series in file.series:
            series.stream().frame(0)


def refused(path: Path) -> SourceError:
    with pytest.raises(SourceError) as told:
        read_first(path)
    assert told.value.problem.endswith(".")
    assert told.value.fix
    return told.value
