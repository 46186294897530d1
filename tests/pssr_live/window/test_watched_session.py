"""What the window beside a script makes of what it is told."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np

from gui import SessionState
from pssr_live.session import Newest, Publisher, standing_of
from pssr_live.window.watched_session import WatchedSession
from tests.pssr_live.scripted import SMALL, ScriptedSource
from tests.pssr_live.session.publishing import ANY_PORT, offer, wait_until
from tests.pssr_live.sessions import run


class Script:
    """The other end of the line."""

    def __init__(self) -> None:
        self.lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.publisher = Publisher(ANY_PORT, raw_of_provisional=True)
        self.watched = WatchedSession(self.publisher.address, iter(self.lines.get, b""))
        wait_until(lambda: self.publisher._prefixes)
        ended = run(ScriptedSource(range(6)))
        self._standing = {**standing_of(ended), "state": "live", "light": "green"}

    def tell(self, session: str, channels: tuple[str, ...] = ("",)) -> None:
        line = {
            "session": session,
            "format": {
                "channels": [(name, None) for name in channels],
                "slices": 1,
                "z_step_um": None,
                "positions": [""],
                "pixel_size_um": SMALL.pixel_size_um,
                "significant_bits": SMALL.significant_bits,
            },
            "standing": self._standing,
        }
        self.lines.put(json.dumps(line).encode())


@contextmanager
def script() -> Iterator[Script]:
    made = Script()
    try:
        yield made
    finally:
        made.publisher.close()
        made.lines.put(b"")
        assert made.watched.ended.wait(240)


def test_raw_and_restored_frame_come_together_with_light_and_counts() -> None:
    newest = Newest()
    with script() as one:
        session = one.publisher.follow(newest)
        one.tell(session, ("GFP",))
        wait_until(lambda: one.watched.status().state is SessionState.LIVE)
        offer(newest, 3)
        wait_until(lambda: one.watched.newest(-1))
        (preview,) = one.watched.newest(-1)
        assert preview.restored is not None
        np.testing.assert_array_equal(preview.restored, np.full((16, 16), 3))
        np.testing.assert_array_equal(preview.raw, np.full((4, 4), 3))
        assert (preview.index, preview.highest) == (3, 4095)
        assert preview.axes.channels[0].name == "GFP"
        assert one.watched.newest(preview.serial) == []
        status = one.watched.status()
        assert (status.received, status.light) == (6, "green")
    assert one.watched.status().state is SessionState.STOPPED


def test_another_session_begins_when_the_window_has_seen_the_one_before_end() -> None:
    with script() as one:
        for name in ("first", "second"):
            newest = Newest()
            session = one.publisher.follow(newest)
            offer(newest, 0)
            wait_until(partial(has_come, one.watched, session))
            # Of a session that nobody has told of yet nothing is shown.
            shown = one.watched.newest(-1)
            assert [preview.index for preview in shown] == []
            one.tell(session)
            states: list[SessionState] = []
            wait_until(partial(note_state, one.watched, states))
            assert (SessionState.STOPPED in states) == (name == "second")
            assert one.watched.status().state is SessionState.LIVE


def note_state(watched: WatchedSession, states: list[SessionState]) -> bool:
    """Ask for the state, as the window does; returns whether there is a frame to be shown."""
    states.append(watched.status().state)
    return bool(watched.newest(-1))


def has_come(watched: WatchedSession, session: str) -> bool:
    """Whether a frame of a session has come."""
    with watched._lock:
        return session in [pair.header["session"] for pair in watched._pairs.values()]


def test_a_raw_frame_whose_restored_one_was_dropped_is_not_shown_alone() -> None:
    with script() as one:
        one.tell("s")
        wait_until(lambda: one.watched.status().state is SessionState.LIVE)
        header = {
            "stream": "raw",
            "session": "s",
            "sequence": 4,
            "index": 4,
            "time_point": 4,
            "acquired_s": None,
            "shape": [2, 2],
            "dtype": "uint16",
            "provisional": True,
            "intensity": {"offset": 0, "gain": 1},
            **{axis: {"number": 0} for axis in ("channel", "z", "position")},
        }
        content = np.zeros(4, np.uint16).tobytes()
        one.watched._take({**header, "stream": "restored", "sequence": 3}, content)
        one.watched._take(header, content)
        assert one.watched.newest(-1) == []
        one.watched._take({**header, "stream": "restored"}, content)
        one.watched._take(header, content)
        # Of a channel that has no engine there is none.
        one.watched._take({**header, "intensity": None, "channel": {"number": 1}}, content)
        first, second = one.watched.newest(-1)
        assert (first.restored is not None, first.provisional) == (True, True)
        assert (second.restored, second.stream.channel) == (None, 1)
        assert np.isnan(first.acquired)
