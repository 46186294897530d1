"""Series of any axes, order, units and gaps come back as they were written, or are refused."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acquisition import SourceError
from acquisition.images import open_images
from tests.acquisition.images.conftest import (
    movie,
    ome_xml,
    tiff_data,
    write_lsm,
    write_pages,
    write_stk,
)
from tests.acquisition.images.test_ndtiff import write_ndtiff

quickly = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
LENGTH_UNITS = {"µm": 1.0, "nm": 1e-3, "Å": 1e-4, "mm": 1e3, "pm": 1e-6, "cm": 1e4}
TIME_UNITS = {"s": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0, "µs": 1e-6}
sizes = st.fixed_dictionaries({axis: st.integers(1, 3) for axis in "TCZ"})


@quickly
@given(data=st.data(), sizes=sizes, order=st.permutations("CZT"))
def test_ome_planes_in_any_order_with_some_left_out(
    tmp_path: Path, data: st.DataObject, sizes: dict[str, int], order: list[str]
) -> None:
    keys = list(np.ndindex(tuple(sizes[axis] for axis in "TCZ")))
    kept = data.draw(st.lists(st.sampled_from(keys), min_size=1, unique=True))
    pages = movie(len(kept), 5, 7)
    unit = data.draw(st.sampled_from(list(LENGTH_UNITS)))
    time_unit = data.draw(st.sampled_from(list(TIME_UNITS)))
    size, interval = data.draw(st.floats(0.01, 10)), data.draw(st.floats(0.01, 1000))
    said = "".join(
        f'<TiffData IFD="{page}" FirstT="{t}" FirstC="{c}" FirstZ="{z}" PlaneCount="1"/>'
        for page, (t, c, z) in enumerate(kept)
    )
    path = tmp_path / "a.ome.tif"
    said_of_size = {"PhysicalSizeX": size / LENGTH_UNITS[unit], "PhysicalSizeXUnit": unit}
    said_of_size |= {"PhysicalSizeY": size / LENGTH_UNITS[unit], "PhysicalSizeYUnit": unit}
    said_of_time = {
        "TimeIncrement": interval / TIME_UNITS[time_unit],
        "TimeIncrementUnit": time_unit,
    }
    xml = ome_xml(
        (5, 7), sizes, said, DimensionOrder=f"XY{''.join(order)}", **said_of_size, **said_of_time
    )
    write_pages(path, pages, xml)
    with open_images(path) as file:
        (series,) = file.series
        assert dict(series.sizes) == sizes
        assert series.pixel_size_um == pytest.approx(size)
        assert series.interval_s == pytest.approx(interval)
        assert series.missing == len(keys) - len(kept)
        for t, c, z in keys:
            plane = series.plane(T=t, C=c, Z=z)
            if (t, c, z) in kept:
                np.testing.assert_array_equal(plane, pages[kept.index((t, c, z))])
            else:
                assert plane is None


@quickly
@given(
    axes=st.permutations("TCZ").flatmap(lambda p: st.integers(0, 3).map(lambda n: "".join(p[:n]))),
    lengths=sizes,
    writer=st.sampled_from(["OME", "ImageJ", "JSON", "JSON, compressed"]),
    byteorder=st.sampled_from("<>"),
)
def test_what_tifffile_writes_comes_back(
    tmp_path: Path, axes: str, lengths: dict[str, int], writer: str, byteorder: str
) -> None:
    if writer == "ImageJ":
        axes = "".join(axis for axis in "TZC" if axis in axes)
    shape = tuple(lengths[axis] for axis in axes)
    stack = movie(int(np.prod(shape)), 5, 7).reshape(*shape, 5, 7)
    path = tmp_path / "a.tif"
    options: dict[str, Any] = {"photometric": "minisblack", "byteorder": byteorder}
    options |= {"ome": writer == "OME", "imagej": writer == "ImageJ"}
    options |= {"compression": "zlib"} if "compressed" in writer else {}
    tifffile.imwrite(path, stack, metadata={"axes": axes + "YX"}, **options)
    with open_images(path) as file:
        (series,) = file.series
        long = {axis: length for axis, length in series.sizes.items() if length > 1}
        assert long == {axis: lengths[axis] for axis in axes if lengths[axis] > 1}
        for place in np.ndindex(shape):
            named = {axis: n for axis, n in zip(axes, place, strict=True) if axis in series.sizes}
            np.testing.assert_array_equal(series.plane(**named), stack[place])


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), sizes=sizes)
def test_what_ndstorage_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, sizes: dict[str, int]
) -> None:
    keys = list(np.ndindex(tuple(sizes[axis] for axis in "TCZ")))
    kept = data.draw(st.lists(st.sampled_from(keys), min_size=1, unique=True))
    # An index tells of an axis what its planes do.
    last = [max(key[column] for key in kept) for column in range(3)]
    pages = movie(len(kept), 5, 7)
    images = [
        ({"time": t, "channel": f"c{c}", "z": z}, page)
        for (t, c, z), page in zip(kept, pages, strict=True)
    ]
    folder = write_ndtiff(tmp_path_factory.mktemp("nd") / "a", images)
    channels = list(dict.fromkeys(f"c{c}" for _, c, _ in kept))
    depths = sorted({z for *_, z in kept})
    with open_images(folder) as file:
        (series,) = file.series
        assert dict(series.sizes) == {"T": last[0] + 1, "C": len(channels), "Z": len(depths)}
        assert series.missing == np.prod(list(series.sizes.values())) - len(kept)
        for (t, c, z), page in zip(kept, pages, strict=True):
            place = {"T": t, "C": channels.index(f"c{c}"), "Z": depths.index(z)}
            np.testing.assert_array_equal(series.plane(**place), page)


def write_kind(path: Path, kind: str) -> None:
    frames = movie(4, 6, 7)
    options: dict[str, Any] = {"photometric": "minisblack", "metadata": {"axes": "TYX"}}
    if kind == "LSM":
        write_lsm(path, frames)
    elif kind == "STK":
        write_stk(path, frames)
    elif kind == "OME, a page a plane":
        data = tiff_data([(path.name, t, 0) for t in range(4)])
        write_pages(path, frames, ome_xml((6, 7), {"T": 4}, data))
    elif kind == "plain":
        write_pages(path, frames)
    else:
        options |= {"OME": {"ome": True}, "ImageJ": {"imagej": True}}.get(kind, {})
        options |= {"deflate": {"compression": "zlib"}}.get(kind, {})
        tifffile.imwrite(path, frames, **options)


KINDS = ["OME", "OME, a page a plane", "ImageJ", "JSON", "deflate", "plain", "LSM", "STK"]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(KINDS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6),
    st.floats(0.1, 1),
)
def test_a_file_damaged_anywhere_is_read_or_refused_in_words(
    tmp_path: Path, kind: str, flips: list[tuple[float, int]], share: float
) -> None:
    path = tmp_path / "a.tif"
    write_kind(path, kind)
    content = bytearray(path.read_bytes())
    for place, value in flips:
        content[int(place * (len(content) - 1))] = value
    path.write_bytes(content[: max(8, int(share * len(content)))] if share < 0.5 else content)
    with contextlib.suppress(SourceError), open_images(path) as file:
        for series in file.series:
            stream = series.stream()
            for number in range(len(stream)):
                assert stream.frame(number).nbytes <= 1 << 24


def test_a_compressed_frame_takes_its_own_memory_and_no_more(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    side, path = 8192, tmp_path / "large.tif"
    black = zlib.compress(bytes(2 * side * side))
    with tifffile.TiffWriter(path) as writer:
        for _ in range(2):
            writer.write(
                iter([black]),
                shape=(side, side),
                dtype=np.uint16,
                compression="zlib",
                rowsperstrip=side,
                photometric="minisblack",
                metadata=None,
            )
    assert path.stat().st_size < 500_000
    said = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], capture_output=True, check=True
    ).stdout
    frames, peak = map(int, said.split())
    assert frames == 2
    assert peak < 1 << 30


MEASURE = """
import resource, sys
from pathlib import Path
from acquisition.images import open_images
with open_images(Path(sys.argv[1])) as file:
    stream = file.series[0].stream()
    for number in range(len(stream)):
        stream.frame(number)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
if sys.platform == "linux":
    # What getrusage says begins with the memory of the process that started this one.
    said = Path("/proc/self/status").read_text()
    peak = int(said.partition("VmHWM:")[2].split()[0])
print(len(stream), peak * (1 if sys.platform == "darwin" else 1024))
"""


def test_a_small_file_that_claims_a_large_frame_is_refused_before_memory_is_taken(
    tmp_path: Path,
) -> None:
    resource = pytest.importorskip("resource")
    path = tmp_path / "a.tif"
    write_kind(path, "deflate")
    with tifffile.TiffFile(path) as tiff:
        tags = [tiff.pages.first.tags[name] for name in ("ImageWidth", "ImageLength")]
        tags += [tiff.pages.first.tags["RowsPerStrip"]]
        places = [tag.valueoffset for tag in tags]
    content = bytearray(path.read_bytes())
    for place in places:
        content[place : place + 2] = (60000).to_bytes(2, "little")
    path.write_bytes(content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SourceError), open_images(path) as file:
        file.series[0].stream().frame(0)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 18
