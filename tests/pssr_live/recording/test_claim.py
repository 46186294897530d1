"""One process at a time."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from acquisition import ONE_STREAM
from pssr_live.errors import UserError
from pssr_live.recording import (
    Claim,
    ImageFormat,
    RecordingFolders,
    SessionRecord,
    open_recording,
)
from pssr_live.recording.claim import InUseError
from tests.pssr_live.scripted import SMALL, ScriptedSource, frame_of, pixels

HOLD = (
    "import sys; from pathlib import Path; from pssr_live.recording.claim import Claim\n"
    "path = Path(sys.argv[1])\n"
    "claim = Claim.on_folder(path) if path.is_dir() else Claim.on_file(path)\n"
    "print('held', flush=True)\n"
    "sys.stdin.read()"
)


@pytest.fixture(params=["folder", "file"])
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "r"
    if request.param == "folder":
        path.mkdir()
    return path


def claimed(place: Path) -> Claim:
    return Claim.on_folder(place) if place.is_dir() else Claim.on_file(place)


@pytest.fixture
def holder(place: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds it."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_process_is_refused_in_words_until_the_first_has_ended(
    place: Path, holder: subprocess.Popen[str]
) -> None:
    with pytest.raises(InUseError, match="Another pssr-live") as refused:
        claimed(place)
    assert isinstance(refused.value, UserError)
    holder.communicate("")
    with claimed(place):
        pass


def test_a_killed_process_leaves_no_lasting_claim(
    place: Path, holder: subprocess.Popen[str]
) -> None:
    holder.kill()
    holder.communicate()
    with claimed(place):
        pass


def test_a_released_claim_leaves_no_file_and_can_be_made_again(place: Path) -> None:
    for _ in range(3):
        claim = claimed(place)
        with pytest.raises(InUseError):
            claimed(place)
        claim.release()
        claim.release()
    assert [path.name for path in place.parent.rglob("*") if path.name.endswith("lock")] == []


def test_recordings_that_begin_at_once_never_share_a_folder(tmp_path: Path) -> None:
    sessions = 6
    at_once = threading.Barrier(sessions)

    def begin(number: int) -> Path:
        source = ScriptedSource([])
        source.settings = {"number": str(number)}
        folders = RecordingFolders(source, ImageFormat.OME_TIFF, None)
        save = tmp_path / "cell"
        at_once.wait()
        recorder = folders.begin(save, SMALL, turn=folders.take_turn(save), exactly=False)
        # Before a frame has come, and long before it is closed.
        at_once.wait()
        recorder.append_raw(frame_of(number, ONE_STREAM, 0))
        recorder.close("the end")
        return recorder.folder

    with ThreadPoolExecutor(sessions) as threads:
        begun = list(threads.map(begin, range(sessions)))
    names = ["cell", *(f"cell-{number}" for number in range(2, sessions + 1))]
    assert sorted(folder.name for folder in begun) == names
    for number, folder in enumerate(begun):
        assert SessionRecord.read(folder).source.settings == {"number": str(number)}
        with open_recording(folder) as recording:
            np.testing.assert_array_equal(recording.raw[0], pixels(number))
