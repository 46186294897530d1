"""Whether Micro-Manager runs an experiment of its own: a Multi-Dimensional Acquisition."""

from __future__ import annotations

from enum import Enum
from typing import Any

from acquisition.micromanager.live_mode import open_studio

_NO_SUCH_CLASS = "Class not found"


class ExperimentState(Enum):
    """What an experiment of Micro-Manager is doing."""

    NONE = "none"
    RUNNING = "running"
    PAUSED = "paused"


class ExperimentRunning(Exception):  # noqa: N818 - an event, not a fault
    """An experiment has the camera, so nothing was started, stopped, cleared or set."""

    def __init__(self) -> None:
        super().__init__("An experiment is running in Micro-Manager: the camera is left to it.")


class Experiments:
    """Asks Micro-Manager about its experiments; the core alone can't tell.

    Between two snaps of an experiment no sequence runs, and a sequence that is started then makes
    the next snap fail, which ends the experiment.

    Parameters
    ----------
    acquisitions : Any or None
        Micro-Manager's AcquisitionManager; None where the program has no experiments.
    port : int
        Of the Micro-Manager.
    """

    def __init__(self, acquisitions: Any | None, port: int = 0) -> None:
        self._acquisitions = acquisitions
        self._port = port

    @property
    def has_windows(self) -> bool:
        """Whether Micro-Manager has windows, in which experiments show their images."""
        return self._acquisitions is not None and self._port > 0

    def open_studio(self) -> Any:
        """Return Micro-Manager's Studio, to be let go of after use; only where it has windows."""
        return open_studio(self._port)

    @classmethod
    def of(cls, port: int) -> Experiments:
        """Find those of the Micro-Manager at a port; a server without its window has none."""
        try:
            studio = open_studio(port)
        except Exception as error:
            if _NO_SUCH_CLASS in str(error):
                return cls(None)
            raise
        return cls(studio.acquisitions(), port)

    def state(self) -> ExperimentState:
        """Ask what is being done; a fraction of a millisecond."""
        if not self.running():
            return ExperimentState.NONE
        assert self._acquisitions is not None  # noqa: S101 - it answered
        paused = self._acquisitions.is_paused()
        return ExperimentState.PAUSED if paused else ExperimentState.RUNNING

    def running(self) -> bool:
        """Whether there is one, paused or not."""
        return self._acquisitions is not None and bool(self._acquisitions.is_acquisition_running())
