"""One process at a time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pssr_live.errors import UserError
from pssr_live.recording import Claim
from pssr_live.recording.claim import InUseError

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
