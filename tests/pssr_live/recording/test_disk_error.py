"""What a disk refuses, in words; Windows' refusals as Python reports them there."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from pssr_live.recording import DiskError, disk_error, zarr_errors


class WindowsError(OSError):
    """As OSError is on Windows: with the system's own number."""

    def __init__(self, _: None, words: str, __: None, code: int) -> None:
        super().__init__(_EQUIVALENTS.get(code, errno.EINVAL), words)
        self.winerror = code


# What Windows' C library makes of them.
_EQUIVALENTS = {
    5: errno.EACCES,
    19: errno.EACCES,
    21: errno.EACCES,
    32: errno.EACCES,
    33: errno.EACCES,
    36: errno.EACCES,
    53: errno.ENOENT,
    67: errno.ENOENT,
    112: errno.ENOSPC,
}
_GONE = "the disk or network drive is gone"


@pytest.mark.parametrize(
    ("code", "words", "lasting"),
    [
        (5, "writing there is not allowed", True),
        (19, "the disk is write-protected", False),
        (21, _GONE, False),
        (32, "another program uses a file there", False),
        (33, "another program uses a file there", False),
        (36, "the disk says “as Windows says”", False),
        (53, _GONE, False),
        (64, _GONE, False),
        (67, _GONE, False),
        (112, "the disk is full", False),
        (433, _GONE, False),
        (1167, _GONE, False),
    ],
)
def test_windows_refusals_are_judged_by_its_own_number(
    tmp_path: Path, code: int, words: str, lasting: bool
) -> None:
    error = WindowsError(None, "as Windows says", None, code)
    told = DiskError.of_raw(error, tmp_path, given_up=False)
    assert told.problem.endswith(f": {words}.")
    assert told.lasting == lasting


@pytest.mark.parametrize("on_windows", [True, False])
def test_a_refusal_without_that_number_lasts_only_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_windows: bool
) -> None:
    monkeypatch.setattr(disk_error, "ON_WINDOWS", on_windows)
    error = OSError(errno.EACCES, "Permission denied")
    told = DiskError.of_raw(error, tmp_path, given_up=False)
    assert "not allowed" in told.problem
    assert told.lasting is not on_windows


@pytest.mark.parametrize(("on_windows", "code"), [(True, 112), (False, errno.ENOSPC)])
def test_a_disk_that_is_full_for_an_ome_zarr_is_called_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_windows: bool, code: int
) -> None:
    monkeypatch.setattr(zarr_errors, "ON_WINDOWS", on_windows)
    if on_windows:
        monkeypatch.setattr(zarr_errors, "OSError", WindowsError, raising=False)
    with (
        pytest.raises(OSError, match="There is not enough space") as refused,
        zarr_errors.errors_in_words(),
    ):
        raise ValueError(f"Writing: There is not enough space [os_error_code='{code}']")
    told = DiskError.of_raw(refused.value, tmp_path, given_up=False)
    assert "the disk is full" in told.problem
    assert not told.lasting
