"""An experiment that we run in Micro-Manager, as a source of frames."""

from __future__ import annotations

from typing import Any

from acquisition import steady_clock
from acquisition.errors import EndOfFrames
from acquisition.frame import Frame
from acquisition.micromanager import wire
from acquisition.micromanager.losses import Losses
from acquisition.micromanager.options import MicroManagerOptions
from acquisition.micromanager.process import ClientProcess
from acquisition.micromanager.reception import format_as_json
from acquisition.micromanager.source import MicroManagerSource
from acquisition.micromanager.wire import Message
from acquisition.pacing import LONG_WAIT_S
from acquisition.plans import ExperimentPlan

_TIME_FOR_STAGES = 20.0
PUT_BACK_LATER = (
    "Micro-Manager does not answer, so the microscope may stand as the experiment has left it. It "
    f"is put back if Micro-Manager answers within {wire.TIME_TO_STOP_LATER:.0f} s, or else when "
    "pssr-live starts again with the same source."
)


class Missed(Losses):
    """What of an experiment was not taken, as it was told when it was missed.

    Attributes
    ----------
    time_points, frames : int
        Whole time points, and single frames of others.
    """

    def __init__(self) -> None:
        super().__init__()
        self.time_points = self.frames = 0

    @property
    def words(self) -> str:
        """How much was missed; empty where nothing was."""
        words = []
        if self.time_points:
            words.append(f"Time points missed: {self.time_points}.")
        if self.frames:
            words.append(f"Frames missed: {self.frames}.")
        return " ".join(words)

    def begin(self) -> None:
        """Count on: an experiment may have several segments."""

    def note(self, frame: Frame, *, first: int | None) -> None:
        """Count nothing by the frames that came."""


class ExperimentSource(MicroManagerSource):
    """Frames of an experiment that is run by a plan, see `MicroManagerSource`.

    When Micro-Manager is lost, time points are missed until it is back, and the experiment goes on
    with the one that is due then. At its end, frames end.

    Parameters
    ----------
    options : MicroManagerOptions
        Where Micro-Manager is.
    plan : ExperimentPlan
    url : str
        For the record.
    """

    _stopped_later = PUT_BACK_LATER

    def __init__(
        self, options: MicroManagerOptions, plan: ExperimentPlan, url: str = "micromanager:"
    ) -> None:
        super().__init__(options, url)
        self.frame_count = plan.frame_count
        self._plan = plan
        self._began: dict[str, Any] | None = None
        self._due: float | None = None
        self._next_time_point = 0
        self._missed = self._losses = Missed()
        self._ended = False
        # It stays, whatever becomes of Micro-Manager: what was changed there is ours to put back.
        self._experiment_name = self._name

    def _advance(self, timeout: float) -> None:
        if self._ended:
            raise EndOfFrames
        super()._advance(timeout)
        self.next_frame_s = self._wait_s()

    def _wait_s(self) -> float | None:
        """Seconds until the next time point, where they are far from each other."""
        interval_s = self._plan.interval_s
        if self._due is None or interval_s is None or interval_s <= LONG_WAIT_S:
            return None
        left = self._due - steady_clock.seconds()
        return left if left > 0 and self.connected and not self._ended else None

    def _take(self, message: Message) -> None:
        content = message.content
        if message.kind == wire.BEGAN:
            self._began = {"start": content["start"], "before": content["before"]}
        elif message.kind == wire.DUE:
            self._due = content["moment"]
        elif message.kind == wire.MISSED:
            self._missed.time_points += content["time_points"]
            self._missed.frames += content["frames"]
            self._next_time_point = max(self._next_time_point, content["next"])
            self._tell_news(content["words"])
        elif message.kind == wire.FINISHED:
            self._ended = True
        elif message.kind == wire.FRAME:
            self._next_time_point = content["time_point"] + 1
        super()._take(message)

    def _new_client(self) -> ClientProcess:
        return ClientProcess(
            self._options,
            None,
            source=self._experiment_name,
            module="acquisition.micromanager.mda.client",
            experiment={"plan": self._plan.as_json(), "progress": self._progress()},
            time_to_stop=wire.LAST_PATIENCE + self._longest_exposure_s + _TIME_FOR_STAGES,
        )

    @property
    def _longest_exposure_s(self) -> float:
        return max((one.exposure_ms or 0.0) for one in self._plan.exposures) / 1000

    def _progress(self) -> dict[str, Any] | None:
        """Say where the experiment stands; None where it has not begun."""
        told = self._new_format or self._format
        if self._began is None or told is None:
            return None
        return {
            **self._began,
            "time_point": self._next_time_point,
            "format": format_as_json(told),
        }
