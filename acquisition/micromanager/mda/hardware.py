"""The microscope as a plan sets it: presets, exposure, stages, shutter, and a picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from acquisition.micromanager.control import CameraControl
from acquisition.micromanager.experiment import Experiments
from acquisition.plans import Exposure


class CameraRunsError(Exception):
    """Somebody runs the camera, as by Live: nothing was set for an exposure, and none was made."""

    def __init__(self) -> None:
        super().__init__("The camera runs in Micro-Manager.")


class Hardware(CameraControl):
    """Sets what an exposure needs; each call is refused while Micro-Manager runs an experiment.

    What was set last is set again only if it differs, until `forget`: between two time points
    anybody may have set something else.

    Parameters
    ----------
    core : Any
        Micro-Manager's core.
    experiments : Experiments
        Of the same Micro-Manager.
    channel : int
        Of a camera with several.
    z_start_um : float
        Where the focus stood at the start.
    """

    def __init__(
        self, core: Any, experiments: Experiments, *, channel: int = 0, z_start_um: float = 0.0
    ) -> None:
        super().__init__(core, experiments)
        self._channel = channel
        self._z_start_um = z_start_um
        self._set: dict[str, object] = {}
        # Label of the shutter that we hold open.
        self._open = ""

    def forget(self) -> None:
        """Set everything anew from now on."""
        self._set.clear()

    def prepare(self, exposure: Exposure) -> None:
        """Set the microscope for an exposure, and wait until all of it has arrived.

        Raises
        ------
        ExperimentRunning
            If Micro-Manager runs an experiment.
        CameraRunsError
            If somebody runs the camera.
        Exception
            If a device refuses, or does not arrive in time.
        """
        if exposure.x_um is not None and exposure.y_um is not None:
            self._once("xy", (exposure.x_um, exposure.y_um), self.move_xy)
        if exposure.z_um is not None:
            start = self._z_start_um if exposure.z_from_start else 0.0
            self._once("z", (start + exposure.z_um,), self.move_z)
        if exposure.preset:
            before = self._open
            self._once("preset", (exposure.group, exposure.preset), self.use_preset)
            if before and self._core.get_shutter_device() != before:
                # The preset has brought another one: that of the channel before would stay open.
                self._close_ours()
        if exposure.exposure_ms is not None:
            self._once("exposure", (exposure.exposure_ms,), self.set_exposure)

    def snap(self, *, keep_shutter_open: bool = False) -> NDArray[Any]:
        """Take a picture (H, W); by Micro-Manager's auto shutter the shutter is open for it alone.

        Parameters
        ----------
        keep_shutter_open : bool
            Whether it stays open until the next one, if Micro-Manager opens it at all.
        """
        if keep_shutter_open and not self._open and self._core.get_auto_shutter():
            self._open_ours()
        self.leave_experiments_alone()
        if self._core.is_sequence_running():
            raise CameraRunsError
        self._core.snap_image()
        pixels = self._core.get_image(self._channel) if self._channel else self._core.get_image()
        if self._open and not keep_shutter_open:
            self._close_ours()
        return np.asarray(pixels)

    def close_shutter(self) -> None:
        """Close what `snap` has left open."""
        if self._open:
            self._close_ours()

    def use_preset(self, group: str, preset: str) -> None:
        """Choose a preset of a configuration group, and wait for its devices."""
        self.leave_experiments_alone()
        self._core.set_config(group, preset)
        self._core.wait_for_config(group, preset)

    def set_exposure(self, exposure_ms: float) -> None:
        """Set the camera's exposure."""
        self.leave_experiments_alone()
        self._core.set_exposure(float(exposure_ms))

    def move_z(self, z_um: float) -> None:
        """Move the focus, and wait for it."""
        self.leave_experiments_alone()
        self._core.set_position(float(z_um))
        self._core.wait_for_device(self._core.get_focus_device())

    def move_xy(self, x_um: float, y_um: float) -> None:
        """Move the stage, and wait for it."""
        self.leave_experiments_alone()
        self._core.set_xy_position(float(x_um), float(y_um))
        self._core.wait_for_device(self._core.get_xy_stage_device())

    def set_property(self, device: str, name: str, value: str) -> None:
        """Set a property of a device."""
        self.leave_experiments_alone()
        self._core.set_property(device, name, value)

    def set_auto_shutter(self, on: bool) -> None:  # noqa: FBT001 - the core's own argument
        """Let Micro-Manager open the shutter for each picture, or not."""
        self.leave_experiments_alone()
        self._core.set_auto_shutter(on)

    def set_shutter_open(self, is_open: bool) -> None:  # noqa: FBT001 - the core's own argument
        """Open or close the shutter that Micro-Manager uses."""
        self.leave_experiments_alone()
        self._core.set_shutter_open(is_open)

    def _once(self, what: str, values: tuple[Any, ...], call: Any) -> None:
        if self._set.get(what) == values:
            return
        if self._core.is_sequence_running():
            raise CameraRunsError
        # Until it has succeeded nobody knows what is set.
        self._set.pop(what, None)
        call(*values)
        self._set[what] = values

    def _open_ours(self) -> None:
        self.set_auto_shutter(False)
        self._open = self._core.get_shutter_device()
        self.set_shutter_open(True)

    def _close_ours(self) -> None:
        """Close our shutter even beside somebody's experiment: the cells would bleach."""
        label, self._open = self._open, ""
        self._core.set_shutter_open(label, False)
        self._core.set_auto_shutter(True)
