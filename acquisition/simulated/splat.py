"""Points of light on a pixel grid, each at its exact place between the pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
# Entries written at once: small enough to stay in the processor's cache.
CHUNK = 1 << 18


def splat(
    x_um: Floats,
    y_um: Floats,
    light: Floats,
    sigma_um: Floats,
    pixel_um: float,
    height: int,
    width: int,
) -> Floats:
    """Add up a Gaussian spot for each point.

    Parameters
    ----------
    x_um, y_um : ndarray of float32, shape (n,)
        Places; pixel (row, column) covers ``column … column + 1`` pixels in x.
    light : ndarray of float32, shape (n,)
        Integral of each spot over the plane.
    sigma_um : ndarray of float32, shape (n,)
        Standard deviation of each spot.
    pixel_um : float
        Side of a pixel.
    height, width : int
        Size of the grid.

    Returns
    -------
    ndarray of float32, shape (height, width)
        Light per µm² at the centre of each pixel.
    """
    columns = x_um / np.float32(pixel_um) - np.float32(0.5)
    rows = y_um / np.float32(pixel_um) - np.float32(0.5)
    sigmas = sigma_um / np.float32(pixel_um)
    reach = np.ceil(3 * sigmas + np.float32(0.5)).astype(np.intp)
    inside = (columns > -reach) & (columns < width - 1 + reach)
    inside &= (rows > -reach) & (rows < height - 1 + reach) & (light > 0)
    margin = 2 * int(reach.max(initial=1)) + 1
    padded = np.zeros((height + 2 * margin) * (width + 2 * margin))
    for radius in np.unique(reach[inside]):
        chosen = np.flatnonzero(inside & (reach == radius))
        step = max(1, CHUNK // int(2 * radius + 1) ** 2)
        for start in range(0, len(chosen), step):
            some = chosen[start : start + step]
            places, values = _spots(
                columns[some] + margin, rows[some] + margin, sigmas[some], light[some],
                int(radius), width + 2 * margin,
            )  # fmt: skip
            low = int(places.min())
            patch = np.bincount(places - low, values)
            padded[low : low + len(patch)] += patch
    image = padded.reshape(height + 2 * margin, width + 2 * margin)
    return (image[margin:-margin, margin:-margin] / pixel_um**2).astype(np.float32)


def _spots(
    columns: Floats, rows: Floats, sigmas: Floats, light: Floats, radius: int, stride: int
) -> tuple[NDArray[np.intp], Floats]:
    offsets = np.arange(-radius, radius + 1)
    column, row = np.rint(columns).astype(np.intp), np.rint(rows).astype(np.intp)
    sharpness = (-0.5 / sigmas**2)[:, None]
    across = np.exp(sharpness * (offsets - (columns - column)[:, None]).astype(np.float32) ** 2)
    along = np.exp(sharpness * (offsets - (rows - row)[:, None]).astype(np.float32) ** 2)
    along *= (light / (2 * np.pi * sigmas**2))[:, None]
    values = along[:, :, None] * across[:, None, :]
    patch = offsets[:, None] * stride + offsets
    places = (row * stride + column)[:, None, None] + patch
    return places.ravel(), values.ravel()
