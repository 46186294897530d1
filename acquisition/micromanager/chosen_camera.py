"""The camera that the user has named, and the one that Micro-Manager used before."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from acquisition.errors import SourceError
from acquisition.micromanager.control import CameraControl
from acquisition.micromanager.experiment import ExperimentRunning
from acquisition.micromanager.our_run import OurRun


class ChosenCamera:
    """Makes Micro-Manager use a camera, and puts the other one back in the end.

    Parameters
    ----------
    core : Any
        Micro-Manager's core.
    control : CameraControl
        Of that core.
    label : str
        The camera wanted; empty for the one that Micro-Manager uses.
    run : OurRun
        Remembers the other one, should we be cut off.
    """

    def __init__(self, core: Any, control: CameraControl, label: str, *, run: OurRun) -> None:
        self._core = core
        self._control = control
        self._label = label
        self._run = run

    def check(self) -> None:
        """See that Micro-Manager uses it, for somebody else runs the camera.

        Raises
        ------
        SourceError
            If it uses another one.
        """
        used = self._core.get_camera_device()
        if self._label not in ("", used):
            raise SourceError(
                f"Micro-Manager uses the camera {used!r}, not {self._label!r}.",
                "Choose the camera in Micro-Manager, or stop it and use mode=acquire.",
            )

    def use(self) -> None:
        """Make Micro-Manager use it.

        Raises
        ------
        ExperimentRunning
            If that would be in an experiment.
        SourceError
            If there is no such camera.
        """
        used = self._core.get_camera_device()
        if self._label in ("", used):
            return
        try:
            self._control.use_camera(self._label)
        except ExperimentRunning:
            raise
        except Exception as error:
            raise SourceError(
                f"Micro-Manager has no camera {self._label!r}.",
                f"Use one of its camera labels, such as camera={used or 'Camera'}.",
            ) from error
        self._run.use_another_camera(used)

    def put_back(self) -> None:
        """Let Micro-Manager use the one it used before, unless an experiment runs."""
        if self._run.camera_before:
            with suppress(ExperimentRunning):
                self._control.use_camera(self._run.camera_before)
