"""Pictures for people: panels side by side, with the same limits of brightness, as PNG."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from engines import replacing

_SIDE = 480
_ZOOM = 5
_LABEL_HEIGHT = 34
_GAP = 6
_BLACK_PERCENTILE, _WHITE_PERCENTILE = 1.0, 99.8


def save_panels(path: Path, panels: Mapping[str, NDArray[np.generic]], limits_from: str) -> None:
    """Draw images of one field of view side by side, and below them a part of it enlarged.

    Images with fewer pixels are shown as such: enlarged without smoothing.

    Parameters
    ----------
    path : Path
        PNG to write.
    panels : mapping from str to ndarray, each of shape (h, w)
        Images of the same field in the same units, by name.
    limits_from : str
        Name of the panel whose percentiles become black and white for all, and whose brightest
        part is enlarged.
    """
    leading = panels[limits_from].astype(np.float32)
    black, white = np.percentile(leading, [_BLACK_PERCENTILE, _WHITE_PERCENTILE])
    top, left = _brightest_part(leading)
    height = max(1, round(_SIDE * leading.shape[0] / leading.shape[1]))
    canvas = Image.new(
        "L",
        (len(panels) * (_SIDE + _GAP) - _GAP, 2 * height + _GAP + _LABEL_HEIGHT),
        color=20,
    )
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(20)
    for number, (name, image) in enumerate(panels.items()):
        grey = (image.astype(np.float32) - black) * (255.0 / max(white - black, 1e-6))
        whole = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
        x = number * (_SIDE + _GAP)
        box_of_all = (0.0, 0.0, float(whole.width), float(whole.height))
        box_of_part = (
            left * whole.width,
            top * whole.height,
            (left + 1 / _ZOOM) * whole.width,
            (top + 1 / _ZOOM) * whole.height,
        )
        draw.text((x + 4, 5), name, fill=230, font=font)
        for row, box in enumerate([box_of_all, box_of_part]):
            shrinks = box[2] - box[0] > _SIDE
            filtering = Image.Resampling.BOX if shrinks else Image.Resampling.NEAREST
            panel = whole.resize((_SIDE, height), filtering, box=box)
            canvas.paste(panel, (x, _LABEL_HEIGHT + row * (height + _GAP)))
    with replacing(path) as draft:
        canvas.save(draft)


def _brightest_part(image: NDArray[np.float32]) -> tuple[float, float]:
    """Top and left, as parts of the image's sides, of the block with the most light in it."""
    height, width = (max(1, side // _ZOOM) for side in image.shape)
    blocks = image[: _ZOOM * height, : _ZOOM * width]
    if blocks.shape != (_ZOOM * height, _ZOOM * width):
        return 0.0, 0.0
    light = blocks.reshape(_ZOOM, height, _ZOOM, width).sum(axis=(1, 3))
    row, column = np.unravel_index(int(light.argmax()), light.shape)
    return float(row) / _ZOOM, float(column) / _ZOOM
