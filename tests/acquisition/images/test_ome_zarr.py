"""OME-Zarr of both versions, written by zarr-python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from acquisition.images import open_images
from tests.acquisition.images.conftest import movie

pytest.importorskip("tensorstore")
zarr = pytest.importorskip("zarr")

AXES = [
    {"name": "t", "type": "time", "unit": "millisecond"},
    {"name": "c", "type": "channel"},
    {"name": "z", "type": "space", "unit": "nanometer"},
    {"name": "y", "type": "space", "unit": "micrometer"},
    {"name": "x", "type": "space", "unit": "micrometer"},
]


def write_zarr(path: Path, stack: Any, version: int, leave_out: int | None = None) -> Path:
    group = zarr.open_group(path, mode="w", zarr_format=version)
    array = group.create_array(
        "0", shape=stack.shape, chunks=(1, 1, 1, *stack.shape[3:]), dtype=stack.dtype
    )
    for time in range(len(stack)):
        if time != leave_out:
            array[time] = stack[time]
    scale = {"type": "scale", "scale": [500.0, 1.0, 300.0, 0.2, 0.2]}
    image = {"axes": AXES, "datasets": [{"path": "0", "coordinateTransformations": [scale]}]}
    said = {
        "multiscales": [image],
        "omero": {"channels": [{"label": name, "color": "00FF00"} for name in ("A", "B")]},
    }
    group.attrs.update(said if version == 2 else {"ome": {"version": "0.5"} | said})
    return path


@pytest.mark.parametrize("version", [2, 3])
def test_axes_sizes_and_planes_come_back(tmp_path: Path, version: int) -> None:
    stack = movie(12).reshape(3, 2, 2, 12, 15)
    with open_images(write_zarr(tmp_path / "a.zarr", stack, version)) as file:
        (series,) = file.series
        assert dict(series.sizes) == {"T": 3, "C": 2, "Z": 2}
        assert series.pixel_size_um == pytest.approx(0.2)
        assert series.z_step_um == pytest.approx(0.3)
        assert series.interval_s == pytest.approx(0.5)
        assert [channel.name for channel in series.channels] == ["A", "B"]
        assert series.channels[0].colour == (0, 255, 0)
        for t, c, z in np.ndindex(3, 2, 2):
            np.testing.assert_array_equal(series.plane(T=t, C=c, Z=z), stack[t, c, z])


@pytest.mark.parametrize("version", [2, 3])
def test_chunks_that_were_never_written_are_missing(tmp_path: Path, version: int) -> None:
    stack = 1 + movie(12).reshape(3, 2, 2, 12, 15)
    with open_images(write_zarr(tmp_path / "a.zarr", stack, version, leave_out=1)) as file:
        (series,) = file.series
        assert series.missing == 4
        assert series.stream(C=1).gaps == [range(1, 2)]
        assert series.plane(T=1, C=1) is None


def test_images_of_a_collection_are_positions(tmp_path: Path) -> None:
    group = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=2)
    group.attrs["bioformats2raw.layout"] = 3
    stacks = [movie(12, seed=seed).reshape(3, 2, 2, 12, 15) for seed in range(2)]
    for number, stack in enumerate(stacks):
        write_zarr(tmp_path / "a.zarr" / str(number), stack, 2)
    with open_images(tmp_path / "a.zarr") as file:
        assert len(file.series) == 2
        for series, stack in zip(file.series, stacks, strict=True):
            np.testing.assert_array_equal(series.plane(T=1, C=0, Z=1), stack[1, 0, 1])
