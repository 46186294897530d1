"""Series that ome-writers streams, as TIFF and as Zarr, come back plane by plane; cut short too."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquisition.images import open_images
from tests.acquisition.images.conftest import movie

writers = pytest.importorskip("ome_writers")
pytest.importorskip("tensorstore")

HEIGHT, WIDTH = 6, 7
LENGTH_UNITS = {"micrometer": 1.0, "nanometer": 1e-3, "millimeter": 1e3}
TIME_UNITS = {"second": 1.0, "millisecond": 1e-3, "minute": 60.0}
NAMES = ["GFP", "mCherry", "a<b"]


def dimension(axis: str, count: int, length: str, time: str) -> writers.Dimension:
    if axis == "C":
        channels = [writers.Channel(name=name) for name in NAMES[:count]]
        return writers.Dimension(name="c", coords=channels)
    unit, scale = {"T": (time, 2.0), "Z": (length, 0.3)}[axis]
    return writers.Dimension(name=axis.lower(), count=count, unit=unit, scale=scale)


@settings(max_examples=25, deadline=None)
@given(
    sizes=st.fixed_dictionaries({axis: st.integers(1, 3) for axis in "TCZ"}),
    order=st.permutations("TCZ"),
    units=st.tuples(st.sampled_from(sorted(LENGTH_UNITS)), st.sampled_from(sorted(TIME_UNITS))),
    zarr=st.booleans(),
    part=st.sampled_from([0.3, 0.7, 1.0]),
)
def test_axes_sizes_and_planes_come_back(
    sizes: dict[str, int], order: list[str], units: tuple[str, str], zarr: bool, part: float
) -> None:
    length, time = units
    side = [
        writers.Dimension(name=name, count=count, unit=length, scale=0.2)
        for name, count in (("y", HEIGHT), ("x", WIDTH))
    ]
    shape = [sizes[axis] for axis in order]
    frames = 1 + movie(int(np.prod(shape)), HEIGHT, WIDTH)
    written = max(1, round(part * len(frames)))
    with tempfile.TemporaryDirectory() as folder:
        acquisition = writers.AcquisitionSettings(
            root_path=str(Path(folder) / ("a.ome.zarr" if zarr else "a.ome.tiff")),
            dimensions=[*(dimension(axis, sizes[axis], length, time) for axis in order), *side],
            dtype=str(frames.dtype),
            format=writers.OmeZarrFormat() if zarr else writers.OmeTiffFormat(),
        )
        with writers.create_stream(acquisition) as stream:
            for frame in frames[:written]:
                stream.append(frame)
        (path,) = Path(folder).iterdir()
        with open_images(path) as file:
            (series,) = file.series
            found = dict(series.sizes)
            # Of a stream that was closed early the file may state only what it holds.
            assert all(found.get(axis, 1) <= sizes[axis] for axis in "TCZ")
            assert written < len(frames) or all(found.get(a, 1) == sizes[a] for a in "TCZ")
            assert (series.height, series.width) == (HEIGHT, WIDTH)
            assert series.pixel_size_um == pytest.approx(0.2 * LENGTH_UNITS[length])
            if found.get("Z", 1) > 1:
                assert series.z_step_um == pytest.approx(0.3 * LENGTH_UNITS[length])
            if zarr and found.get("T", 1) > 1:
                assert series.interval_s == pytest.approx(2.0 * TIME_UNITS[time])
            names = [channel.name for channel in series.channels]
            count = found.get("C", 1)
            assert names[:count] == NAMES[:count]
            for number, place in enumerate(np.ndindex(*shape)):
                at = dict(zip(order, place, strict=True))
                if any(index >= found.get(axis, 1) for axis, index in at.items()):
                    continue
                plane = series.plane(**{axis: n for axis, n in at.items() if axis in found})
                if number < written:
                    np.testing.assert_array_equal(plane, frames[number])
                else:
                    assert plane is None
