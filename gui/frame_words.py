"""What is written beside an image: which frame it is, and how large."""

from __future__ import annotations

import math

from gui.colouring import Counts
from gui.preview import Preview


def frame_words(preview: Preview, pixels: Counts | None) -> str:
    """Say which frame an image shows.

    Parameters
    ----------
    preview : Preview
    pixels : ndarray or None
        Its raw or restored image; None if it has none.

    Returns
    -------
    str
    """
    known = math.isfinite(preview.acquired)
    when = f"{preview.acquired:8.2f} s" if known else "(time not known)"
    size = "raw only" if pixels is None else "{1} × {0} px".format(*pixels.shape)
    return f"frame {preview.index:5d} {when}  {size}"
