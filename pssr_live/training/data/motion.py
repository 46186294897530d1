"""Motion made up: how structures in a still might drift, turn, swirl and flicker."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from pssr_live.crappify import log_uniform

Field = NDArray[np.float32]


def still_flow(rng: np.random.Generator, times: Field, size: int) -> Field:
    """Draw a smooth motion of a square view.

    Parameters
    ----------
    rng : numpy.random.Generator
    times : ndarray of float32, shape (T,)
        Time of each frame, 0 at the centre frame.
    size : int
        Side of the view in HR pixels.

    Returns
    -------
    ndarray of float32, shape (T, size, size, 2)
        Where, relative to itself, each pixel of each frame is found in the still; y before x.
    """
    flow = np.zeros((len(times), size, size, 2), np.float32)
    if rng.random() < 0.08:
        return flow
    drift = rng.normal(size=2) * log_uniform(rng, 0.1, 5.0)
    flow += (times[:, None] * drift)[:, None, None, :].astype(np.float32)
    speed = log_uniform(rng, 0.2, 4.0)
    for cells in (2, 4, 7):
        field = smooth_field(rng, cells, size, channels=2)
        bend = smooth_field(rng, cells, size, channels=2)
        curve = 0.1 * times[:, None, None, None] ** 2
        flow += speed / cells**0.5 * (times[:, None, None, None] * field + curve * bend)
    if rng.random() < 0.5:
        flow += _swirl(rng, times, size)
    # Stage vibration: the whole frame shakes.
    shake = rng.normal(size=(len(times), 1, 1, 2)) * log_uniform(rng, 0.02, 1.0)
    flow += shake.astype(np.float32)
    return flow


def _swirl(rng: np.random.Generator, times: Field, size: int) -> Field:
    """One disc of the view turning about its centre."""
    centre = rng.uniform(0, size, 2)
    radius = rng.uniform(0.1, 0.4) * size
    y, x = np.mgrid[:size, :size].astype(np.float32)
    dy, dx = y - np.float32(centre[0]), x - np.float32(centre[1])
    angle = np.float32(rng.normal() * 0.12) * np.exp(-(dy**2 + dx**2) / np.float32(2 * radius**2))
    turn: Field = np.stack([dx * angle, -dy * angle], axis=-1)
    turning: Field = np.multiply(times[:, None, None, None], turn)
    return turning


def smooth_field(rng: np.random.Generator, cells: int, size: int, *, channels: int) -> Field:
    """Random values on a coarse grid, smoothly enlarged, shape (size, size, channels)."""
    coarse = rng.normal(size=(1, channels, cells + 1, cells + 1)).astype(np.float32)
    fine = torch.nn.functional.interpolate(
        torch.from_numpy(coarse), size=(size, size), mode="bicubic", align_corners=True
    )
    field: Field = fine[0].permute(1, 2, 0).contiguous().numpy()
    return field


def brightness(rng: np.random.Generator, times: Field, size: int) -> Field:
    """Bleaching and slow local flicker, shape (T, size, size) or (T, 1, 1), mean about 1."""
    bleaching: Field = np.exp(-rng.exponential(0.02) * times).astype(np.float32)[:, None, None]
    if rng.random() < 0.6:
        return bleaching
    strength = log_uniform(rng, 0.03, 0.4)
    flicker = smooth_field(rng, 10, size, channels=2)
    phase = np.sin(times[:, None, None] * rng.uniform(0.3, 2.5) + 3 * flicker[..., 0])
    change = (1 + strength * phase * np.abs(flicker[..., 1])).clip(0.05)
    flickering: Field = (bleaching * change).astype(np.float32)
    return flickering


def view(frames: Field, flow: Field, centre: Field, *, turn: float, zoom: float) -> Field:
    """Look at frames through a moving square window.

    Parameters
    ----------
    frames : ndarray of float32, shape (T or 1, H, W)
    flow : ndarray of float32, shape (T, size, size, 2)
    centre : ndarray of float32, shape (2,)
        Middle of the view in the frames, y and x.
    turn : float
        Rotation in radians.
    zoom : float
        View pixels to a frame pixel.

    Returns
    -------
    ndarray of float32, shape (T, size, size)
        Sampled with bicubic interpolation; the frames are mirrored beyond their edges.
    """
    count, size = flow.shape[:2]
    height, width = frames.shape[-2:]
    y, x = np.mgrid[:size, :size].astype(np.float32) - np.float32((size - 1) / 2)
    y, x = y + flow[..., 0], x + flow[..., 1]
    cos, sin = np.float32(np.cos(turn) / zoom), np.float32(np.sin(turn) / zoom)
    rows = cos * y - sin * x + centre[0]
    columns = sin * y + cos * x + centre[1]
    # grid_sample counts the image from -1 to 1 between the outer edges of the outermost pixels.
    grid = np.stack([(2 * columns + 1) / width - 1, (2 * rows + 1) / height - 1], axis=-1)
    sampled = torch.nn.functional.grid_sample(
        torch.from_numpy(frames[:, None]).expand(count, 1, height, width),
        torch.from_numpy(grid),
        mode="bicubic",
        padding_mode="reflection",
        align_corners=False,
    )
    seen: Field = sampled[:, 0].numpy()
    return seen
