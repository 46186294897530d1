"""CZI and ND2 files, read as HR time-lapses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pylibCZIrw import czi

from pssr_live.errors import UserError
from pssr_live.training.microscope_files import read_czi, read_nd2
from pssr_live.training.series import read_hr

DATA = Path(__file__).parents[1] / "data"


def write_czi(
    path: Path, planes: dict[tuple[int, int, int], np.ndarray], **metadata: float
) -> Path:
    """Write planes by (T, C, Z), as ZEN would lay them out."""
    with czi.create_czi(str(path)) as document:
        for (time, channel, z), pixels in planes.items():
            document.write(pixels[..., None], plane={"T": time, "C": channel, "Z": z})
        document.write_metadata(document_name="airyscan", **metadata)
    return path


def planes(
    times: int, channels: int = 1, depths: int = 1
) -> dict[tuple[int, int, int], np.ndarray]:
    rng = np.random.default_rng(1)
    return {
        (t, c, z): rng.integers(0, 4000, (20, 24)).astype(np.uint16)
        for t in range(times)
        for c in range(channels)
        for z in range(depths)
    }


def test_a_czi_time_series_is_read_with_its_pixel_size(tmp_path: Path) -> None:
    written = planes(6)
    path = write_czi(tmp_path / "a.czi", written, scale_x=4.3e-8, scale_y=4.3e-8)
    found = read_czi(path)
    assert found.axes == "TCYX"
    assert found.pixel_size_um == pytest.approx(0.043)
    np.testing.assert_array_equal(found.pixels[:, 0], np.stack(list(written.values())))


def test_the_channels_of_a_czi_are_kept_apart(tmp_path: Path) -> None:
    written = planes(3, channels=2)
    found = read_czi(write_czi(tmp_path / "a.czi", written))
    assert found.pixels.shape == (3, 2, 20, 24)
    np.testing.assert_array_equal(found.pixels[2, 1], written[2, 1, 0])


def test_a_stack_in_z_and_colours_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="stack in z"):
        read_czi(write_czi(tmp_path / "z.czi", planes(1, depths=3)))
    with czi.create_czi(str(tmp_path / "rgb.czi")) as document:
        document.write(np.zeros((20, 24, 3), np.uint8), plane={"T": 0, "C": 0, "Z": 0})
    with pytest.raises(UserError, match="in colour"):
        read_czi(tmp_path / "rgb.czi")


@pytest.mark.parametrize("read", [read_czi, read_nd2])
def test_a_file_that_is_something_else_is_refused_in_words(tmp_path: Path, read: object) -> None:
    path = tmp_path / "other.czi"
    path.write_bytes(b"this is no image" * 100)
    with pytest.raises(UserError, match="can't be read"):
        read(path)  # type: ignore[operator]


def test_an_nd2_is_read_with_its_axes_and_pixel_size() -> None:
    found = read_nd2(DATA / "cluster.nd2")
    assert found.axes == "TZCYX"
    assert found.pixels.shape == (3, 10, 2, 31, 38)
    assert found.pixel_size_um == pytest.approx(0.1678, abs=1e-4)


def test_a_czi_becomes_hr_frames_of_one_channel(tmp_path: Path) -> None:
    written = planes(6, channels=2)
    path = write_czi(tmp_path / "a.czi", written, scale_x=4.3e-8, scale_y=4.3e-8)
    series = read_hr(path, channel=1)
    assert series.frames.shape == (6, 20, 24)
    np.testing.assert_array_equal(series.frames[4], written[4, 1, 0])
    assert series.pixel_size_um == pytest.approx(0.043)
    with pytest.raises(UserError, match="2 channels"):
        read_hr(path)


def test_a_z_stack_over_time_is_refused_in_words() -> None:
    with pytest.raises(UserError, match="axes TZYX"):
        read_hr(DATA / "cluster.nd2", channel=0)
