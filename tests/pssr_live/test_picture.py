"""Pictures people look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pssr_live.picture import save_panels


@pytest.mark.parametrize("shape", [(440, 440), (17, 31), (3, 200), (1, 1)])
def test_panels_of_any_size_are_drawn_with_raw_pixels_unsmoothed(
    tmp_path: Path, shape: tuple[int, int]
) -> None:
    rng = np.random.default_rng(0)
    raw = rng.integers(100, 4000, shape).astype(np.uint16)
    fine = np.kron(raw, np.ones((4, 4), np.uint16))
    save_panels(tmp_path / "p.png", {"raw": raw, "restored": fine}, limits_from="restored")
    with Image.open(tmp_path / "p.png") as picture:
        pixels = np.asarray(picture)
    # Both panels show the same pixels, so the enlarged raw one has not been smoothed.
    left, right = pixels[40:, :480], pixels[40:, 486:966]
    assert left.shape == right.shape
    difference = np.abs(left.astype(int) - right.astype(int))
    assert np.median(difference) == 0
    assert left.max() > 200 or shape == (1, 1)


def test_a_picture_that_stands_there_is_replaced_not_written_into(tmp_path: Path) -> None:
    other, path = tmp_path / "other.txt", tmp_path / "p.png"
    other.write_text("kept")
    path.hardlink_to(other)
    save_panels(path, {"raw": np.eye(40)}, limits_from="raw")
    assert other.read_text() == "kept"
    with Image.open(path) as picture:
        assert picture.width > 400
