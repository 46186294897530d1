"""All calls by which we change anything in Micro-Manager."""

from __future__ import annotations

from typing import Any

from acquisition.micromanager.experiment import ExperimentRunning, Experiments


class CameraControl:
    """Starts and stops the camera, empties its buffer, sets what is set: never in an experiment.

    Each call asks right before it whether Micro-Manager runs an experiment, and raises
    `ExperimentRunning` in its place.

    Parameters
    ----------
    core : Any
        Micro-Manager's core.
    experiments : Experiments
        Of the same Micro-Manager.
    """

    def __init__(self, core: Any, experiments: Experiments) -> None:
        self._core = core
        self._experiments = experiments

    def start(self) -> None:
        """Start a sequence without an end."""
        self.leave_experiments_alone()
        self._core.start_continuous_sequence_acquisition(0)

    def stop(self) -> None:
        """Stop the sequence that runs."""
        self.leave_experiments_alone()
        self._core.stop_sequence_acquisition()

    def clear_buffer(self) -> None:
        """Throw away the images that nobody has taken."""
        self.leave_experiments_alone()
        self._core.clear_circular_buffer()

    def use_camera(self, label: str) -> None:
        """Make another camera the one that Micro-Manager uses."""
        self.leave_experiments_alone()
        self._core.set_camera_device(label)

    def stop_ours(self) -> None:
        """Stop a sequence that is known to be our own.

        The one call that is allowed beside an experiment, which can't have the camera before.
        """
        self._core.stop_sequence_acquisition()

    def leave_experiments_alone(self) -> None:
        """Refuse to go on while Micro-Manager runs an experiment.

        Raises
        ------
        ExperimentRunning
            If it does.
        """
        if self._experiments.running():
            raise ExperimentRunning
