"""CZI and ND2 files, read as HR time-lapses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pssr_live.crappify import look_into, one_position, read_hr
from pssr_live.errors import UserError
from tests.acquisition.images.test_maker_files import planes, write_czi
from tests.places import DATA


def test_a_czi_time_series_is_read_with_its_pixel_size(tmp_path: Path) -> None:
    written = planes(6)
    path = write_czi(tmp_path / "a.czi", written, scale_x=4.3e-8, scale_y=4.3e-8)
    series = read_hr(path)
    assert series.pixel_size_um == pytest.approx(0.043)
    np.testing.assert_array_equal(series.frames, np.stack(list(written.values())))


def test_one_channel_of_a_czi_is_taken_when_named(tmp_path: Path) -> None:
    written = planes(6, channels=2)
    path = write_czi(tmp_path / "a.czi", written)
    np.testing.assert_array_equal(read_hr(path, channel=1).frames[4], written[4, 1, 0])
    with pytest.raises(UserError, match="2 channels") as caught:
        read_hr(path)
    assert "--channel 0 to 1" in caught.value.fix


def test_each_scene_of_a_czi_is_a_movie_of_its_own(tmp_path: Path) -> None:
    scenes = planes(6), planes(6, seed=2)
    path = write_czi(tmp_path / "a.czi", *scenes)
    files = look_into(path)
    assert [file.shape for file in files] == [(6, 12, 15)] * 2
    for file, written in zip(files, scenes, strict=True):
        np.testing.assert_array_equal(file.counts(), np.stack(list(written.values())))
    with pytest.raises(UserError, match="2 positions") as caught:
        read_hr(path)
    assert "--position 0 to 1" in caught.value.fix
    assert one_position(path, position=1) == files[1]
    with pytest.raises(UserError, match="no position 2"):
        one_position(path, position=2)


def test_a_stack_in_z_is_refused_in_words_but_for_single_images(tmp_path: Path) -> None:
    path = write_czi(tmp_path / "z.czi", planes(1, depths=3))
    with pytest.raises(UserError, match="stack in z"):
        read_hr(path)
    (file,) = look_into(path, depth_as_frames=True)
    assert file.counts().shape == file.shape == (3, 12, 15)


@pytest.mark.parametrize("ending", [".czi", ".nd2"])
def test_a_file_that_is_something_else_is_refused_in_words(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"other{ending}"
    path.write_bytes(b"this is no image" * 100)
    with pytest.raises(UserError, match="can't be read"):
        look_into(path)


def test_an_nd2_over_time_is_read_slice_by_slice() -> None:
    with pytest.raises(UserError, match="10 Z slices") as caught:
        read_hr(DATA / "cluster.nd2", channel=0)
    assert "--z 0 to 9" in caught.value.fix
    series = read_hr(DATA / "cluster.nd2", channel=1, z=4)
    assert series.frames.shape == (3, 31, 38)
    assert series.pixel_size_um == pytest.approx(0.1678, abs=1e-4)
