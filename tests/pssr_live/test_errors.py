"""What is said of errors."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from pssr_live.errors import UserError, describe


def test_problem_and_fix_make_one_line() -> None:
    assert describe(UserError("It is dark.", "Light a lamp.")) == "It is dark. Light a lamp."


def test_what_the_disk_refuses_is_named_with_what_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing") as caught:
        (tmp_path / "missing" / "file").write_bytes(b"")
    words = describe(caught.value)
    assert str(tmp_path / "missing" / "file") in words
    assert "Check that" in words


@pytest.mark.parametrize("error", [ValueError("odd"), OSError("odd")])
def test_anything_else_is_named_with_the_way_to_report_it(error: Exception) -> None:
    assert "odd. Run the command with --debug and report what it says." in describe(error)


def test_no_words_command_a_terminal() -> None:
    foreign = (
        UserError("It is\x1b[2J gone.", "Look\nthere."),
        ValueError("odd\x1b]0;title\x07"),
        OSError(2, "No such file", "cells\x1b[2J.tif"),
    )
    for error in foreign:
        assert describe(error).isprintable()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is full")
def test_a_full_disk_is_told_as_such() -> None:
    with Path("/dev/full").open("wb", buffering=0) as file, pytest.raises(OSError) as caught:  # noqa: PT011
        file.write(b"x")
    assert "no room left on the disk. Free some space" in describe(caught.value)


def test_a_refusal_of_the_system_without_a_name_is_told_in_words() -> None:
    words = describe(OSError(errno.EFBIG, "File too large"))
    assert words.startswith("The system refuses a file or a connection: File too large. ")
    assert "Errno" not in words
