from pathlib import Path

import numpy as np
import pytest
import tifffile

from pssr_live.errors import UserError
from pssr_live.training.series import HIGHEST_VALUE, read_hr, scaled


def write(path: Path, frames: np.ndarray, **how: object) -> Path:
    tifffile.imwrite(path, frames, photometric="minisblack", **how)
    return path


def test_an_imagej_time_lapse_is_read_with_pixel_size_and_interval(hr_file: Path) -> None:
    series = read_hr(hr_file)
    assert series.frames.shape == (8, 96, 96)
    assert series.frames.dtype == np.float32
    assert series.pixel_size_um == pytest.approx(0.111, rel=1e-3)
    assert series.interval_s == 2.0


@pytest.mark.parametrize(("unit", "size"), [("µm", 0.05), ("nm", 50.0)])
def test_an_ome_time_lapse_is_read_with_pixel_size_and_interval(tmp_path, unit, size) -> None:
    metadata = {
        "axes": "TYX",
        "PhysicalSizeX": size,
        "PhysicalSizeXUnit": unit,
        "TimeIncrement": 1.5,
    }
    path = write(
        tmp_path / "a.ome.tif", np.zeros((6, 70, 80), np.uint16), ome=True, metadata=metadata
    )
    series = read_hr(path)
    assert series.frames.shape == (6, 70, 80)
    assert series.pixel_size_um == pytest.approx(0.05)
    assert series.interval_s == 1.5


def test_a_plain_tiff_tells_no_pixel_size(tmp_path: Path) -> None:
    series = read_hr(write(tmp_path / "a.tif", np.zeros((70, 80), np.uint8)))
    assert series.frames.shape == (1, 70, 80)
    assert series.pixel_size_um is None
    assert series.interval_s is None


def test_one_of_several_channels_is_taken_when_named(tmp_path: Path) -> None:
    frames = np.arange(2 * 5 * 64 * 64, dtype=np.uint16).reshape(5, 2, 64, 64)
    path = write(tmp_path / "a.tif", frames, imagej=True, metadata={"axes": "TCYX"})
    assert np.array_equal(read_hr(path, channel=1).frames, frames[:, 1])
    with pytest.raises(UserError, match="2 channels"):
        read_hr(path)
    with pytest.raises(UserError, match="no channel 2"):
        read_hr(path, channel=2)


def test_a_stack_in_z_is_refused(tmp_path: Path) -> None:
    frames = np.zeros((5, 64, 64), np.uint16)
    path = write(tmp_path / "a.tif", frames, imagej=True, metadata={"axes": "ZYX"})
    with pytest.raises(UserError, match="in z, not in time"):
        read_hr(path)


def test_what_is_no_tiff_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file"):
        read_hr(tmp_path / "absent.tif")
    text = tmp_path / "text.tif"
    text.write_text("not an image", encoding="utf-8")
    with pytest.raises(UserError, match="can't be read as a TIFF"):
        read_hr(text)


def test_what_is_no_number_is_refused(tmp_path: Path) -> None:
    frames = np.zeros((64, 64), np.float32)
    frames[3, 3] = np.nan
    with pytest.raises(UserError, match="no plain numbers"):
        read_hr(write(tmp_path / "a.tif", frames))


def test_scaling_is_one_for_the_whole_recording_and_bounded(hr_file: Path) -> None:
    series = read_hr(hr_file)
    units = scaled(series)
    assert units.frames.min() == 0
    assert units.frames.max() <= HIGHEST_VALUE
    assert np.percentile(units.frames, 99.9) == pytest.approx(1, abs=0.01)
    assert units.frames.mean(axis=(1, 2)).argmax() == series.frames.mean(axis=(1, 2)).argmax()


def test_an_empty_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is empty"):
        scaled(read_hr(write(tmp_path / "a.tif", np.full((64, 64), 9, np.uint8))))
