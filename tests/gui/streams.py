"""Frames of several channels and slices, handed to a window one after the other."""

from __future__ import annotations

import numpy as np

from acquisition import Channel, StreamKey
from gui import Axes, MainWindow, Preview
from gui.image_panel import ImagePanel
from tests.gui.mouse import colour_at

TWO = Axes(channels=(Channel("GFP"), Channel("mCherry")))
STACK = Axes(channels=TWO.channels, slices=3, z_step_um=0.5)
SIDE = 16


class Experiment:
    """Hands over frames of several streams, one after the other."""

    def __init__(self, window: MainWindow, axes: Axes) -> None:
        self.window, self.axes = window, axes
        self.serial = 0

    def offer(
        self,
        *streams: tuple[int, int, np.ndarray],
        time: int,
        restored: bool = True,
        provisional: bool = False,
    ) -> None:
        """Of each (channel, slice, raw pixels) a frame of this time point comes."""
        previews = []
        for channel, z, raw in streams:
            self.serial += 1
            enlarged = raw.repeat(4, axis=0).repeat(4, axis=1) if restored else None
            previews.append(
                Preview(
                    raw=raw,
                    restored=enlarged,
                    index=time,
                    sequence=self.serial,
                    acquired=float(time),
                    stream=StreamKey(0, channel, z),
                    axes=self.axes,
                    time_point=time,
                    provisional=provisional,
                )
            )
        self.window._newest = lambda last: [one for one in previews if one.serial > last]
        self.window.pull_preview()


def halves(left: int, right: int) -> np.ndarray:
    """Two counts side by side, and two pixels that make the contrast 0 to 200."""
    raw = np.full((SIDE, SIDE), left, np.uint16)
    raw[:, SIDE // 2 :] = right
    raw[0, :8], raw[-1, :8] = 0, 200
    return raw


def rgb(panel: ImagePanel, x: float) -> tuple[int, int, int]:
    panel.scale_bar.hide()
    colour = colour_at(panel, x, SIDE / 2)
    return colour.red(), colour.green(), colour.blue()
