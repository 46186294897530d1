"""NDTiff sets, written by ndstorage and lying as Micro-Manager lays them."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from acquisition import SourceError
from acquisition.images import open_images
from tests.acquisition.images.conftest import Stack, movie


def write_ndtiff(
    folder: Path, images: Sequence[tuple[Mapping[str, Any], Stack]], **summary: Any
) -> Path:
    from ndstorage import NDTiffDataset  # loads Dask and SciPy

    folder.mkdir()
    data = NDTiffDataset(str(folder) + "/", summary_metadata=summary, name="nd", writable=True)
    for axes, pixels in images:
        said = {"PixelSizeUm": 0.2, "BitDepth": 12, "PixelType": "GRAY16"}
        said |= {"Width": pixels.shape[1], "Height": pixels.shape[0]}
        if "time" in axes:
            said["ElapsedTime-ms"] = 500.0 * axes["time"]
        data.put_image(dict(axes), pixels, said)
    with warnings.catch_warnings():
        # ndstorage leaves the file that it wrote open.
        warnings.simplefilter("ignore", ResourceWarning)
        data.finish()
        data.close()
        del data
        gc.collect()
    return next(folder.glob("nd_*"))


def test_channels_and_slices_are_no_times(tmp_path: Path) -> None:
    frames = movie(24)
    places = [(t, c, z) for t in range(3) for z in range(4) for c in range(2)]
    images = [
        ({"time": t, "channel": ("DAPI", "FITC")[c], "z": z - 2}, frame)
        for (t, c, z), frame in zip(places, frames, strict=True)
    ]
    folder = write_ndtiff(tmp_path / "a", images, **{"z-step_um": 0.5})
    for path in (folder, next(folder.glob("*.tif")), folder / "NDTiff.index"):
        with open_images(path) as file:
            (series,) = file.series
            assert series.sizes == {"T": 3, "C": 2, "Z": 4}
            assert [channel.name for channel in series.channels] == ["DAPI", "FITC"]
            assert (series.pixel_size_um, series.z_step_um) == (0.2, 0.5)
            assert series.significant_bits == 12
            for (t, c, z), frame in zip(places, frames, strict=True):
                np.testing.assert_array_equal(series.plane(T=t, C=c, Z=z), frame)
            assert series.stream(C=1, Z=3).times_s == (0.0, 0.5, 1.0)


def test_positions_are_series_of_their_own(tmp_path: Path) -> None:
    frames = movie(6)
    images = [
        ({"position": f"Pos{n % 2}", "time": n // 2}, frame) for n, frame in enumerate(frames)
    ]
    with open_images(write_ndtiff(tmp_path / "a", images)) as file:
        assert [series.name for series in file.series] == ["Pos0", "Pos1"]
        for number, series in enumerate(file.series):
            assert series.sizes == {"T": 3}
            np.testing.assert_array_equal(series.plane(T=2), frames[4 + number])


def test_times_left_out_are_gaps(tmp_path: Path, frames: Stack) -> None:
    images = [({"time": t}, frame) for t, frame in zip((0, 1, 2, 5, 6, 7), frames, strict=True)]
    folder = write_ndtiff(tmp_path / "a", images, IntendedDimensions={"time": 10})
    with open_images(folder) as file:
        stream = file.series[0].stream()
        assert stream.gaps == [range(3, 5), range(8, 10)]
        np.testing.assert_array_equal(stream.frame(3), frames[3])
        assert stream.times_s == (0.0, 0.5, 1.0, 2.5, 3.0, 3.5)


def test_an_image_cut_off_is_missing_and_a_file_gone_is_named(
    tmp_path: Path, frames: Stack
) -> None:
    folder = write_ndtiff(tmp_path / "a", [({"time": t}, f) for t, f in enumerate(frames)])
    file = next(folder.glob("*.tif"))
    with open_images(folder) as opened:
        last = opened.series[0].planes[(5,)]
    with file.open("r+b") as stream:
        stream.truncate(last.offset + 10)
    with open_images(folder) as opened:
        assert opened.series[0].stream().numbers == (0, 1, 2, 3, 4)
    file.unlink()
    with pytest.raises(SourceError, match="not there"):
        open_images(folder)


def test_another_tiff_beside_an_index_is_read_by_itself(tmp_path: Path, frames: Stack) -> None:
    import tifffile

    folder = write_ndtiff(tmp_path / "a", [({"time": t}, f) for t, f in enumerate(frames)])
    tifffile.imwrite(folder / "other.tif", frames[:2], photometric="minisblack", metadata=None)
    with open_images(folder / "other.tif") as file:
        assert file.kind == "its pages"


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="folder"):
        open_images(tmp_path)
