"""Recordings, opened by programs that know nothing of pssr-live."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from ome_types import OME, from_tiff, validate_xml
from PIL import Image, ImageSequence

from acquisition import Channel, open_source
from engines import load_bundle
from pssr_live.cli.demo import DEMO_SOURCE
from pssr_live.recording import ImageDescription
from pssr_live.recording.bigtiff import TiffAppender
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession
from tests.pssr_live.offline.test_stacks import ALONG_Z, PIXEL_UM, STEP_UM, block, restore
from tests.pssr_live.offline.test_stacks import write as write_block
from tests.pssr_live.recording.test_hyperstack import ARRIVAL, CHANNELS, SHAPE
from tests.pssr_live.recording.test_hyperstack import pixels as hyperstack_pixels
from tests.pssr_live.recording.test_hyperstack import write as write_hyperstack
from tests.pssr_live.scripted import ScriptedSource
from tests.pssr_live.sessions import TIMEOUT

FRAMES = 6


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``pssr-live demo --frames 6 --save`` records."""
    folder = tmp_path_factory.mktemp("demo") / "r"
    choice = EngineChoice("mito-lite", "onnxruntime")
    session = LiveSession(
        open_source(DEMO_SOURCE, rate="max"), choice, save=folder, frame_limit=FRAMES
    )
    session.start()
    assert session.wait(TIMEOUT)
    assert session.faults == []
    return folder


@pytest.fixture(params=["raw", "restored"])
def path(demo: Path, request: pytest.FixtureRequest) -> Path:
    return demo / f"{request.param}.ome.tif"


def tifffile_reads(path: Path) -> NDArray[np.uint16]:
    return tifffile.imread(path, key=range(FRAMES))


def assert_says_what_it_is(ome: OME, name: str) -> None:
    (image,) = ome.images
    pixels = image.pixels
    restored = name == "restored"
    side = 1760 if restored else 440
    assert (pixels.size_x, pixels.size_y, pixels.size_t) == (side, side, FRAMES)
    size = 0.196 / 4 if restored else 0.196
    assert pixels.physical_size_x == pytest.approx(size)
    assert pixels.physical_size_x_unit.value == "µm"
    assert pixels.time_increment == pytest.approx(0.27049)
    assert [plane.the_t for plane in pixels.planes] == list(range(FRAMES))
    times = [plane.delta_t for plane in pixels.planes]
    np.testing.assert_allclose(times, 0.27049 * np.arange(FRAMES), atol=2e-6)
    assert image.acquisition_date is not None
    channel = pixels.channels[0].name or ""
    notes = {}
    for annotation in ome.structured_annotations:
        notes |= {entry.k: entry.value for entry in annotation.value.ms}
    assert notes["source"] == DEMO_SOURCE
    if restored:
        assert channel == "restored by mito-lite (predicted)"
        assert notes["restored"].startswith("yes: pixels predicted")
        assert notes["engine"] == "mito-lite"
        digest = load_bundle("mito-lite").manifest.files["model.onnx"]
        assert notes["engine sha256"] == digest
    else:
        assert "restored" not in notes


def test_the_ome_xml_is_valid_by_its_schema_and_says_what_it_is(path: Path) -> None:
    with tifffile.TiffFile(path) as tiff:
        validate_xml(tiff.pages.first.description)
    assert_says_what_it_is(from_tiff(path), path.name.removesuffix(".ome.tif"))


def test_pillow_reads_the_same_pixels(path: Path) -> None:
    with Image.open(path) as picture:
        pages = [np.array(page) for page in ImageSequence.Iterator(picture)]
    np.testing.assert_array_equal(np.stack(pages), tifffile_reads(path))


def test_the_ome_xml_is_valid_whatever_is_not_known_and_while_frames_come(tmp_path: Path) -> None:
    for number, size in enumerate((None, 0.2)):
        about = ImageDescription(
            name='raw & "raw"',
            channels=(Channel(),),
            shape=(4, 5),
            dtype=np.dtype(np.uint8),
            significant_bits=8,
            pixel_size_um=size,
            interval_s=size,
            acquired_at=None,
            notes={"a<": "&b"},
        )
        path = tmp_path / f"{number}.ome.tif"
        appender = TiffAppender(path, about)
        for position in range(3):
            appender.append(np.zeros((4, 5), np.uint8), position * 0.5)
            with tifffile.TiffFile(path) as tiff:
                validate_xml(tiff.pages.first.description)
        appender.close()


def test_lost_frames_show_in_the_times(tmp_path: Path) -> None:
    source = ScriptedSource([10, 11, 12, 20, 21])
    session = LiveSession(source, EngineChoice("bilinear"), save=tmp_path / "r")
    session.start()
    assert session.wait(TIMEOUT)
    for name in ("raw", "restored"):
        pixels = from_tiff(tmp_path / "r" / f"{name}.ome.tif").images[0].pixels
        times = [plane.delta_t for plane in pixels.planes]
        np.testing.assert_allclose(times, [0.0, 0.1, 0.2, 1.0, 1.1], atol=1e-9)


@pytest.fixture(scope="module")
def bio_formats() -> list[str]:
    """The command that runs a tool of Bio-Formats."""
    java = shutil.which("java")
    if java is None:
        pytest.skip("Bio-Formats needs Java, which is not installed")
    jar = os.environ.get("BIOFORMATS_JAR")
    if jar is None:
        try:
            files = importlib.metadata.files("bioformats-jar") or []
        except importlib.metadata.PackageNotFoundError:
            files = []
        jar = next((str(file.locate()) for file in files if file.name.endswith(".jar")), None)
    if jar is None:
        pytest.skip("no Bio-Formats: python -m pip install bioformats-jar==6.7.0.post2")
    quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"]
    return [java, "-Xmx512m", *quick, "-cp", jar]


def test_bio_formats_finds_it_valid_and_reads_words_and_pixels(
    path: Path, bio_formats: list[str], tmp_path: Path
) -> None:
    look = [*bio_formats, "loci.formats.tools.ImageInfo"]
    options = ["-nopix", "-omexml", "-no-upgrade", str(path)]
    said = subprocess.run([*look, *options], capture_output=True, check=True).stdout.decode()
    assert "Checking file format [OME-TIFF]" in said
    assert "No validation errors found." in said
    xml = said[said.index("<OME ") : said.index("</OME>") + len("</OME>")]
    assert_says_what_it_is(OME.from_xml(xml), path.name.removesuffix(".ome.tif"))
    converter = [*bio_formats, "loci.formats.tools.ImageConverter", "-no-upgrade"]
    copy = tmp_path / "copy.tif"
    subprocess.run([*converter, str(path), str(copy)], capture_output=True, check=True)
    np.testing.assert_array_equal(tifffile_reads(copy), tifffile_reads(path))


def test_bio_formats_sees_channels_slices_and_blanks_where_a_frame_was_lost(
    bio_formats: list[str], tmp_path: Path
) -> None:
    path, copy = tmp_path / "r.ome.tif", tmp_path / "copy.tif"
    write_hyperstack(path, ARRIVAL)
    look = [*bio_formats, "loci.formats.tools.ImageInfo", "-nopix", "-omexml", "-no-upgrade"]
    said = subprocess.run([*look, str(path)], capture_output=True, check=True).stdout.decode()
    assert "No validation errors found." in said
    assert "missing plane" not in said
    for size in ("SizeZ = 2", "SizeT = 4", "SizeC = 2", "Dimension order = XYCZT (certain)"):
        assert size in said
    for channel in CHANNELS:
        assert quoteattr(channel.name, {'"': "&quot;"}) in said
    converter = [*bio_formats, "loci.formats.tools.ImageConverter", "-no-upgrade"]
    subprocess.run([*converter, str(path), str(copy)], capture_output=True, check=True)
    shown = tifffile.imread(copy, key=range(16)).reshape(4, 2, 2, *SHAPE)
    expected = np.zeros_like(shown)
    for plane in ARRIVAL:
        expected[plane.time_point, plane.z, plane.channel] = hyperstack_pixels(plane)
    np.testing.assert_array_equal(shown, expected)


def test_bio_formats_sees_a_restored_stack_s_slices_and_their_step(
    bio_formats: list[str], tmp_path: Path
) -> None:
    path, _ = restore(write_block(tmp_path / "block.tif", block()), "rolling-mean", ALONG_Z)
    look = [*bio_formats, "loci.formats.tools.ImageInfo", "-nopix", "-omexml", "-no-upgrade"]
    said = subprocess.run([*look, str(path)], capture_output=True, check=True).stdout.decode()
    assert "No validation errors found." in said
    xml = said[said.index("<OME ") : said.index("</OME>") + len("</OME>")]
    pixels = OME.from_xml(xml).images[0].pixels
    assert (pixels.size_z, pixels.size_t, pixels.size_c) == (6, 1, 1)
    assert pixels.physical_size_z == pytest.approx(STEP_UM)
    assert pixels.physical_size_z_unit.value == "µm"
    assert pixels.physical_size_x == pytest.approx(PIXEL_UM / 4)
    assert pixels.time_increment is None
