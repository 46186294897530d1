"""From the command line's words to a source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from acquisition.images import StreamChoice
from pssr_live.cli.source_options import SourceOptions, with_options
from pssr_live.errors import UserError


@pytest.mark.parametrize(
    ("url", "options", "expected"),
    [
        ("replay:a.tif", {}, "replay:a.tif"),
        ("micromanager:", {"wait": 60.0}, "micromanager:wait=60"),
        (
            "micromanager:4830,mode=follow",
            {"channel": 1, "pixel_size_um": 0.17},
            "micromanager:4830,mode=follow,channel=1,pixel_size_um=0.17",
        ),
    ],
)
def test_options_are_written_behind_a_microscopes_url(
    url: str, options: dict[str, float], expected: str
) -> None:
    assert with_options(url, options) == expected


def test_other_sources_take_none() -> None:
    with pytest.raises(UserError, match="Micro-Manager"):
        with_options("simulated:", {"wait": 5.0})


def test_a_source_chosen_later_gets_only_the_options_that_are_for_its_kind() -> None:
    options = SourceOptions(rate="5", loop=True, microscope={"wait": 60.0})
    microscope = options.chosen_source("micromanager:4830")
    assert microscope.url == "micromanager:4830,wait=60"
    replay = options.chosen_source("replay:cells.tif")
    assert replay.settings["rate"] == "5 frames/s"
    assert replay.settings["loop"] == "yes"
    assert options.chosen_source("simulated:").url == "simulated:"
    with pytest.raises(UserError, match="Micro-Manager"):
        options.source("replay:cells.tif")


def test_channels_are_those_of_a_file_or_a_number_of_a_camera(tmp_path: Path) -> None:
    path = tmp_path / "cells.ome.tif"
    pixels = np.zeros((3, 2, 16, 16), np.uint16)
    said = {"axes": "TCYX", "Channel": {"Name": ["GFP", "mCherry"]}}
    tifffile.imwrite(path, pixels, ome=True, photometric="minisblack", metadata=said)
    named = SourceOptions(choice=StreamChoice(("mCherry",)))
    source = named.source(str(path))
    assert [channel.name for channel in source.open().channels] == ["mCherry"]
    source.close()
    with pytest.raises(UserError, match="by its number"):
        named.source("micromanager:")
    by_number = SourceOptions(choice=StreamChoice((1,), z=2))
    assert by_number.chosen_source("micromanager:").url == "micromanager:channel=1"
    assert by_number.chosen_source("simulated:").url == "simulated:"
    with pytest.raises(UserError, match="takes no channel"):
        SourceOptions(choice=StreamChoice((1,))).source("simulated:")
