"""A recording of raw frames only, beside a live preview, restored afterwards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.console import Console

from pssr_live.recording import SessionRecord
from tests.pssr_live.scripted import ScriptedSource, pixels
from tests.pssr_live.sessions import (
    complete_recording,
    images,
    restored_by_hand,
    run,
)


def test_every_raw_frame_is_saved_and_the_rest_is_made_later(tmp_path: Path) -> None:
    session = run(ScriptedSource(range(8)), save=tmp_path / "cell", save_restored=False)
    assert not session.faults
    assert session.newest.take(-1) is not None
    np.testing.assert_array_equal(
        images(tmp_path / "cell", "raw"), np.stack([pixels(number) for number in range(8)])
    )
    assert not (tmp_path / "cell" / "restored.ome.tif").exists()
    record = SessionRecord.read(tmp_path / "cell")
    assert (record.state, record.raw_frames, record.restored_frames) == ("raw only", 8, 0)
    assert record.engine is not None
    assert record.engine.name == "rolling-mean"

    assert complete_recording(tmp_path / "cell", "bilinear", "auto", Console(quiet=True)) == 8
    windows = [list(np.clip(range(centre - 2, centre + 3), 0, 7)) for centre in range(8)]
    np.testing.assert_array_equal(images(tmp_path / "cell", "restored"), restored_by_hand(windows))
