"""Files that are not time-lapses, or not whole ones: refused in words, or what is missing named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from acquisition import SourceError, TimeLapse
from tests.acquisition.timelapse_files import WRITERS, Stack, refused


def test_a_missing_file_a_folder_and_another_kind_of_file_are_named(tmp_path: Path) -> None:
    assert "no file" in refused(tmp_path / "nowhere.tif").problem
    assert "folder" in refused(tmp_path).problem
    for name, content in (("empty.tif", b""), ("notes.tif", b"not a TIFF at all"), ("t", b"II*\0")):
        (tmp_path / name).write_bytes(content)
        assert "not a TIFF" in refused(tmp_path / name).problem


@pytest.mark.parametrize("dialect", ["ImageJ", "tifffile", "OME", "compressed"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.8])
def test_a_file_that_lost_frames_it_promises_says_which(
    tmp_path: Path, stack: Stack, dialect: str, share: float
) -> None:
    path = tmp_path / "movie.tif"
    WRITERS[dialect](path, stack)
    written = path.read_bytes()
    path.write_bytes(written[: int(share * len(written))])
    assert "damaged: frame " in refused(path).problem


def test_a_plain_file_cut_off_after_its_first_page_is_damaged(tmp_path: Path, stack: Stack) -> None:
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, stack, metadata=None)
    written = path.read_bytes()
    path.write_bytes(written[: len(written) // 2])
    assert "damaged: frame 2 " in refused(path).problem


def test_compressed_bytes_that_were_overwritten_name_their_frame(
    tmp_path: Path, stack: Stack
) -> None:
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, stack, compression="zlib")
    with tifffile.TiffFile(path) as tiff:
        start = tiff.pages[3].dataoffsets[0]
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xff" * 40)
    time_lapse = TimeLapse(path)
    time_lapse.frame(2)
    with pytest.raises(SourceError, match="frame 4 can't be read"):
        time_lapse.frame(3)
    time_lapse.close()


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize(
    "change", [lambda f: f[:10], lambda f: f[:, :10], lambda f: f.astype(np.uint8)]
)
def test_frames_that_change_their_size_or_type_are_refused(
    tmp_path: Path, stack: Stack, change: Callable[[Stack], Stack], compression: str | None
) -> None:
    path = tmp_path / "movie.tif"
    with tifffile.TiffWriter(path) as writer:
        for frame in (stack[0], stack[1], change(stack[2]), stack[3]):
            writer.write(frame, contiguous=False, metadata=None, compression=compression)
    assert "frame 3" in refused(path).problem


@pytest.mark.parametrize(
    ("shape", "options", "word"),
    [
        ((4, 20, 30, 3), {"photometric": "rgb"}, "colour"),
        ((4, 20, 30), {"imagej": True, "metadata": {"axes": "ZYX"}}, "Z slices"),
        ((4, 20, 30), {"imagej": True, "metadata": {"axes": "CYX"}}, "4 channels"),
        ((3, 4, 20, 30), {"imagej": True, "metadata": {"axes": "TZYX"}}, "4 Z slices"),
        ((3, 2, 20, 30), {"ome": True, "metadata": {"axes": "TCYX"}}, "2 channels"),
        ((4, 20, 30), {"ome": True, "metadata": {"axes": "ZYX"}}, "Z slices"),
        ((4, 20, 30), {"metadata": {"axes": "ZYX"}}, "Z slices"),
        ((4, 32, 32), {"volumetric": True}, "volume"),
        ((20, 30), {}, "single image"),
        ((1, 20, 30), {}, "single image"),
    ],
)
def test_what_is_no_time_lapse_of_planes_is_refused(
    tmp_path: Path, shape: tuple[int, ...], options: dict[str, Any], word: str
) -> None:
    path = tmp_path / "stack.tif"
    photometric = {"photometric": "minisblack"} | options
    tifffile.imwrite(path, np.zeros(shape, np.uint8), **photometric)
    assert word in refused(path).problem


@pytest.mark.parametrize(
    "dtype", [np.int8, np.int16, np.int32, np.uint32, np.float64, np.complex64, np.bool_]
)
def test_pixels_no_camera_gives_are_refused(tmp_path: Path, dtype: type) -> None:
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, np.zeros((4, 20, 32), dtype), photometric="minisblack", metadata=None)
    assert f"{np.dtype(dtype)}" in refused(path).problem


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0, 0.5, 65536.0])
def test_floats_that_are_no_counts_are_refused_wherever_they_stand(
    tmp_path: Path, stack: Stack, value: float
) -> None:
    path = tmp_path / "floats.tif"
    floats = stack.astype(np.float32)
    floats[4, 3, 2] = value
    tifffile.imwrite(path, floats, metadata=None)
    assert "frame 5" in refused(path).problem


def test_several_positions_in_one_file_are_refused(tmp_path: Path, stack: Stack) -> None:
    path = tmp_path / "positions.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(stack, metadata={"axes": "TYX"})
        writer.write(stack, metadata={"axes": "TYX"})
    assert "2 time-lapses" in refused(path).problem
