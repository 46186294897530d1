"""An experiment that we run in Micro-Manager, as a source of frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from acquisition import steady_clock
from acquisition.channel import StreamKey
from acquisition.errors import EndOfFrames
from acquisition.micromanager import wire
from acquisition.micromanager.mda.missed import Missed
from acquisition.micromanager.options import MicroManagerOptions
from acquisition.micromanager.process import ClientProcess
from acquisition.micromanager.reception import format_as_json
from acquisition.micromanager.source import MicroManagerSource
from acquisition.micromanager.wire import Message
from acquisition.pacing import LONG_WAIT_S
from acquisition.plans import ExperimentPlan, simple_plan

_TIME_FOR_STAGES = 20.0
PUT_BACK_LATER = (
    "Micro-Manager does not answer, so the microscope may stand as the experiment has left it. It "
    f"is put back if Micro-Manager answers within {wire.TIME_TO_STOP_LATER:.0f} s, or else when "
    "pssr-live starts again with the same source."
)


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
        self._missed = self._losses = Missed(plan)
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
            of = content["stream"]
            self._missed.note_missed(
                content["first"], content["last"], None if of is None else StreamKey(*of)
            )
            self.missing_after = self._missed.after
            self._tell_news(content["words"])
        elif message.kind == wire.FINISHED:
            self._ended = True
        elif message.kind == wire.FRAME:
            self._missed.note_taken(StreamKey(*content["stream"]), content["time_point"])
            self.missing_after = self._missed.after
        super()._take(message)

    def _let_go(self) -> None:
        start = self._began["start"] if self._began is not None else None
        if start is not None and not self._ended:
            self._missed.note_overdue(steady_clock.seconds() - start)
            self.missing_after = self._missed.after
        super()._let_go()

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
            "time_point": self._missed.next_time_point,
            "format": format_as_json(told),
        }


def experiment_source(options: MicroManagerOptions, url: str) -> ExperimentSource:
    """Make the source of an experiment that is to be run.

    Raises
    ------
    SourceError
        If its plan can't be read, or has something that can't be run.
    """
    if options.experiment:
        from acquisition.plans.useq_plan import read_plan

        return ExperimentSource(options, read_plan(Path(options.experiment).expanduser()), url)
    assert options.interval_s is not None  # noqa: S101 - it runs one
    plan = simple_plan(options.interval_s, options.channels, options.duration_s)
    return ExperimentSource(options, plan, url)
