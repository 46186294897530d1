"""Frames shown before those after them have come, and what takes their place."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from gui import MainWindow, MarkedPlace, Preview, Tool
from tests.gui.conftest import PlayedSession


@pytest.fixture
def final(window: MainWindow, session: PlayedSession, noise: NDArray[np.uint16]) -> list[Preview]:
    """Six frames, of which the window has seen none."""
    return [session.take(noise + np.uint16(number)) for number in range(6)]


def provisional(preview: Preview) -> Preview:
    assert preview.restored is not None
    return replace(preview, restored=preview.restored // 2, provisional=True)


def offer(window: MainWindow, session: PlayedSession, *previews: Preview) -> None:
    """The session hands these over, in this order."""
    serial = window._last_serial + 1
    numbered = [replace(one, serial=serial + place) for place, one in enumerate(previews)]
    window._newest = lambda last: [one for one in numbered if one.serial > last]
    window.pull_preview()


def marks(window: MainWindow) -> tuple[bool, bool]:
    """Whether it is said in the image's corner, and in the line below."""
    window.pull_status()
    return (
        window.viewer.restored.mark_of_image.isVisible(),
        "provisional" in window.news.message.toolTip(),
    )


def test_a_provisional_frame_is_shown_at_once_and_marked(
    window: MainWindow, session: PlayedSession, final: list[Preview]
) -> None:
    offer(window, session, final[2])
    assert marks(window) == (False, False)
    offer(window, session, provisional(final[4]))
    assert window.shown is not None
    assert (window.shown.index, window.shown.provisional) == (104, True)
    assert marks(window) == (True, True)
    assert window.viewer.restored.mark_of_image.text() == "provisional"
    assert not window.viewer.raw.mark_of_image.isVisible()


def test_the_final_frame_takes_the_place_of_the_provisional_one(
    window: MainWindow, session: PlayedSession, final: list[Preview]
) -> None:
    offer(window, session, final[3], provisional(final[4]))
    offer(window, session, final[4])
    assert window.shown is not None
    assert (window.shown.index, window.shown.provisional) == (104, False)
    assert marks(window) == (False, False)
    kept = list(window.viewer.time.history)
    assert [(one.index, one.provisional) for one in kept] == [(103, False), (104, False)]


def test_a_final_frame_that_is_older_goes_into_the_past_and_the_image_does_not_flicker_back(
    window: MainWindow, session: PlayedSession, final: list[Preview]
) -> None:
    offer(window, session, final[1], provisional(final[4]))
    drawn: list[int] = []
    window.viewer.restored.show_pixels = lambda *_, **__: drawn.append(1)  # type: ignore[method-assign]
    offer(window, session, final[2])
    assert window.shown is not None
    assert window.shown.index == 104
    assert drawn == []
    assert [one.index for one in window.viewer.time.history] == [101, 102, 104]


def test_a_provisional_frame_that_is_looked_back_at_becomes_final_before_the_users_eyes(
    window: MainWindow, session: PlayedSession, final: list[Preview]
) -> None:
    offer(window, session, final[1], provisional(final[3]), provisional(final[4]))
    window.viewer.time.slider.setValue(1)
    assert window.shown is not None
    assert window.shown.provisional
    offer(window, session, final[2], final[3])
    assert (window.shown.index, window.shown.provisional) == (103, False)
    assert not window.viewer.live
    assert window.viewer.time.slider.value() == 2
    assert marks(window) == (False, False)


def test_courses_over_time_take_final_frames_only_and_each_once(
    window: MainWindow, session: PlayedSession, final: list[Preview]
) -> None:

    viewer = window.viewer
    viewer.toolbar.tools[Tool.TRACE].trigger()
    viewer.measuring.region.put(MarkedPlace(2.0, 2.0, 9.0, 9.0), finished=True)
    offer(window, session, final[0], provisional(final[2]))
    offer(window, session, final[1], provisional(final[3]))
    offer(window, session, final[2], provisional(final[4]))
    times = [0.0, 0.25, 0.5]
    assert viewer.measuring.trace.course.times.tolist() == times
    # Begun anew, it is made of what is kept.
    viewer.measuring.region.put(MarkedPlace(3.0, 2.0, 9.0, 9.0), finished=True)
    assert viewer.measuring.trace.course.times.tolist() == times
