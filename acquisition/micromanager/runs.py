"""Which run of the camera an image belongs to: what lies between two starts of it."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from acquisition.micromanager.image import CoreImage

# Between the two times that the core notes of an image.
_CLOCK_JITTER = timedelta(milliseconds=50)
# By so much a run that goes on has surely begun before its last image.
_SURELY_BEFORE = timedelta(milliseconds=5)


class Succession(Enum):
    """How an image follows the one before it."""

    SAME = "the same run, with higher numbers"
    RENUMBERED = "the same run, whose numbers start again: its buffer was cleared or resized"
    UNCLEAR = "numbers and times start again, and nothing shows that the camera was started"
    ANOTHER = "numbers start again, and so do the times: another run, or a buffer that was cleared"


def succession(last: CoreImage, image: CoreImage) -> Succession:
    """Judge how an image follows the last one of the same camera.

    Of a run begun anew so much may have been missed that its numbers have caught up; but it began
    after the last image of the one before. Where a buffer is cleared or resized while the camera
    runs, the core counts from 0 again, while a camera that notes its own times goes on with them.
    """
    if image.number > last.number and image.elapsed_ms >= last.elapsed_ms:
        return Succession.ANOTHER if begun_after(last, image) else Succession.SAME
    began, before = image.run_began, last.received
    goes_on = (
        image.elapsed_ms > last.elapsed_ms
        and began is not None
        and before is not None
        and began < before - _SURELY_BEFORE
    )
    return Succession.RENUMBERED if goes_on else Succession.ANOTHER


def begun_after(last: CoreImage, image: CoreImage) -> bool:
    """Whether an image is of a run that was begun after another image had come."""
    began, before = image.run_began, last.received
    return began is not None and before is not None and began > before + _CLOCK_JITTER


def restarted(last: CoreImage, image: CoreImage) -> bool:
    """Whether numbers begin anew between two images, whatever the reason."""
    return succession(last, image) is not Succession.SAME
