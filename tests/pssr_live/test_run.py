"""From the command line's words to a source."""

from __future__ import annotations

import pytest

from pssr_live.errors import UserError
from pssr_live.run import with_options


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
