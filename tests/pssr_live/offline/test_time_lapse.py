"""Restoring a file: what is there already is trusted only as far as it was made of the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from rich.console import Console

from engines import BACKENDS, load_bundle
from engines.backends.table import BY_PRECISION
from engines.fitting import InputFormat
from engines.known import FastestNote
from pssr_live.errors import UserError
from pssr_live.recording.bigtiff import TiffAppender
from pssr_live.recording.images import notes_in, open_pages
from tests.pssr_live.sessions import restore_file

QUIET = Console(quiet=True)
ENGINE = "rolling-mean"


def movie(frames: int, seed: int = 1) -> NDArray[np.uint16]:
    rng = np.random.default_rng(seed)
    return rng.poisson(300 + 20 * np.arange(frames)[:, None, None], (frames, 16, 18)).astype("u2")


def save(path: Path, frames: NDArray[np.uint16], pixel_size_um: float = 0.2) -> Path:
    tifffile.imwrite(
        path,
        frames,
        imagej=True,
        resolution=(1 / pixel_size_um, 1 / pixel_size_um),
        metadata={"axes": "TYX", "unit": "um", "finterval": 0.5},
    )
    return path


def restore(source: Path, output: Path, engine: str = ENGINE, *, force: bool = False) -> int:
    return restore_file(source, output, engine, "auto", QUIET, force=force)


def read(path: Path) -> NDArray[np.uint16]:
    pages = open_pages(path)
    frames = np.empty((len(pages), *pages.shape), pages.dtype)
    for position, frame in enumerate(frames):
        pages.read_into(position, frame)
    pages.close()
    return frames


@pytest.fixture(params=["ome.tif", "ome.zarr"])
def output(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A file to restore into, in either format."""
    if request.param == "ome.zarr":
        pytest.importorskip("tensorstore")
    return tmp_path / f"output.{request.param}"


@pytest.mark.parametrize("before", [2, 4, 8, 9])
def test_a_file_that_grew_is_restored_as_it_would_be_in_one_go(
    tmp_path: Path, output: Path, before: int
) -> None:
    frames = movie(12)
    source = save(tmp_path / "cell.tif", frames[:before])
    restore(source, output)
    save(source, frames)
    restore(source, output)
    fresh = tmp_path / "fresh.ome.tif"
    restore(source, fresh)
    np.testing.assert_array_equal(read(output), read(fresh))
    assert notes_in(output)["source's frames"] == "12"
    assert notes_in(output)["source's sha256"] == notes_in(fresh)["source's sha256"]
    # It is as good as one that was restored in one go: known to be done, and found to be whole.
    stamp = output.stat().st_mtime_ns
    restore(source, output)
    assert output.stat().st_mtime_ns == stamp


def test_the_words_of_a_file_that_grew_tell_all_its_frames_and_times(tmp_path: Path) -> None:
    """Also where its OME-XML has moved to its second block, which is then let go again."""
    frames = np.repeat(movie(2), 150, axis=0)
    source, output = save(tmp_path / "cell.tif", frames[:258]), tmp_path / "o.ome.tif"
    restore(source, output)
    save(source, frames)
    restore(source, output)
    with tifffile.TiffFile(output) as tiff:
        assert tiff.series[0].shape[0] == 300
        xml = tiff.pages[0].description
    assert xml.count("<Plane ") == 300
    assert 'TheT="299" TheC="0" DeltaT="149.500000"' in xml


def changed(frames: NDArray[np.uint16], place: int) -> NDArray[np.uint16]:
    other = frames.copy()
    other[place] += 1
    return other


@pytest.mark.parametrize("place", [0, 5, 11])
@pytest.mark.parametrize("finished", [True, False])
def test_a_source_that_was_changed_anywhere_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int, finished: bool
) -> None:
    frames = movie(12)
    source, output = save(tmp_path / "cell.tif", frames), tmp_path / "o.ome.tif"
    if finished:
        restore(source, output)
    else:
        break_off(monkeypatch, source, output, after=3)
    before = output.read_bytes()
    save(source, changed(frames, place))
    with pytest.raises(UserError, match=r"cell\.tif was changed since") as told:
        restore(source, output)
    assert "--force" in told.value.fix
    assert output.read_bytes() == before
    restore(source, output, force=True)
    assert len(read(output)) == 12


def test_a_source_whose_pixel_size_was_put_right_is_refused(tmp_path: Path) -> None:
    source, output = save(tmp_path / "cell.tif", movie(6)), tmp_path / "o.ome.tif"
    restore(source, output)
    save(source, movie(6), pixel_size_um=0.1)
    with pytest.raises(UserError, match="--force"):
        restore(source, output)


def test_a_source_that_was_renamed_is_the_same_source(tmp_path: Path) -> None:
    source, output = save(tmp_path / "cell.tif", movie(6)), tmp_path / "o.ome.tif"
    restore(source, output)
    before = output.read_bytes()
    assert restore(source.rename(tmp_path / "monday.tif"), output) == 6
    assert output.read_bytes() == before


def test_an_output_of_another_file_or_engine_says_so(tmp_path: Path) -> None:
    source, output = save(tmp_path / "cell.tif", movie(6)), tmp_path / "o.ome.tif"
    restore(source, output)
    other = save(tmp_path / "other.tif", movie(6, seed=2))
    with pytest.raises(UserError, match=r"was not made of other\.tif"):
        restore(other, output)
    with pytest.raises(UserError, match=r"is not cell\.tif restored by bilinear"):
        restore(source, output, "bilinear")


def test_a_file_says_which_engine_and_backend_made_it(tmp_path: Path) -> None:
    source, output = save(tmp_path / "cell.tif", movie(5)), tmp_path / "o.ome.tif"
    restore_file(source, output, "mito-lite-fast", "onnxruntime", QUIET, force=False)
    notes = notes_in(output)
    assert notes["engine"] == "mito-lite-fast"
    assert notes["engine version"]
    assert len(notes["engine sha256"]) == 64
    assert notes["backend"] == "ONNX Runtime"


def test_what_was_the_fastest_here_does_not_change_a_files_pixels(tmp_path: Path) -> None:
    source, output = save(tmp_path / "cell.tif", movie(5)), tmp_path / "o.ome.tif"
    bundle = load_bundle("mito-lite-fast")
    note = FastestNote(bundle, InputFormat.of(16, 18, np.uint16), uncertain=False)
    note.write("onnxruntime-int8")
    restore(source, output, "mito-lite-fast")
    works = next(name for name in BY_PRECISION if BACKENDS[name].why_not() is None)
    assert notes_in(output)["backend"] == BACKENDS[works].title


def test_what_was_begun_on_one_backend_is_not_gone_on_with_on_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, output = save(tmp_path / "cell.tif", movie(5)), tmp_path / "o.ome.tif"
    with monkeypatch.context() as patched:
        patched.setattr(TiffAppender, "append", refuse_after(3))
        with pytest.raises(UserError):
            restore_file(source, output, "mito-lite-fast", "onnxruntime", QUIET, force=False)
    with pytest.raises(
        UserError, match="was started on ONNX Runtime and has to be completed"
    ) as told:
        restore_file(source, output, "mito-lite-fast", "openvino-f32", QUIET, force=False)
    assert "Leave --backend out" in told.value.fix
    assert restore_file(source, output, "mito-lite-fast", "auto", QUIET, force=False) == 5


def test_a_damaged_output_is_told_with_what_to_do(tmp_path: Path, output: Path) -> None:
    source = save(tmp_path / "cell.tif", movie(6))
    restore(source, output)
    if output.is_dir():
        (output / "0" / "zarr.json").write_text("{", encoding="utf-8")
        with pytest.raises(UserError, match="is damaged") as told:
            restore(source, output)
        assert "--force" in told.value.fix
        restore(source, output, force=True)
    else:
        # Cut off in copying: the frames that are whole are kept, the rest is made again.
        with output.open("r+b") as file:
            file.truncate(output.stat().st_size // 2)
        restore(source, output)
    fresh = tmp_path / "fresh.ome.tif"
    restore(source, fresh)
    np.testing.assert_array_equal(read(output), read(fresh))


def refuse_after(frames: int):  # type: ignore[no-untyped-def]
    append = TiffAppender.append

    def refusing(self: TiffAppender, pixels: NDArray[np.uint16], time_s: float) -> None:
        if self.written == frames:
            raise OSError(28, "No space left on device")
        append(self, pixels, time_s)

    return refusing


def break_off(monkeypatch: pytest.MonkeyPatch, source: Path, output: Path, after: int) -> None:
    """Restore a few frames only."""
    with monkeypatch.context() as patched:
        patched.setattr(TiffAppender, "append", refuse_after(after))
        with pytest.raises(UserError, match="goes on where it stopped"):
            restore(source, output)
