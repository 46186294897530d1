"""OME-XML."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from acquisition import Channel
from pssr_live.recording import ImageDescription
from pssr_live.recording.bigtiff import TiffAppender

NAMESPACE = {"ome": "http://www.openmicroscopy.org/Schemas/OME/2016-06"}
# What XML 1.0 can hold.
words = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cn", "Cc"]), max_size=20)


def describe(**changes: object) -> ImageDescription:
    facts: dict[str, object] = {
        "name": "restored",
        "channels": (Channel("restored by mito-lite (predicted)"),),
        "shape": (6, 8),
        "dtype": np.dtype(np.uint16),
        "significant_bits": 16,
        "pixel_size_um": 0.049,
        "interval_s": 0.27,
        "acquired_at": "2026-01-02T03:04:05+00:00",
    }
    return ImageDescription(**(facts | changes))  # type: ignore[arg-type]


@given(name=words, key=words, value=words)
def test_any_words_survive(name: str, key: str, value: str) -> None:
    xml = describe(channels=(Channel(name),), notes={key: value}).to_xml()
    root = ET.fromstring(xml)  # noqa: S314 - our own
    channel = root.find(".//ome:Channel", NAMESPACE)
    note = root.find(".//ome:M", NAMESPACE)
    assert channel is not None
    assert note is not None
    assert channel.get("Name") == name
    assert note.get("K") == key
    assert (note.text or "") == value


def test_what_is_not_known_is_left_out() -> None:
    xml = describe(pixel_size_um=None, interval_s=None, acquired_at=None).to_xml()
    assert "PhysicalSize" not in xml
    assert "TimeIncrement" not in xml
    assert "AcquisitionDate" not in xml


def test_tifffile_reads_axes_pixel_size_and_plane_times(tmp_path: Path) -> None:
    about = describe(notes={"restored": "yes"})
    appender = TiffAppender(tmp_path / "r.ome.tif", about)
    for time_s in (0.0, 0.25, 0.75):
        appender.append(np.zeros(about.shape, np.uint16), time_s)
    # Readable as OME while it grows, with the right number of frames.
    with tifffile.TiffFile(tmp_path / "r.ome.tif") as tiff:
        assert tiff.is_ome
        assert tiff.series[0].axes == "TYX"
        assert tiff.series[0].shape == (3, 6, 8)
        pixels = tifffile.xml2dict(tiff.ome_metadata)["OME"]["Image"]["Pixels"]
    assert pixels["PhysicalSizeX"] == 0.049
    assert [plane["DeltaT"] for plane in pixels["Plane"]] == [0.0, 0.25, 0.75]
    appender.close()


@pytest.mark.parametrize("time_s", [float("nan"), float("inf"), 1e300])
def test_a_time_that_is_none_is_left_out(tmp_path: Path, time_s: float) -> None:
    about = describe()
    appender = TiffAppender(tmp_path / "r.ome.tif", about)
    appender.append(np.zeros(about.shape, np.uint16), 0.0)
    appender.append(np.zeros(about.shape, np.uint16), time_s)
    appender.close()
    with tifffile.TiffFile(tmp_path / "r.ome.tif") as tiff:
        planes = tifffile.xml2dict(tiff.ome_metadata)["OME"]["Image"]["Pixels"]["Plane"]
    assert ["DeltaT" in plane for plane in planes] == [True, False]
