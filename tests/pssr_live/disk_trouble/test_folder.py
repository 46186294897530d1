"""Folders that vanish, or may not be written, under a running session."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from acquisition import StreamKey
from pssr_live.errors import UserError
from pssr_live.window.status import status_of
from tests.pssr_live.disk_trouble.watched import (
    FORMAT,
    Watched,
    assert_goes_on_in,
    assert_raw,
    assert_restored,
    complete,
    images,
)
from tests.pssr_live.scripted import frame_of
from tests.pssr_live.sessions import TIMEOUT


def delete_at_once(folder: Path) -> None:
    """Delete a folder so that nobody can begin a recording in what is left of it meanwhile."""
    shutil.rmtree(folder.rename(folder.with_name("deleted")))


posix_only = pytest.mark.skipif(os.name != "posix", reason="Windows keeps files in use in place")


@posix_only
@pytest.mark.parametrize("how", ["deleted", "moved"])
def test_a_folder_that_vanishes_is_told_and_recording_goes_on_beside_it(
    tmp_path: Path, how: str, patient: None
) -> None:
    watched = Watched(tmp_path / "r")
    watched.look_until_recorded(tmp_path)
    watched.look_at_frames(20)
    if how == "deleted":
        shutil.rmtree(tmp_path / "r")
    else:
        (tmp_path / "r").rename(tmp_path / "moved")
    watched.look_until(lambda: len(watched.session.folders) == 2)
    watched.look_at_frames(20)
    count = watched.stop()
    assert "it was deleted or moved" in watched.told
    assert watched.session.folders == [tmp_path / "r", tmp_path / "r-2"]
    assert_goes_on_in(tmp_path / "r-2", count)
    assert f"that were recorded are in {tmp_path / 'r'} no longer" in str(watched.session.failure)
    if how == "moved":
        moved = len(images(tmp_path / "moved", "raw"))
        assert_raw(tmp_path / "moved", range(moved))
        assert complete(tmp_path / "moved") == moved
        assert_restored(tmp_path / "moved", moved)


@posix_only
def test_as_long_as_nothing_is_recorded_that_is_said_with_its_reason(
    tmp_path: Path, patient: None
) -> None:
    """The folder is deleted, and the one that it was in: nothing may be made in its place."""
    watched = Watched(tmp_path / "monday" / "r")
    watched.look_until_recorded(tmp_path)
    watched.look_at_frames(20)
    session = watched.session
    assert session.not_recording == ""
    delete_at_once(tmp_path / "monday")
    watched.look_until(lambda: session.recording is None)
    watched.look_at_frames(20)
    assert "it was deleted or moved" in session.not_recording
    status = status_of(session, None, "")
    assert status.not_recording == session.not_recording
    assert status.recording == ""
    assert not (tmp_path / "monday").exists()
    (tmp_path / "monday").mkdir()
    watched.look_until(lambda: session.recording == tmp_path / "monday" / "r-2")
    watched.look_at_frames(20)
    assert session.not_recording == ""
    count = watched.stop()
    assert_goes_on_in(tmp_path / "monday" / "r-2", count)


@posix_only
def test_what_is_lost_of_positions_is_told_by_their_names_and_nothing_said_to_be_there_that_is_not(
    tmp_path: Path, patient: None
) -> None:
    two = replace(FORMAT, positions=("left", "right"))
    watched = Watched(
        tmp_path / "monday" / "r",
        lambda _: (frame_of(n, StreamKey(n % 2, 0, 0), n // 2, two) for n in itertools.count()),
        two,
    )
    watched.look_until_recorded(tmp_path, positions=2)
    watched.look_at_frames(20)
    delete_at_once(tmp_path / "monday")
    watched.look_until(lambda: watched.session.recording is None)
    watched.look_at_frames(20)
    watched.stop()
    assert {loss.stream for loss in watched.session.statistics.losses()} == {"left", "right"}
    assert "what was recorded there before went with it" in str(watched.session.failure)
    assert "every other frame is there" not in watched.told


@posix_only
def test_a_folder_that_may_not_be_written_is_refused_before_the_first_frame(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o500)
    with as_an_ordinary_user():
        watched = Watched(tmp_path / "r")
        watched.session.wait(TIMEOUT)
    (fault,) = watched.session.faults
    assert isinstance(fault, UserError)
    assert "Permission denied" in fault.problem
    assert "--save" in fault.fix
    assert watched.received == 0
    assert list(tmp_path.iterdir()) == []


@contextmanager
def as_an_ordinary_user() -> Iterator[None]:
    """Root may write everywhere: be nobody for a while."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
