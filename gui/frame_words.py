"""What is written beside an image: which frame it is, and how large."""

from __future__ import annotations

import math

from gui.colouring import Counts
from gui.preview import Preview


def age_words(preview: Preview, newest: Preview | None) -> str:
    """Say how many frames older an image is than the newest of its stream; empty for none."""
    age = newest.index - preview.index if newest is not None else 0
    if age <= 0:
        return ""
    return f", {age} frame{'s' if age > 1 else ''} ago"


def time_words(preview: Preview) -> str:
    """Say when a frame was scanned, on its source's clock; which it is where nobody knows."""
    if math.isfinite(preview.acquired):
        return f"{preview.acquired:.2f} s"
    return f"frame {preview.index}"


def frame_words(preview: Preview, pixels: Counts | None) -> tuple[str, str, str]:
    """Say which frame an image shows.

    Parameters
    ----------
    preview : Preview
    pixels : ndarray or None
        Its raw or restored image; None if it has none.

    Returns
    -------
    tuple of str
        Its size, its time and its number: what is most worth knowing stands last.
    """
    known = math.isfinite(preview.acquired)
    when = f"{preview.acquired:8.2f} s" if known else "(time not known)"
    size = "raw only" if pixels is None else "{1} × {0} px".format(*pixels.shape)
    return f"{size} ", when, f"  frame {preview.index:5d}"
