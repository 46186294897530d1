"""OME-Zarr, read back by zarr-python and held against the specification by yaozarrs."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquisition import Channel
from pssr_live.errors import UserError
from pssr_live.recording import ImageDescription, ImageFormat, ZarrError, zarr_errors
from pssr_live.recording.images import begin, open_pages, resume
from pssr_live.recording.ome_zarr import ZarrAppender
from tests.places import ROOT

pytest.importorskip("tensorstore")
zarr = pytest.importorskip("zarr")
yaozarrs = pytest.importorskip("yaozarrs")

ABOUT = ImageDescription(
    name="restored",
    channels=(Channel("restored by mito-lite (predicted)"),),
    shape=(24, 32),
    dtype=np.dtype(np.uint16),
    significant_bits=16,
    pixel_size_um=0.049,
    interval_s=0.27,
    acquired_at="2026-01-02T03:04:05+00:00",
    notes={"engine": "mito-lite", "engine sha256": "ab" * 32},
)


def frames(count: int, about: ImageDescription = ABOUT) -> np.ndarray:
    rng = np.random.default_rng(count)
    stack = rng.integers(0, 200, (count, *about.shape)).astype(about.dtype)
    # A black frame is a frame too, though Zarr would rather not write it.
    stack[count // 2] = 0
    return stack


def write(path: Path, stack: np.ndarray, about: ImageDescription = ABOUT) -> None:
    images = begin(path, about)
    for frame in stack:
        images.append(frame, 0.0)
    images.close()


def test_it_is_valid_and_says_that_it_is_predicted(tmp_path: Path) -> None:
    path = tmp_path / "r.ome.zarr"
    write(path, frames(5))
    group = yaozarrs.validate_zarr_store(str(path))
    assert str(group.zarr_format) == "3"
    attributes = zarr.open_group(path, mode="r").attrs.asdict()
    (image,) = attributes["ome"]["multiscales"]
    assert attributes["ome"]["version"] == "0.5"
    assert image["name"] == "restored by mito-lite (predicted)"
    assert [axis.get("unit") for axis in image["axes"]] == ["second", "micrometer", "micrometer"]
    (level,) = image["datasets"]
    assert level["coordinateTransformations"] == [{"type": "scale", "scale": [0.27, 0.049, 0.049]}]
    assert attributes["pssr-live"]["engine sha256"] == "ab" * 32
    array = zarr.open_group(path, mode="r")["0"]
    np.testing.assert_array_equal(array[:], frames(5))
    assert len(list((path / "0" / "c").iterdir())) == 5


def test_what_is_not_known_is_left_out_and_it_is_still_valid(tmp_path: Path) -> None:
    path = tmp_path / "r.ome.zarr"
    about = replace(ABOUT, pixel_size_um=None, interval_s=None, acquired_at=None)
    write(path, frames(2), about)
    yaozarrs.validate_zarr_store(str(path))
    attributes = zarr.open_group(path, mode="r").attrs.asdict()
    assert not any("unit" in axis for axis in attributes["ome"]["multiscales"][0]["axes"])
    assert "acquired_at" not in attributes["pssr-live"]


@settings(max_examples=25)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    dtype=st.sampled_from([np.uint8, np.uint16]),
    count=st.integers(1, 6),
)
def test_any_frames_come_back(
    tmp_path_factory: pytest.TempPathFactory, height: int, width: int, dtype: type, count: int
) -> None:
    path = tmp_path_factory.mktemp("zarr") / "r.ome.zarr"
    about = replace(ABOUT, shape=(height, width), dtype=np.dtype(dtype))
    stack = frames(count, about)
    write(path, stack, about)
    pages = open_pages(path)
    assert (len(pages), pages.shape, pages.dtype) == (count, (height, width), np.dtype(dtype))
    out = np.empty((height, width), dtype)
    for position in range(count):
        pages.read_into(position, out)
        np.testing.assert_array_equal(out, stack[position])
    with pytest.raises(ZarrError):
        pages.read_into(count, out)
    pages.close()


def test_frames_are_there_for_others_as_soon_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "r.ome.zarr"
    images, pages = begin(path, ABOUT), None
    for number, frame in enumerate(frames(4)):
        images.append(frame, 0.0)
        pages = pages or open_pages(path)
        assert len(pages) == number + 1
        np.testing.assert_array_equal(zarr.open_group(path, mode="r")["0"][number], frame)


def test_a_frame_is_counted_only_once_it_is_whole(tmp_path: Path) -> None:
    """Cut off between a frame's pixels and its being counted, it is written again."""
    path = tmp_path / "r.ome.zarr"
    write(path, frames(5)[:3])
    cut_off = ZarrAppender.resume(path, ABOUT)
    cut_off._chunks[3].write(np.full(ABOUT.shape, 7, np.uint16)).result()
    assert zarr.open_group(path, mode="r")["0"].shape[0] == 3
    images = resume(path, ABOUT)
    assert images.written == 3
    for frame in frames(5)[3:]:
        images.append(frame, 0.0)
    np.testing.assert_array_equal(zarr.open_group(path, mode="r")["0"][:], frames(5))


@pytest.mark.parametrize("left", ["nothing", "folder", "group", "no frame"])
def test_what_was_cut_off_before_its_first_frame_is_begun_anew(tmp_path: Path, left: str) -> None:
    path = tmp_path / "r.ome.zarr"
    if left == "no frame":
        write(path, frames(1)[:0])
    elif left != "nothing":
        path.mkdir()
        if left == "group":
            (path / "zarr.json").write_text("{", encoding="utf-8")
    images = resume(path, ABOUT)
    assert images.written == 0
    images.append(frames(1)[0], 0.0)
    yaozarrs.validate_zarr_store(str(path))


def test_frames_of_another_kind_are_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "r.ome.zarr"
    write(path, frames(2))
    for about in (replace(ABOUT, shape=(24, 33)), replace(ABOUT, dtype=np.dtype(np.uint8))):
        with pytest.raises(UserError, match="can't be continued") as refusal:
            resume(path, about)
        assert "pssr-live restore" in refusal.value.fix
        assert "tensorstore_spec" not in str(refusal.value)
    np.testing.assert_array_equal(zarr.open_group(path, mode="r")["0"][:], frames(2))


def test_nothing_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "r.ome.zarr"
    write(path, frames(2))
    with pytest.raises(FileExistsError):
        begin(path, ABOUT)


def test_a_frame_of_another_shape_is_refused(tmp_path: Path) -> None:
    images = begin(tmp_path / "r.ome.zarr", ABOUT)
    with pytest.raises(ValueError, match="not"):
        images.append(np.zeros((24, 33), np.uint16), 0.0)


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        ([7], "frame 8 is missing"),
        ([0, 2, 3, 4], "frames 1, 3 to 5 are missing"),
        ([0, 2, 4, 6], "frames 1, 3, 5, 7 are missing"),
    ],
)
def test_frames_that_went_missing_are_named_and_not_shown_black(
    tmp_path: Path, gone: list[int], words: str
) -> None:
    path = tmp_path / "r.ome.zarr"
    write(path, frames(8))
    pages = open_pages(path)
    for position in gone:
        (path / "0" / "c" / str(position) / "0" / "0").unlink()
    with pytest.raises(ZarrError, match=words):
        open_pages(path)
    with pytest.raises(UserError, match=f"can't be continued: it counts 8 frames, and {words}"):
        resume(path, ABOUT)
    with pytest.raises(ZarrError):
        pages.read_into(gone[0], np.empty(ABOUT.shape, np.uint16))


@pytest.mark.skipif(os.name != "posix", reason="limits as POSIX has them")
def test_a_disk_that_refuses_is_told_in_words_and_what_is_written_stays(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the end of the disk; the write really fails."""
    path = tmp_path / "r.ome.zarr"
    code = (
        "import resource, sys\n"
        "import numpy as np\n"
        "from pathlib import Path\n"
        "from pssr_live.recording.images import begin\n"
        "from tests.pssr_live.recording.test_ome_zarr import ABOUT, frames\n"
        "images = begin(Path(sys.argv[1]), ABOUT)\n"
        "for frame in frames(3): images.append(frame, 0.0)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "noise = np.random.default_rng(0).integers(0, 60000, ABOUT.shape).astype(np.uint16)\n"
        "try: images.append(noise, 0.0)\n"
        "except OSError as error: print(error.errno, error.strerror)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        cwd=ROOT,
    )
    assert result.stdout.split(maxsplit=1)[1].strip() == "File too large"
    np.testing.assert_array_equal(zarr.open_group(path, mode="r")["0"][:], frames(3))


def test_without_tensorstore_the_command_that_installs_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pssr_live.recording.image_format.find_spec", lambda _: None)
    ImageFormat.OME_TIFF.require()
    with pytest.raises(UserError, match="TensorStore") as refusal:
        ImageFormat.OME_ZARR.require()
    assert "pssr-live[zarr]" in refusal.value.fix


def test_a_number_of_windows_is_not_taken_for_one_of_posix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """TensorStore's 112 is a full disk there, and a host that is down here."""
    words = "UNKNOWN: Failed to write [os_error_code='112'] [source locations='x']"
    for on_windows, number in ((True, None), (False, 112)):
        monkeypatch.setattr(zarr_errors, "ON_WINDOWS", on_windows)
        with (
            pytest.raises(OSError, match="Failed to write") as refused,
            zarr_errors.errors_in_words(),
        ):
            raise ValueError(words)
        assert refused.value.errno == number
