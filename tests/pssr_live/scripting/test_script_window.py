"""The window beside a script, in the process of its own that it is."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from pssr_live.errors import UserError
from pssr_live.pycromanager import ImageProcessor, image_processor
from pssr_live.recording import SessionRecord
from tests.pssr_live.sessions import TIMEOUT

PIXELS = np.random.default_rng(0).integers(0, 900, (24, 32)).astype(np.uint16)


def take(processor: ImageProcessor, times: range) -> None:
    for time in times:
        processor(PIXELS + time, {"Axes": {"time": time}, "BitDepth": 12})


def test_frames_are_shown_until_the_window_is_closed_and_recorded_to_the_last(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with image_processor(engine="rolling-mean", save=tmp_path / "cell", window=True) as processor:
        window = processor._sessions.window
        assert window is not None
        take(processor, range(8))
        assert window.shown.wait(TIMEOUT)
        # As its user does.
        window._process.terminate()
        assert window.closed.wait(TIMEOUT)
        take(processor, range(8, 16))
    record = SessionRecord.read(tmp_path / "cell")
    assert (record.state, record.restored_frames) == ("complete", 16)
    assert "Traceback" not in caplog.text


def test_where_nobody_can_see_it_the_window_goes_with_the_script() -> None:
    with image_processor(engine="rolling-mean", window=True) as processor:
        window = processor._sessions.window
        assert window is not None
    assert window.closed.wait(TIMEOUT)
    assert window._process.returncode == 0


def test_without_a_screen_it_is_refused_before_the_experiment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pssr_live.scripting.script_window.display_missing", lambda: "No display.")
    with pytest.raises(UserError) as told:
        image_processor(engine="rolling-mean", window=True)
    assert "window=True" in told.value.fix
