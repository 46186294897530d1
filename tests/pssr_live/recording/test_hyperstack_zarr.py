"""Several channels and slices in an OME-Zarr."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pssr_live.recording import Plane, images
from tests.pssr_live.recording.test_hyperstack import (
    ARRIVAL,
    CHANNELS,
    SHAPE,
    SLICES,
    add,
    assert_holds,
    describe,
    pixels,
    write,
)

pytest.importorskip("tensorstore")
zarr = pytest.importorskip("zarr")
yaozarrs = pytest.importorskip("yaozarrs")


def test_zarr_python_reads_axes_and_fills_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "r.ome.zarr"
    write(path, ARRIVAL)
    yaozarrs.validate_zarr_store(str(path))
    array = zarr.open_group(path, mode="r")["0"]
    assert array.shape == (4, len(CHANNELS), SLICES, *SHAPE)
    assert array.metadata.dimension_names == ("t", "c", "z", "y", "x")
    np.testing.assert_array_equal(array[2, 1, 1], pixels(Plane(1, 1, 2)))
    assert not array[3, 0, 0].any()


def test_a_chunk_that_a_kill_left_uncounted_is_no_frame_and_is_written_anew(
    tmp_path: Path,
) -> None:
    """A chunk of a new time point is put into place first, and counted then."""
    path = tmp_path / "r.ome.zarr"
    metadata = path / "0" / "zarr.json"
    first, second, later = Plane(0, 0, 0), Plane(1, 0, 0), Plane(0, 0, 2)
    write(path, [first, second])
    before = metadata.read_bytes()
    resumed = images.resume(path, describe())
    add(resumed, [later])
    resumed.close()
    metadata.write_bytes(before)
    assert_holds(path, [first, second])
    resumed = images.resume(path, describe())
    assert resumed.written == 2
    add(resumed, [later])
    assert resumed.written == 3
    resumed.close()
    assert_holds(path, [first, second, later])


def test_what_is_written_is_seen_at_once(tmp_path: Path) -> None:
    file = images.begin(tmp_path / "r.ome.zarr", describe())
    read = images.open_pages(tmp_path / "r.ome.zarr")
    for count, plane in enumerate(ARRIVAL, start=1):
        add(file, [plane])
        assert len(read) == count
        assert set(read.planes()) == set(ARRIVAL[:count])
    read.close()
    file.close()
