"""A Multi-D Acquisition of several channels, slices and positions, run on the real core."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pymmcore

from tests.acquisition.micromanager.datastore import (
    Colour,
    Coords,
    Datastore,
    DisplaySettings,
    Image,
    Metadata,
    SummaryMetadata,
    Viewer,
)
from tests.acquisition.micromanager.experiment import ACQ_ENG_J, DEFAULT, Experiment

COLOURS = {"GFP": (0, 255, 0), "mCherry": (255, 0, 0)}
Z_STEP_UM = 0.5


class MultiDAcquisition(Experiment):
    """Snaps channel by channel, slice by slice, position by position, and keeps the images.

    Parameters
    ----------
    core : pymmcore.CMMCore
    calls : Counter
        Of clients, by method.
    points : int
        Time points.
    interval_s : float
        From one to the next.
    channels : sequence of str
        Names of the channels; of none, as Micro-Manager has it, an experiment without channels.
    slices : int
    positions : sequence of str
        Names of stage positions.
    every : sequence of int
        Take a channel at each n-th time point only.
    sizes : sequence of int
        Width of the camera's frames in each channel.
    engine : str
        Which of Micro-Manager's engines.
    held : bool
        Whether it prepares itself until it is told to `go`.
    """

    def __init__(
        self,
        core: pymmcore.CMMCore,
        calls: Counter[str],
        points: int,
        interval_s: float = 0.05,
        channels: Sequence[str] = (),
        slices: int = 1,
        positions: Sequence[str] = (),
        every: Sequence[int] = (),
        sizes: Sequence[int] = (),
        engine: str = DEFAULT,
        held: bool = False,
    ) -> None:
        super().__init__(core, calls, points, interval_s, engine=engine, held=held)
        self._channels = channels or ["Default"]
        self._slices, self._positions = slices, positions
        self._every = every or [1] * len(self._channels)
        self._sizes = sizes
        self._stopped = False
        self._first = self._took = 0.0
        self._focus = _focus(core)
        self.store = Datastore(
            SummaryMetadata(
                channels=self._channels,
                interval_ms=1000 * interval_s,
                intended=Coords.of(
                    time=points, channel=len(self._channels), z=slices, position=len(positions)
                ),
                z_step_um=Z_STEP_UM if slices > 1 else 0.0,
                started=datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f +0000"),
                prefix="Untitled",
                positions=positions,
            )
        )
        white = (255, 255, 255)
        colours = [Colour(*COLOURS.get(name, white)) for name in self._channels]
        self.viewer = Viewer(self.store, DisplaySettings(colours))

    def stop(self) -> None:
        """End it before its time, as the button does."""
        self._stopped = True
        self.pause(False)

    def run(self) -> None:
        """Take all of it; the store takes nothing afterwards."""
        super().run()
        self.store.freeze()

    def _take_all(self) -> None:
        self._first = time.monotonic()
        self._take_time_points()
        self._took = time.monotonic() - self._first

    def _take_time_points(self) -> None:
        for point in range(self._points):
            for position, channel, z in itertools.product(
                range(max(1, len(self._positions))), range(len(self._channels)), range(self._slices)
            ):
                self._unpaused.wait()
                if self._stopped:
                    return
                if point % self._every[channel] == 0:
                    self._take(point, position, channel, z)
            due = self._first + (point + 1) * self._interval_s
            if point + 1 < self._points:
                self._over.wait(max(0.0, due - time.monotonic()))

    def _take(self, point: int, position: int, channel: int, z: int) -> None:
        core = self._core
        if self._sizes:
            core.setProperty("Camera", "OnCameraCCDXSize", str(self._sizes[channel]))
        core.setPosition(self._focus, z * Z_STEP_UM)
        core.waitForDevice(self._focus)
        self._try(core.snapImage)
        pixels = np.asarray(core.getImage()).copy()
        label = self._positions[position] if self._positions else "Default"
        metadata = Metadata(
            elapsed_ms=1000 * (time.monotonic() - self._first),
            received=str(datetime.now()),
            z_um=z * Z_STEP_UM,
            pixel_size_um=core.getPixelSizeUm(),
            position=label,
            camera=core.getCameraDevice(),
            exposure_ms=None if self._engine == ACQ_ENG_J else core.getExposure(),
            bit_depth=core.getImageBitDepth(),
        )
        coords = Coords.of(time=point, position=position, channel=channel, z=z)
        self.store.put(Image(pixels=pixels, coords=coords, metadata=metadata))
        self.images += 1

    def account(self) -> dict[str, Any]:
        """Say which images it has kept, and how long it took."""
        return {"stored": self.store.digests, "took_s": self._took}


def _focus(core: pymmcore.CMMCore) -> str:
    """Find the z stage, or load the demo's."""
    if not core.getFocusDevice():
        core.loadDevice("Z", "DemoCamera", "DStage")
        core.initializeDevice("Z")
        core.setFocusDevice("Z")
    return str(core.getFocusDevice())
