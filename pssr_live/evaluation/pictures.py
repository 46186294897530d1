"""Images as PNG, ready to stand in a page."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from pssr_live.evaluation.places import CloseUp

# Too much, and missing: bright on the black where nothing is wrong, and apart for all eyes.
TOO_MUCH, MISSING = (255, 150, 50), (70, 170, 255)
MARK = (255, 214, 10)
# How far off it may be, to either side.
EXPECTED = (205, 165, 255)
# Marks are drawn on images about so wide.
_FIELD_WIDTH, _PART_WIDTH = 640, 320
_TICK = 24

Values = NDArray[np.floating]


def grey(values: Values, black: float, white: float) -> Image.Image:
    """Show values from `black` to `white` as grey.

    Parameters
    ----------
    values : ndarray, shape (H, W)
    """
    levels = (values - black) * (255.0 / max(white - black, 1e-12))
    return Image.fromarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8))


def signed(values: Values, limit: float) -> Image.Image:
    """Show values from ``-limit`` (blue) over 0 (black) to ``limit`` (orange).

    Parameters
    ----------
    values : ndarray, shape (H, W)
    """
    part = np.clip(values / max(limit, 1e-12), -1, 1)[..., None]
    colours = np.maximum(part, 0) * TOO_MUCH + np.maximum(-part, 0) * MISSING
    return Image.fromarray(np.rint(colours).astype(np.uint8))


def rising(values: Values, limit: float) -> Image.Image:
    """Show values from 0 (black) to `limit` (violet).

    Parameters
    ----------
    values : ndarray, shape (H, W)
    """
    part = np.clip(values / max(limit, 1e-12), 0, 1)[..., None]
    return Image.fromarray(np.rint(part * EXPECTED).astype(np.uint8))


def with_box(image: Image.Image, place: CloseUp, width: int) -> Image.Image:
    """Draw where the close-up lies.

    Parameters
    ----------
    image : Image
    place : CloseUp
        In pixels of an image `width` pixels wide.
    """
    marked = _enlarged(image, _FIELD_WIDTH)
    factor = marked.width / width
    left, top = factor * place.left, factor * place.top
    box = (left, top, left + factor * place.side - 1, top + factor * place.side - 1)
    ImageDraw.Draw(marked).rectangle(box, outline=MARK, width=2)
    return marked


def with_ticks(image: Image.Image, middle: float, *, across: bool) -> Image.Image:
    """Mark a row or a column by a tick at each end, so that what lies under it stays visible.

    Parameters
    ----------
    image : Image
    middle : float
        Which row, or column.
    across : bool
        A row.
    """
    marked = _enlarged(image, _PART_WIDTH)
    draw = ImageDraw.Draw(marked)
    place = marked.width / image.width * (middle + 0.5)
    last = (marked.width if across else marked.height) - 1
    for start, end in ((0, _TICK), (last - _TICK, last)):
        line = (start, place, end, place) if across else (place, start, place, end)
        draw.line(line, fill=MARK, width=3)
    return marked


def with_scale_bar(image: Image.Image, length: float, extent: float) -> Image.Image:
    """Draw a bar into the lower right corner.

    Parameters
    ----------
    image : Image
    length, extent : float
        Of the bar and of the image's width, in the same unit.
    """
    marked = image.convert("RGB")
    margin, thick = round(0.05 * marked.width), max(3, round(0.018 * marked.width))
    right, bottom = marked.width - margin, marked.height - margin
    box = (right - round(marked.width * length / extent), bottom - thick, right, bottom)
    ImageDraw.Draw(marked).rectangle(box, fill="white", outline="black")
    return marked


def bar_length(extent: float) -> float:
    """Choose 1, 2 or 5 times a power of ten, a third of the extent at most."""
    power = 10.0 ** np.floor(np.log10(extent / 3))
    return float(power * max(step for step in (1, 2, 5) if step * power <= extent / 3))


def _enlarged(image: Image.Image, width: int) -> Image.Image:
    """Repeat pixels until a thin line can be drawn."""
    scale = max(1, round(width / image.width))
    size = (image.width * scale, image.height * scale)
    return image.convert("RGB").resize(size, Image.Resampling.NEAREST)


def png(image: Image.Image) -> bytes:
    """Encode."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
