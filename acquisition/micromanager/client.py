"""The process that brings frames: ``python -m acquisition.micromanager.client``.

Started and stopped by `acquisition.micromanager.process`, see `client_process`.
"""

from __future__ import annotations

from acquisition.micromanager import wire
from acquisition.micromanager.chosen_camera import ChosenCamera
from acquisition.micromanager.client_process import serve_parent
from acquisition.micromanager.control import CameraControl
from acquisition.micromanager.core import OpenCore
from acquisition.micromanager.experiment import ExperimentRunning
from acquisition.micromanager.experiment_follow import ExperimentFollow
from acquisition.micromanager.experiment_watch import ExperimentWatch
from acquisition.micromanager.frame_delivery import FrameDelivery
from acquisition.micromanager.frame_runs import FrameRuns
from acquisition.micromanager.mda.hardware import Hardware
from acquisition.micromanager.mda.hardware_note import put_back_what_was_left
from acquisition.micromanager.our_run import OurRun
from acquisition.micromanager.parent_link import ParentLink

_POLL = 0.005


def serve(opened: OpenCore, link: ParentLink, our_run: OurRun) -> None:
    """Bring frames until the parent hangs up, and stand aside while an experiment runs."""
    control = CameraControl(opened.core, opened.experiments)
    camera = ChosenCamera(opened.core, control, link.options.camera, run=our_run)
    experiment = ExperimentWatch(opened.experiments, opened.core.is_sequence_running)
    follow = ExperimentFollow(opened, link, watch=experiment, our_run=our_run)
    resumption = link.resumption
    mode = (resumption.mode if resumption is not None else "") or link.options.mode
    if resumption is not None and resumption.experiment is not None:
        follow.go_on(resumption)
        resumption, mode = None, link.options.mode
    if experiment.look():
        # What is found after it is not what we left.
        resumption = None
        if link.options.mode != "acquire" and not follow.follows:
            follow.join()
        if not follow.follows:
            FrameRuns(
                opened.core, link, mode, versions=opened.versions, note=opened.note
            ).announce()
    try:
        while True:
            experiment.starts_the_camera = mode != "follow"
            stand_aside(experiment, link, follow)
            try:
                delivery = FrameDelivery(
                    opened,
                    link,
                    camera,
                    experiment=experiment,
                    our_run=our_run,
                    mode=mode,
                    resumption=resumption,
                )
                delivery.run()
                mode = delivery.mode
            except ExperimentRunning:
                experiment.look_at_once()
            if link.ending.is_set():
                return
            resumption = None
    finally:
        link.be_patient(wire.LONG_PATIENCE)
        camera.put_back()


def stand_aside(experiment: ExperimentWatch, link: ParentLink, follow: ExperimentFollow) -> None:
    """Look at nothing but the experiment, and its images, until the camera is free."""
    words = ""
    while experiment.look() and not link.ending.is_set():
        if link.options.mode != "acquire":
            follow.look()
        if experiment.words != words:
            words = experiment.words
            link.set_status(words)
        link.alive()
        link.ending.wait(_POLL)
    follow.finish()


def _put_back(opened: OpenCore, link: ParentLink) -> None:
    """Put back what an experiment of ours has left in Micro-Manager, unless we only look on."""
    if link.options.mode == "follow":
        return
    hardware = Hardware(opened.core, opened.experiments)
    words = put_back_what_was_left(opened.core, hardware, link.options, source=link.source)
    if words:
        link.send_news(words)


def _serve(opened: OpenCore, link: ParentLink, our_run: OurRun) -> None:
    _put_back(opened, link)
    serve(opened, link, our_run)


if __name__ == "__main__":
    serve_parent(_serve)
