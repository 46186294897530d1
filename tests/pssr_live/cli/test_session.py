"""What the command line says of a session, checked before anything begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from pssr_live.cli.live import run_live
from pssr_live.cli.session import SessionOptions
from pssr_live.cli.source_options import SourceOptions
from pssr_live.errors import UserError
from pssr_live.recording import ImageFormat


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
