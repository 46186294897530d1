"""What is said of errors."""

from __future__ import annotations

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
