"""From the command line's words to a source."""

from __future__ import annotations

from pathlib import Path

import pytest

from pssr_live.cli.run import SessionOptions, SourceOptions, run_live, with_options
from pssr_live.errors import UserError
from pssr_live.recording.image_format import ImageFormat


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


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (SessionOptions(engine="bilinear", headless=True, raw_only=True), "--raw-only"),
        (SessionOptions(engine="mito-lite", headless=True, uncertainty=True), "--uncertainty"),
        (
            SessionOptions(engine="bilinear", headless=True, image_format=ImageFormat.OME_ZARR),
            "--format",
        ),
    ],
)
def test_who_means_to_record_is_told_that_nothing_would_be(
    options: SessionOptions, named: str
) -> None:
    with pytest.raises(UserError, match=f"{named} is for a recording.*--save FOLDER"):
        run_live("simulated:", SourceOptions(), options)


@pytest.mark.parametrize(
    ("picture", "headless", "words"),
    [
        ("window.png", True, "Leave out --headless"),
        ("window.jpg", False, "--snapshot window.png"),
        ("nowhere/window.png", False, "choose another --snapshot"),
    ],
)
def test_a_picture_that_could_not_be_taken_is_refused_at_once(
    tmp_path: Path, picture: str, headless: bool, words: str
) -> None:
    options = SessionOptions(engine="bilinear", headless=headless, snapshot=tmp_path / picture)
    with pytest.raises(UserError, match=words):
        options.check()
