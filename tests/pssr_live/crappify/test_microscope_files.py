"""CZI and ND2 files, read as HR time-lapses."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from pylibCZIrw import czi

from pssr_live.crappify.microscope_files import CZI, ND2
from pssr_live.crappify.series import look_into, one_position, read_hr
from pssr_live.errors import UserError
from tests.places import DATA

Planes = dict[tuple[int, int, int], np.ndarray]


def write_czi(path: Path, *scenes: Planes, **metadata: float) -> Path:
    """Write planes by (T, C, Z), one field of view beside the other, as ZEN would lay them out."""
    with czi.create_czi(str(path)) as document:
        for number, planes_of_scene in enumerate(scenes):
            for (time, channel, z), pixels in planes_of_scene.items():
                document.write(
                    pixels[..., None],
                    plane={"T": time, "C": channel, "Z": z},
                    location=(100 * number, 0),
                    scene=number,
                )
        document.write_metadata(document_name="airyscan", **metadata)
    return path


def planes(times: int, channels: int = 1, depths: int = 1, seed: int = 1) -> Planes:
    rng = np.random.default_rng(seed)
    return {
        (t, c, z): rng.integers(0, 4000, (20, 24)).astype(np.uint16)
        for t in range(times)
        for c in range(channels)
        for z in range(depths)
    }


def test_a_czi_time_series_is_read_with_its_pixel_size(tmp_path: Path) -> None:
    written = planes(6)
    path = write_czi(tmp_path / "a.czi", written, scale_x=4.3e-8, scale_y=4.3e-8)
    series = read_hr(path)
    assert series.pixel_size_um == pytest.approx(0.043)
    np.testing.assert_array_equal(series.frames, np.stack(list(written.values())))


def test_a_czi_is_looked_into_before_its_pixels_are_read(tmp_path: Path) -> None:
    (header,) = CZI.headers(write_czi(tmp_path / "a.czi", planes(6, channels=2)))
    assert [header.count(axis) for axis in "TZCYX"] == [6, 1, 2, 20, 24]
    assert header.dtype == np.uint16


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
    assert [file.shape for file in files] == [(6, 20, 24)] * 2
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
    assert file.counts().shape == file.shape == (3, 20, 24)


def test_colours_are_refused_in_words(tmp_path: Path) -> None:
    with czi.create_czi(str(tmp_path / "rgb.czi")) as document:
        document.write(np.zeros((20, 24, 3), np.uint8), plane={"T": 0, "C": 0, "Z": 0})
    with pytest.raises(UserError, match="in colour"):
        CZI.headers(tmp_path / "rgb.czi")


def test_raw_airyscan_planes_are_to_be_processed_first(tmp_path: Path) -> None:
    path = write_czi(tmp_path / "raw.czi", dict.fromkeys(planes(32), np.zeros((20, 24), np.uint16)))
    # The library writes no phases, as ZEN calls the planes: turn the times into them, in the
    # entries (name, start, size 1) of the file's directory.
    path.write_bytes(
        re.sub(rb"T\0{3}(?=.\0{3}\x01\0{3})", b"H\0\0\0", path.read_bytes(), flags=re.S)
    )
    with pytest.raises(UserError, match="32 raw detector planes of an Airyscan") as caught:
        look_into(path)
    assert "in ZEN" in caught.value.fix
    assert "Airyscan Processing" in caught.value.fix


@pytest.mark.parametrize("reader", [CZI, ND2])
def test_a_file_that_is_something_else_is_refused_in_words(tmp_path: Path, reader) -> None:
    path = tmp_path / "other.czi"
    path.write_bytes(b"this is no image" * 100)
    with pytest.raises(UserError, match="can't be read"):
        reader.headers(path)


def test_an_nd2_is_read_with_its_axes_and_pixel_size() -> None:
    (header,) = ND2.headers(DATA / "cluster.nd2")
    assert header.axes == "TZCYX"
    assert header.shape == (3, 10, 2, 31, 38)
    assert header.pixel_size_um == pytest.approx(0.1678, abs=1e-4)
    assert ND2.pixels(DATA / "cluster.nd2", 0, 1).shape == (3, 10, 31, 38)


def test_a_z_stack_over_time_is_refused_in_words() -> None:
    with pytest.raises(UserError, match="axes TZYX"):
        read_hr(DATA / "cluster.nd2", channel=0)
