from pathlib import Path

import numpy as np
import pytest
import tifffile

from pssr_live.crappify import HIGHEST_VALUE, read_hr, scaled
from pssr_live.errors import UserError


def test_scaling_is_one_for_the_whole_recording_and_bounded(hr_file: Path) -> None:
    series = read_hr(hr_file)
    units = scaled(series)
    assert units.frames.min() == 0
    assert units.frames.max() <= HIGHEST_VALUE
    assert np.percentile(units.frames, 99.9) == pytest.approx(1, abs=0.01)
    assert units.frames.mean(axis=(1, 2)).argmax() == series.frames.mean(axis=(1, 2)).argmax()


def test_an_empty_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.full((64, 64), 9, np.uint8))
    with pytest.raises(UserError, match="is empty"):
        scaled(read_hr(path))
