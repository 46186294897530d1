from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

from acquisition import Frame, StreamKey
from pssr_live.recording import Room, SessionRecord
from pssr_live.restoring import ChannelEngines
from pssr_live.session import LiveSession
from pssr_live.session.recordings import folders_of_positions
from tests.pssr_live.scripted import SMALL, ScriptedSource, frame_of, pixels
from tests.pssr_live.sessions import viewed

TIMES = 12


def test_each_position_is_recorded_in_a_folder_of_its_own(tmp_path: Path) -> None:
    two = replace(SMALL, positions=("cell 1", "cell 2"))
    rooms: list[Room] = []

    def script() -> Iterator[Frame | None]:
        for time in range(TIMES):
            for position in (0, 1):
                yield frame_of(100 * position + time, StreamKey(position, 0, 0), time)
        while (room := session.room) is None:
            yield None
        rooms.append(room)

    session = LiveSession(
        ScriptedSource(script(), two), ChannelEngines("rolling-mean"), save=tmp_path / "r"
    )
    seen = viewed(session)
    # Each interval has a frame of each position.
    assert two.interval_s is not None
    assert rooms[0].minutes == pytest.approx(rooms[0].frames / 2 * two.interval_s / 60)
    assert session.faults == []
    assert {frame.stream.position for frame in seen} <= {0, 1}
    assert sorted(session.folders) == [tmp_path / "r" / "cell-1", tmp_path / "r" / "cell-2"]
    for position, folder in enumerate(sorted(session.folders)):
        numbers = [100 * position + time for time in range(TIMES)]
        raw = tifffile.imread(folder / "raw.ome.tif")
        np.testing.assert_array_equal(raw, [pixels(number) for number in numbers])
        assert SessionRecord.read(folder).state == "complete"
        assert tifffile.imread(folder / "restored.ome.tif").shape == (TIMES, 96, 128)


@pytest.mark.parametrize(
    ("names", "folders"),
    [
        (("",), [""]),
        (("left", "right"), ["left", "right"]),
        (("", ""), ["position-0", "position-1"]),
        (("a", "a", "b"), ["a-0", "a-1", "b"]),
        (("A/1", "..", "x:y"), ["A-1", "position-1", "x-y"]),
    ],
)
def test_positions_have_folders_that_every_system_allows(
    names: tuple[str, ...], folders: list[str]
) -> None:
    assert folders_of_positions(names) == folders
