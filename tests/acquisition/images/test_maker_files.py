"""CZI and ND2 files, plane by plane."""

from __future__ import annotations

import builtins
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acquisition import SourceError
from acquisition.images import open_images
from tests.acquisition.images.conftest import Stack, movie
from tests.places import DATA

Planes = dict[tuple[int, int, int], Stack]


def write_czi(path: Path, *scenes: Planes, **metadata: Any) -> Path:
    """Write planes by (T, C, Z), one field of view beside the other, as ZEN would lay them out."""
    czi = pytest.importorskip("pylibCZIrw.czi")
    with czi.create_czi(str(path), exist_ok=True) as document:
        for number, planes in enumerate(scenes):
            for (time, channel, z), pixels in planes.items():
                document.write(
                    pixels[..., None],
                    plane={"T": time, "C": channel, "Z": z},
                    location=(100 * number, 0),
                    scene=number,
                )
        document.write_metadata(document_name="cells", **metadata)
    return path


def planes(times: int, channels: int = 1, depths: int = 1, seed: int = 0) -> Planes:
    keys = list(np.ndindex(times, channels, depths))
    return dict(zip(keys, movie(len(keys), seed=seed), strict=True))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 2)), min_size=1),
    st.sampled_from([4.3e-8, 2e-7]),
)
def test_a_czi_with_gaps_comes_back_plane_by_plane(
    tmp_path: Path, kept: list[tuple[int, int, int]], scale: float
) -> None:
    written = dict(zip(dict.fromkeys(kept), movie(len(set(kept))), strict=True))
    path = write_czi(tmp_path / "a.czi", written, scale_x=scale, scale_y=scale, scale_z=5e-7)
    first = [min(key[column] for key in written) for column in range(3)]
    with open_images(path) as file:
        (series,) = file.series
        assert series.pixel_size_um == pytest.approx(1e6 * scale)
        assert series.z_step_um == pytest.approx(0.5)
        spans = [1 + max(k[n] for k in written) - first[n] for n in range(3)]
        assert [series.size(axis) for axis in "TCZ"] == spans
        for t, c, z in np.ndindex(*spans):
            plane = series.plane(T=t, C=c, Z=z)
            expected = written.get((t + first[0], c + first[1], z + first[2]))
            if expected is None:
                assert plane is None
            else:
                np.testing.assert_array_equal(plane, expected)


def test_each_scene_of_a_czi_is_a_position(tmp_path: Path) -> None:
    scenes = planes(3), planes(3, seed=2)
    path = write_czi(tmp_path / "a.czi", *scenes, channel_names={0: "GFP"})
    with open_images(path) as file:
        assert [series.name for series in file.series] == ["scene 0", "scene 1"]
        for series, written in zip(file.series, scenes, strict=True):
            assert [channel.name for channel in series.channels] == ["GFP"]
            np.testing.assert_array_equal(series.plane(T=2), written[2, 0, 0])


def test_colours_are_refused_in_words(tmp_path: Path) -> None:
    czi = pytest.importorskip("pylibCZIrw.czi")
    with czi.create_czi(str(tmp_path / "rgb.czi")) as document:
        document.write(np.zeros((20, 24, 3), np.uint8), plane={"T": 0, "C": 0, "Z": 0})
    with pytest.raises(SourceError, match="in colour"):
        open_images(tmp_path / "rgb.czi")


def test_a_mosaic_with_holes_is_refused(tmp_path: Path) -> None:
    czi = pytest.importorskip("pylibCZIrw.czi")
    with czi.create_czi(str(tmp_path / "m.czi")) as document:
        for place in ((0, 0), (24, 20)):
            tile = np.ones((20, 24, 1), np.uint16)
            document.write(tile, plane={"T": 0, "C": 0, "Z": 0}, location=place)
    with pytest.raises(SourceError, match="mosaic"):
        open_images(tmp_path / "m.czi")


def test_raw_airyscan_planes_are_to_be_processed_first(tmp_path: Path) -> None:
    path = write_czi(tmp_path / "raw.czi", planes(32))
    # The library writes no phases, as ZEN calls the planes: turn the times into them, in the
    # entries (name, start, size 1) of the file's directory.
    path.write_bytes(
        re.sub(rb"T\0{3}(?=.\0{3}\x01\0{3})", b"H\0\0\0", path.read_bytes(), flags=re.S)
    )
    with pytest.raises(SourceError, match="32 raw detector planes of an Airyscan") as told:
        open_images(path)
    assert "Airyscan Processing" in told.value.fix


def test_an_nd2_has_axes_names_and_times() -> None:
    pytest.importorskip("nd2")
    with open_images(DATA / "cluster.nd2") as file:
        (series,) = file.series
        assert dict(series.sizes) == {"T": 3, "C": 2, "Z": 10}
        assert (series.height, series.width) == (31, 38)
        assert series.pixel_size_um == pytest.approx(0.1678, abs=1e-4)
        assert series.z_step_um == 0.5
        assert series.significant_bits == 12
        assert [channel.name for channel in series.channels] == ["5-FAM/pH 9.0", "FM 4-64/2% CHAPS"]
        assert series.channels[0].colour == (120, 233, 15)
        times = series.stream(Z=4).times_s
        assert times == pytest.approx([0, 10.6, 21.3], abs=0.1)
        import nd2

        whole = nd2.imread(DATA / "cluster.nd2")
        np.testing.assert_array_equal(series.plane(T=2, C=1, Z=7), whole[2, 7, 1])


@pytest.mark.parametrize("ending", [".czi", ".nd2"])
def test_a_file_that_is_something_else_is_refused_in_words(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"other{ending}"
    path.write_bytes(b"this is no image" * 100)
    with pytest.raises(SourceError, match="can't be read as"):
        open_images(path)


@pytest.mark.parametrize(("ending", "library"), [(".czi", "pylibCZIrw"), (".nd2", "nd2")])
def test_a_library_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, library: str
) -> None:
    found = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == library:
            raise ImportError(name)
        return found(name, *rest, **more)

    (tmp_path / f"a{ending}").write_bytes(b"")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SourceError, match="not installed") as told:
        open_images(tmp_path / f"a{ending}")
    assert f"pip install {library}" in told.value.fix
