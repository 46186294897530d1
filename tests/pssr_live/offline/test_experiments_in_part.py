"""Experiments of which something is missing: said in a line, and everything that came is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from pssr_live import open_recording
from pssr_live.cli.main import app

TIMES, CHANNELS, SLICES = 8, 2, 3
# Time point, channel, slice.
Plane = tuple[int, int, int]
ALL = [
    (time, channel, z)
    for time in range(TIMES)
    for z in range(SLICES)
    for channel in range(CHANNELS)
]


def write(path: Path, planes: list[Plane], times: int, channels: int) -> None:
    """Write an OME-TIFF that promises so many time points and channels, and holds these planes."""
    data = "".join(
        f'<TiffData IFD="{page}" FirstT="{time}" FirstC="{channel}" FirstZ="{z}" PlaneCount="1"/>'
        for page, (time, channel, z) in enumerate(planes)
    )
    named = "".join(
        f'<Channel ID="Channel:0:{c}" Name="ch{c}" SamplesPerPixel="1"/>' for c in range(channels)
    )
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
        '<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="64" SizeY="48" '
        f'SizeC="{channels}" SizeZ="{SLICES}" SizeT="{times}" TimeIncrement="0.5" '
        f'PhysicalSizeX="0.2" PhysicalSizeY="0.2">{named}{data}</Pixels></Image></OME>'
    )
    rng = np.random.default_rng(0)
    with tifffile.TiffWriter(path) as file:
        for page in range(len(planes)):
            pixels = rng.poisson(30, (48, 64)).astype(np.uint16)
            file.write(pixels, description=None if page else xml.encode(), metadata=None)


CASES = {
    "a channel that stops": (
        lambda time, channel, _: channel == 0 or time < 4,
        (TIMES, CHANNELS),
        "12 of 48 frames missing (ch1, slice 0: frames 5-8",
    ),
    "a slice that never comes": (
        lambda _, __, z: z != 1,
        (TIMES, CHANNELS),
        "16 of 48 frames missing (ch0, slice 1: all; ch1, slice 1: all)",
    ),
    "a channel with fewer slices": (
        lambda _, channel, z: channel == 0 or z == 0,
        (TIMES, CHANNELS),
        "16 of 48 frames missing (ch1, slice 1: all; ch1, slice 2: all)",
    ),
    "more promised than there is": (
        lambda *_: True,
        (20, 3),
        "132 of 180 frames missing (ch0, slice 0: frames 9-20",
    ),
}


def run(*line: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in line], env={"COLUMNS": "400"})
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(("there", "promised", "words"), CASES.values(), ids=CASES)
def test_what_is_missing_is_said_and_what_came_is_kept(
    there: Callable[[int, int, int], bool],
    promised: tuple[int, int],
    words: str,
    tmp_path: Path,
) -> None:
    planes = [plane for plane in ALL if there(*plane)]
    source = tmp_path / "part.ome.tif"
    write(source, planes, *promised)

    output = tmp_path / "restored.ome.tif"
    said = run("restore", source, "--engine", "bilinear", "--output", output)
    assert words in said
    assert f"{len(planes)} frames restored" in said

    folder = tmp_path / "live"
    run(
        *("live", "--headless", "--rate", "max", "--engine", "bilinear"),
        *("--source", f"replay:{source}", "--save", folder),
    )
    with open_recording(folder) as recording:
        assert recording.session.state == "complete"
        assert recording.raw.frame_count == len(planes)
        assert recording.restored is not None
        assert recording.restored.frame_count == len(planes)
        held = {tuple(map(int, plane)) for plane in np.argwhere(recording.raw.frames_there)}
        assert held == set(planes)


def test_images_of_another_size_or_type_are_refused_with_the_way_out(tmp_path: Path) -> None:
    source = tmp_path / "two.ome.tif"
    with tifffile.TiffWriter(source, ome=True) as file:
        for size, dtype in ((48, np.uint16), (32, np.uint8)):
            file.write(np.ones((8, size, 64), dtype), metadata={"axes": "TYX"})
    for line in (
        ("restore", source, "--engine", "bilinear"),
        ("live", "--headless", "--source", f"replay:{source}", "--engine", "bilinear"),
    ):
        result = CliRunner().invoke(app, [str(word) for word in line])
        assert "of another size or pixel type" in str(result.exception)
        assert "--position 0 to 1" in str(getattr(result.exception, "fix", ""))
