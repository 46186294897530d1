"""None"""

import contextlib
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from acquisition import SourceError, TimeLapse
from tests.acquisition.timelapse_files import WRITERS, Stack, ome, refused, write_pages


def opened(path: Path) -> tuple[TimeLapse, NDArray[Any]]:
    with contextlib.closing(TimeLapse(path)) as time_lapse:
        frames = [time_lapse.frame(number) for number in range(time_lapse.frame_count)]
    return time_lapse, np.stack(frames)


@pytest.mark.parametrize("dialect", WRITERS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_dialect_of_tiff_gives_the_same_frames(
    tmp_path: Path, stack: Stack, dialect: str, dtype: type
) -> None:
    path = tmp_path / "movie.tif"
    counts = stack.astype(dtype)
    WRITERS[dialect](path, counts)
    time_lapse, frames = opened(path)
    np.testing.assert_array_equal(frames, counts)
    assert frames.dtype == dtype
    assert frames.dtype.isnative
    assert time_lapse.format.shape == (20, 30)
    assert time_lapse.format.significant_bits == (8 if dtype == np.uint8 else 16)


def test_floats_that_hold_counts_become_counts(tmp_path: Path, stack: Stack) -> None:
    path = tmp_path / "floats.tif"
    tifffile.imwrite(path, stack.astype(np.float32), metadata=None)
    time_lapse, frames = opened(path)
    assert time_lapse.format.dtype == np.uint16
    np.testing.assert_array_equal(frames, stack)


def test_frames_are_read_only(data: Path) -> None:
    time_lapse = TimeLapse(data / "hela_mitochondria.tif")
    with pytest.raises(ValueError, match="read-only"):
        time_lapse.frame(0)[0, 0] = 1
    time_lapse.close()


def test_frames_can_be_read_in_any_order(tmp_path: Path, stack: Stack) -> None:
    tifffile.imwrite(tmp_path / "movie.tif", stack)
    time_lapse = TimeLapse(tmp_path / "movie.tif")
    for position in (5, 0, 3, 3):
        np.testing.assert_array_equal(time_lapse.frame(position), stack[position])
    time_lapse.close()


@pytest.mark.parametrize(
    ("name", "shape", "dtype", "pixel", "interval"),
    [
        ("hela_mitochondria.tif", (12, 96, 96), np.uint8, 1 / 9, 2.0),
        ("cos7_mitochondria.tif", (5, 160, 160), np.uint16, 0.056, 5.0),
        ("lysosomes.tif", (8, 128, 128), np.uint16, 0.1292007, None),
    ],
)
def test_real_recordings_say_how_they_were_made(
    data: Path,
    name: str,
    shape: tuple[int, int, int],
    dtype: type,
    pixel: float,
    interval: float | None,
) -> None:
    time_lapse, frames = opened(data / name)
    assert frames.shape == shape
    assert frames.dtype == dtype
    np.testing.assert_array_equal(frames, tifffile.imread(data / name))
    assert time_lapse.format.pixel_size_um == pytest.approx(pixel, rel=1e-5)
    assert time_lapse.format.interval_s == interval


@pytest.mark.parametrize("unit", ["um", "µm", "micron", "\\u00B5m"])
def test_imagej_states_pixel_size_and_interval(tmp_path: Path, stack: Stack, unit: str) -> None:
    path = tmp_path / "movie.tif"
    said = {"axes": "TYX", "unit": unit.encode("ascii", "replace").decode(), "finterval": 0.5}
    if unit == "µm":
        said["unit"] = "\\u00B5m"
    tifffile.imwrite(path, stack, imagej=True, resolution=(5, 5), metadata=said)
    time_lapse = TimeLapse(path)
    time_lapse.close()
    assert time_lapse.format.pixel_size_um == pytest.approx(0.2)
    assert time_lapse.format.interval_s == 0.5


def test_ome_states_pixel_size_interval_and_bits_in_its_own_units(
    tmp_path: Path, stack: Stack
) -> None:
    path = tmp_path / "movie.ome.tif"
    header = ome(
        SizeT=6,
        PhysicalSizeX=196,
        PhysicalSizeXUnit="nm",
        TimeIncrement=270.49,
        TimeIncrementUnit="ms",
        SignificantBits=12,
    )
    write_pages(path, stack, header)
    time_lapse = TimeLapse(path)
    time_lapse.close()
    assert time_lapse.format.pixel_size_um == pytest.approx(0.196)
    assert time_lapse.format.interval_s == pytest.approx(0.27049)
    assert time_lapse.format.significant_bits == 12


def test_ome_plane_times_are_each_frames_time(tmp_path: Path, stack: Stack) -> None:
    path = tmp_path / "movie.ome.tif"
    times = [10.0, 10.5, 11.0, 11.5, 13.0, 13.5]
    planes = "".join(
        f'<Plane TheT="{n}" TheC="0" TheZ="0" DeltaT="{1000 * time}" DeltaTUnit="ms"/>'
        for n, time in enumerate(times)
    )
    write_pages(path, stack, ome(planes, SizeT=6))
    time_lapse = TimeLapse(path)
    time_lapse.close()
    assert time_lapse.times_s == pytest.approx([time - 10 for time in times])
    assert time_lapse.format.interval_s == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("unit", "per_unit", "pixel"),
    [("CENTIMETER", 50000, 0.2), ("INCH", 127000, 0.2), ("INCH", 72, None), ("NONE", 5, None)],
)
def test_plain_tiffs_state_a_pixel_size_unless_it_is_meant_for_printers(
    tmp_path: Path, stack: Stack, unit: str, per_unit: int, pixel: float | None
) -> None:
    path = tmp_path / "movie.tif"
    tifffile.imwrite(
        path, stack, metadata=None, resolution=(per_unit, per_unit), resolutionunit=unit
    )
    time_lapse = TimeLapse(path)
    time_lapse.close()
    assert time_lapse.format.pixel_size_um == (pixel and pytest.approx(pixel))
    assert time_lapse.format.interval_s is None


def test_pixels_that_are_not_square_have_no_size(tmp_path: Path, stack: Stack) -> None:
    path = tmp_path / "movie.tif"
    tifffile.imwrite(
        path, stack, imagej=True, resolution=(5, 4), metadata={"axes": "TYX", "unit": "um"}
    )
    time_lapse = TimeLapse(path)
    time_lapse.close()
    assert time_lapse.format.pixel_size_um is None


def test_a_header_that_cannot_be_read_states_nothing(tmp_path: Path, stack: Stack) -> None:
    path = tmp_path / "movie.ome.tif"
    write_pages(path, stack, "<OME><Image><Pixels SizeT='6'</OME>")
    _, frames = opened(path)
    np.testing.assert_array_equal(frames, stack)


def test_a_recordings_folder_opens_its_raw_file(tmp_path: Path, stack: Stack) -> None:
    write_pages(tmp_path / "raw.ome.tif", stack)
    time_lapse, frames = opened(tmp_path)
    assert time_lapse.path.name == "raw.ome.tif"
    np.testing.assert_array_equal(frames, stack)


@pytest.mark.parametrize("header", [None, ome()], ids=["no header", "header not yet corrected"])
def test_a_recording_killed_at_any_byte_gives_its_whole_frames(
    tmp_path: Path, stack: Stack, header: str | None
) -> None:
    whole = tmp_path / "whole.ome.tif"
    write_pages(whole, stack, header)
    written = whole.read_bytes()
    with tifffile.TiffFile(whole) as tiff:
        ends = [page.dataoffsets[-1] + page.databytecounts[-1] for page in tiff.pages]
    cut = tmp_path / "cut.ome.tif"
    for length in range(ends[1], len(written), 37):
        cut.write_bytes(written[:length])
        _, frames = opened(cut)
        expected = sum(end <= length for end in ends)
        np.testing.assert_array_equal(frames, stack[:expected])


def test_a_recording_may_have_ended_after_one_frame_but_not_before(
    tmp_path: Path, stack: Stack
) -> None:
    write_pages(tmp_path / "raw.ome.tif", stack[:1])
    _, frames = opened(tmp_path)
    np.testing.assert_array_equal(frames, stack[:1])
    (tmp_path / "raw.ome.tif").write_bytes(b"II" + struct.pack("<HHHQ", 43, 8, 0, 0))
    assert "no image" in refused(tmp_path).problem


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(["ImageJ", "tifffile", "OME", "compressed", "recording"]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_a_file_damaged_anywhere_is_read_or_refused_in_words(
    tmp_path: Path, stack: Stack, dialect: str, flips: list[tuple[float, int]]
) -> None:
    path = tmp_path / f"{dialect}.tif"
    WRITERS[dialect](path, stack[:5, :6, :7])
    content = bytearray(path.read_bytes())
    for place, value in flips:
        content[int(place * (len(content) - 1))] = value
    path.write_bytes(content)
    with contextlib.suppress(SourceError):
        opened(path)


def test_pages_are_read_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long.tif"
    tifffile.imwrite(path, np.zeros((50, 64, 64), np.uint16), metadata=None)
    decoded: list[int] = []
    read = tifffile.TiffPage.asarray

    def counted(page: tifffile.TiffPage, *args: Any, **options: Any) -> Any:
        decoded.append(page.index)
        return read(page, *args, **options)

    monkeypatch.setattr(tifffile.TiffPage, "asarray", counted)
    monkeypatch.setattr(tifffile.TiffFrame, "asarray", counted)
    time_lapse = TimeLapse(path)
    time_lapse.frame(30)
    time_lapse.close()
    assert decoded == [0, 30]
