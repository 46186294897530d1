from pathlib import Path

import numpy as np
import pytest
import tifffile

from pssr_live.crappify import look_into, read_hr
from pssr_live.errors import UserError


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


def test_colours_are_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "rgb.tif"
    tifffile.imwrite(path, np.zeros((64, 64, 3), np.uint8), photometric="rgb")
    with pytest.raises(UserError, match="in colour") as caught:
        read_hr(path)
    assert "--channel 0 to 2" in caught.value.fix
    assert read_hr(path, channel=1).frames.shape == (1, 64, 64)
    with pytest.raises(UserError, match="no channel 1") as caught:
        read_hr(write(tmp_path / "grey.tif", np.zeros((64, 64), np.uint8)), channel=1)
    assert "leave --channel out" in caught.value.fix


def test_slices_at_each_time_are_chosen(tmp_path: Path) -> None:
    frames = np.zeros((5, 3, 64, 64), np.uint16)
    path = write(tmp_path / "a.tif", frames, imagej=True, metadata={"axes": "TZYX"})
    with pytest.raises(UserError, match="3 Z slices") as caught:
        read_hr(path)
    assert "--z 0 to 2" in caught.value.fix
    assert read_hr(path, z=1).frames.shape == (5, 64, 64)


def test_each_image_of_an_ome_tiff_is_a_position(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    frames = np.random.default_rng(0).integers(0, 99, (2, 6, 64, 72), np.uint16)
    with tifffile.TiffWriter(path, ome=True) as tiff:
        for position, size in zip(frames, (0.04, 0.05), strict=True):
            tiff.write(position, metadata={"axes": "TYX", "PhysicalSizeX": size})
    files = look_into(path)
    assert [file.pixel_size_um for file in files] == [0.04, 0.05]
    for file, expected in zip(files, frames, strict=True):
        assert file.shape == (6, 64, 72)
        np.testing.assert_array_equal(file.counts(), expected)
    assert [file.title for file in files] == [f"{path}, position 0", f"{path}, position 1"]


def test_positions_stacked_in_one_image_are_taken_apart(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 99, (3, 6, 64, 72), np.uint16)
    path = write(tmp_path / "a.tif", frames, metadata={"axes": "RTYX"})
    files = look_into(path)
    for file, expected in zip(files, frames, strict=True):
        np.testing.assert_array_equal(file.counts(), expected)


def test_planes_in_z_are_single_images_where_that_is_asked_for(tmp_path: Path) -> None:
    frames = np.arange(5 * 64 * 64, dtype=np.uint16).reshape(5, 64, 64)
    path = write(tmp_path / "a.tif", frames, imagej=True, metadata={"axes": "ZYX"})
    (file,) = look_into(path, depth_as_frames=True)
    np.testing.assert_array_equal(file.counts(), frames)


def test_what_is_no_tiff_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file"):
        read_hr(tmp_path / "absent.tif")
    text = tmp_path / "text.tif"
    text.write_text("not an image", encoding="utf-8")
    with pytest.raises(UserError, match="not a TIFF"):
        read_hr(text)


def test_what_is_no_number_is_refused(tmp_path: Path) -> None:
    frames = np.zeros((64, 64), np.float32)
    frames[3, 3] = np.nan
    with pytest.raises(UserError, match="not numbers"):
        read_hr(write(tmp_path / "a.tif", frames))
