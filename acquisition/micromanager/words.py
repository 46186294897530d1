"""What the user is told of the camera."""

from __future__ import annotations

from acquisition.micromanager.experiment_watch import ENDED_PRESS_LIVE
from acquisition.micromanager.runs import Succession

PRESS_LIVE = "The camera is not running: press Live in Micro-Manager."
NO_FRAMES = (
    "No frame has come for some seconds: is the camera waiting for a trigger, or does another "
    "program take its frames?"
)
RUNS_ALREADY = "The camera was running already, so its frames are followed and left where they are."
LIVE_PRESSED = "Live was pressed in Micro-Manager: its frames are followed and left where they are."
STARTED_BY_ANOTHER = (
    "Another program restarted the camera: its frames are followed and left where they are."
)
STARTED_BY_ANOTHER_PSSR_LIVE = (
    "Another pssr-live took the camera: its frames are followed. It takes them out of the buffer, "
    "so some of them are missed here."
)
STARTED_WHILE_AWAY = (
    "The camera was restarted while Micro-Manager did not answer: its frames are followed and "
    "left where they are."
)
NUMBERED_ANEW = (
    "Micro-Manager's buffer was cleared or resized, so its frame numbers start again; frames that "
    "were still in it are lost."
)
NUMBERED_ANEW_OR_STARTED = (
    "Micro-Manager's frame numbers start again: its buffer was cleared or resized, or else another "
    "program restarted the camera. pssr-live goes on with it, and stops it at the end."
)
OF_NEW_NUMBERS = {
    Succession.RENUMBERED: NUMBERED_ANEW,
    Succession.UNCLEAR: NUMBERED_ANEW_OR_STARTED,
}
LEFT_RUNNING = "The camera was left running by an earlier pssr-live: it was stopped and restarted."
LEFT_RUNNING_AND_FOLLOWED = (
    "The camera was left running by an earlier pssr-live, and nobody will stop it: stop it in "
    "Micro-Manager, or start with mode=auto."
)
STOPPED = (
    "The camera was stopped in Micro-Manager, by Stop or by an experiment that failed: start that "
    "again now, or press Live there to go on."
)
TAKING_THE_LAST = (
    "The camera is stopped; the last {count} frames are being taken out of Micro-Manager's buffer."
)
STANDS_STILL = (PRESS_LIVE, STOPPED, ENDED_PRESS_LIVE)
LEFT_OUT = "Frames came and were left out."
UNTIL_A_FRAME_COMES = (*STANDS_STILL, NO_FRAMES, LEFT_OUT)
RESTART = "Restart Micro-Manager; if it happens again, update Micro-Manager and pycromanager."
