"""The process that runs an experiment: ``python -m acquisition.micromanager.mda.client``.

Started and stopped by `acquisition.micromanager.process`, see `client_process`.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from acquisition import steady_clock
from acquisition.channel import StreamKey
from acquisition.errors import SourceError
from acquisition.frame import FrameFormat
from acquisition.micromanager import wire
from acquisition.micromanager.camera import (
    CameraReading,
    read_camera,
    read_geometry,
)
from acquisition.micromanager.chosen_camera import ChosenCamera
from acquisition.micromanager.client_process import serve_parent
from acquisition.micromanager.core import OpenCore
from acquisition.micromanager.gaps import AWAY, MISSED
from acquisition.micromanager.mda.experiment_run import EXPERIMENT_RUNS, LIVE_IS_ON, ExperimentRun
from acquisition.micromanager.mda.hardware import Hardware
from acquisition.micromanager.mda.hardware_note import (
    HardwareBefore,
    HardwareNote,
    put_back_what_was_left,
)
from acquisition.micromanager.mda.hardware_state import HardwareState
from acquisition.micromanager.mda.preparation import fit_plan
from acquisition.micromanager.our_run import OurRun
from acquisition.micromanager.parent_link import ParentLink
from acquisition.micromanager.reception import format_as_json, read_format
from acquisition.plans import ExperimentPlan, Exposure

_POLL = 0.05
# After the first exposure is prepared.
_A_MOMENT = 0.1
_TIME_FOR_STAGES = 20.0

BEGINS_LATER = "The experiment begins when that has ended."


class RunningExperiment:
    """One experiment, from the client's start to its end; listens to `ExperimentRun`.

    Parameters
    ----------
    opened : OpenCore
    link : ParentLink
        With what is to be run.
    our_run : OurRun
    """

    def __init__(self, opened: OpenCore, link: ParentLink, our_run: OurRun) -> None:
        assert link.experiment is not None  # noqa: S101 - this client has one
        self._core = opened.core
        self._opened = opened
        self._link = link
        self._asked = ExperimentPlan.read(link.experiment["plan"])
        self._progress: dict[str, Any] | None = link.experiment["progress"]
        hardware = Hardware(opened.core, opened.experiments)
        self._camera = ChosenCamera(opened.core, hardware, link.options.camera, run=our_run)
        self._plan = self._asked
        self._reading: CameraReading | None = None
        self._format: FrameFormat | None = None
        # Of the format that was announced last.
        self._delivered: set[StreamKey] = set()
        # Of which a frame has come since this client began.
        self._seen: set[StreamKey] = set()
        self._due = 0.0
        self._said = ""

    def run(self) -> None:
        """Run it, and put the microscope back; one that was cut off is gone on with.

        Raises
        ------
        SourceError
            If it can't be run with this microscope.
        """
        progress = self._progress
        if progress is None:
            self._plan = fit_plan(self._asked, self._core)
            self._announce(self._read())
        else:
            self._plan = HardwareBefore.read(progress["before"]).plan
            self._format = read_format(progress)
            self._announce(self._read())
            self._link.send(wire.BACK, settings=self._settings(), mode="acquire")
        if not self._wait_for_the_camera() and progress is None:
            return
        self._camera.use()
        try:
            self._run_in_turn(progress)
        finally:
            self._link.be_patient(wire.LONG_PATIENCE)
            self._camera.put_back()
        if not self._link.ending.is_set():
            self._link.send(wire.FINISHED)

    def _run_in_turn(self, progress: dict[str, Any] | None) -> None:
        link, core = self._link, self._core
        left = Hardware(core, self._opened.experiments)
        put_back = put_back_what_was_left(core, left, link.options, source=link.source)
        if put_back:
            link.send_news(put_back)
        if progress is None:
            self._plan = fit_plan(self._asked, core)
            relative = any(one.z_from_start for one in self._plan.exposures)
            before = HardwareBefore(
                state=HardwareState.of(core, self._plan),
                plan=self._plan,
                z_start_um=float(core.get_position()) if relative else 0.0,
                source=link.source,
            )
        else:
            before = HardwareBefore.read(progress["before"])
        self._announce(self._read())
        hardware = Hardware(
            core,
            self._opened.experiments,
            channel=link.options.channel,
            z_start_um=before.z_start_um,
        )
        note = HardwareNote(link.options, before)
        try:
            run = ExperimentRun(self._plan, hardware, self, stopping=link.ending)
            if progress is None or progress["start"] is None:
                run.run(self._begin(hardware, before))
            else:
                run.run(progress["start"], progress["time_point"])
        finally:
            link.be_patient(wire.LONG_PATIENCE)
            failed = before.state.put_back(core, hardware)
            if failed:
                link.send_news(f"Could not be put back after the experiment: {'; '.join(failed)}.")
            else:
                note.forget()

    def _begin(self, hardware: Hardware, before: HardwareBefore) -> float:
        """Prepare the first exposure, and say when the experiment begins."""
        if not before.state.auto_shutter:
            self._link.send_news(
                "Auto shutter is off in Micro-Manager, so the shutter is left "
                f"{'open' if before.state.shutter_open else 'closed'} between the exposures too."
            )
        # It is known before anything is changed.
        self._tell_progress(None, before)
        first = self._plan.at(0)[0]
        self.takes(first)
        # What fails is tried again at its time, and told then.
        with suppress(Exception):
            hardware.prepare(first)
        start = steady_clock.seconds() + _A_MOMENT
        self._tell_progress(start, before)
        return start

    def _tell_progress(self, start: float | None, before: HardwareBefore) -> None:
        self._link.send(wire.BEGAN, start=start, before=before.as_json())

    def waits_for(self, moment: float) -> None:
        """Tell the parent when the next time point is due."""
        if moment != self._due:
            self._due = moment
            self._link.send(wire.DUE, moment=moment)

    def takes(self, exposure: Exposure) -> None:
        """Let the parent be patient with an exposure."""
        exposure_s = (exposure.exposure_ms or 0.0) / 1000
        if exposure.exposure_ms is None and self._reading is not None:
            exposure_s = float(self._reading.settings["exposure_ms"]) / 1000
        moves = exposure.z_um is not None or exposure.x_um is not None or exposure.preset
        longest = exposure_s + (_TIME_FOR_STAGES if moves else 0.0)
        if longest > 1.0:
            self._link.be_patient(wire.PATIENCE + longest)
        else:
            self._link.alive()

    def frame(
        self,
        pixels: NDArray[Any],
        exposure: Exposure,
        *,
        time_point: int,
        began_s: float,
        late_s: float,
    ) -> None:
        """Send a frame, unless it is of another size than the others of its time point."""
        stream, reading = exposure.stream, self._reading
        assert reading is not None  # noqa: S101 - read before the first
        if not self._fits(pixels, reading):
            reading = self._read()
            first = stream == self._plan.exposures[0].stream
            if not self._delivered or first:
                self._announce(reading)
            elif stream not in self._delivered:
                raise SourceError(*self._other_size(stream, reading))
            else:
                self.frame_missed(exposure, time_point, self._other_size(stream, reading)[0])
                return
        was_away = self._progress is not None and stream not in self._seen
        self._seen.add(stream)
        self._delivered.add(stream)
        exposure_ms = exposure.exposure_ms
        tags = {
            "Exposure-ms": reading.settings["exposure_ms"]
            if exposure_ms is None
            else f"{exposure_ms:g}"
        }
        self._link.send(
            wire.FRAME,
            pixels.reshape(reading.height, reading.width),
            index=time_point // exposure.every,
            acquired=began_s,
            lost_to=AWAY if was_away else MISSED,
            tags=tags,
            stream=list(stream),
            time_point=time_point,
            late=None if math.isnan(late_s) else late_s,
        )
        self._set_status("")

    def late(self, time_point: int, late_s: float) -> None:
        """Tell that a time point began late."""
        self._link.send_news(f"Time point {time_point} began {late_s:.2f} s late.")

    def missed(self, first: int, last: int, why: str) -> None:
        """Tell that time points were not taken."""
        which = (
            f"Time point {first} was" if first == last else f"Time points {first} to {last} were"
        )
        self._link.send(
            wire.MISSED,
            words=f"{which} missed: {why}.",
            first=first,
            last=last,
            stream=None,
        )

    def frame_missed(self, exposure: Exposure, time_point: int, why: str) -> None:
        """Tell that one frame was not taken."""
        frame_format = self._format
        name = frame_format.stream_name(exposure.stream) if frame_format is not None else ""
        of = f" of {name}" if name else ""
        self._link.send(
            wire.MISSED,
            words=f"The frame{of} at time point {time_point} was missed: {why}.",
            first=time_point,
            last=time_point,
            stream=list(exposure.stream),
        )
        # Whoever has mended it has set it anew.
        self._core.get_camera_device()

    def look(self) -> str:
        """See who has the camera."""
        taken_by = ""
        if self._opened.experiments.running():
            taken_by = EXPERIMENT_RUNS
        elif self._core.is_sequence_running():
            taken_by = LIVE_IS_ON
        self._link.alive()
        return taken_by

    def _wait_for_the_camera(self) -> bool:
        """Wait until nobody else has the camera; returns whether it has come to that."""
        while not self._link.ending.is_set():
            taken_by = self.look()
            if not taken_by:
                self._set_status("")
                return True
            self._set_status(f"{taken_by[0].upper()}{taken_by[1:]}. {BEGINS_LATER}")
            self._link.ending.wait(_POLL)
        return False

    def _set_status(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self._link.set_status(text)

    def _read(self) -> CameraReading:
        return read_camera(self._core, self._link.options)

    def _fits(self, pixels: NDArray[Any], reading: CameraReading) -> bool:
        """Whether a frame is as announced; its true shape is asked for where it comes flat."""
        if pixels.size != reading.height * reading.width:
            return False
        if pixels.itemsize != reading.bytes_per_pixel:
            return False
        shape = pixels.shape if pixels.ndim == 2 else read_geometry(self._core)[:2]
        return shape == (reading.height, reading.width)

    def _announce(self, reading: CameraReading) -> None:
        """Tell the parent what frames look like, if that is new."""
        self._reading = reading
        plan = self._plan
        announced = FrameFormat(
            height=reading.height,
            width=reading.width,
            dtype=np.dtype(reading.dtype),
            significant_bits=reading.significant_bits,
            pixel_size_um=reading.pixel_size_um,
            interval_s=plan.interval_s,
            camera=reading.camera,
            channels=plan.channels,
            slices=plan.slices,
            z_step_um=plan.z_step_um,
            positions=plan.positions,
        )
        before, self._format = self._format, announced
        if announced == before:
            return
        self._link.send(
            wire.FORMAT,
            format=format_as_json(announced),
            first=0 if not self._delivered and self._progress is None else None,
            settings=self._settings(),
            mode="acquire",
        )
        self._delivered.clear()

    def _settings(self) -> dict[str, str]:
        assert self._reading is not None  # noqa: S101 - read before
        opened, reading = self._opened, self._reading
        note = f"{opened.note} {reading.note}".strip()
        return {
            "mode": "acquire",
            **opened.versions,
            **reading.settings,
            **({"note": note} if note else {}),
        }

    def _other_size(self, stream: StreamKey, reading: CameraReading) -> tuple[str, str]:
        frame_format = self._format
        assert frame_format is not None  # noqa: S101 - announced before
        return (
            f"The camera sends {reading.width} x {reading.height} pixels in "
            f"{frame_format.stream_name(stream) or 'this frame'}, and "
            f"{frame_format.width} x {frame_format.height} before",
            "Give all channels the same binning, region and pixel type in Micro-Manager's presets, "
            "then start again.",
        )


def _serve(opened: OpenCore, link: ParentLink, our_run: OurRun) -> None:
    RunningExperiment(opened, link, our_run).run()


if __name__ == "__main__":
    serve_parent(_serve)
