"""A disk of its own for a test: small enough to be filled, and enlarged when that is wanted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_MOUNT, _UMOUNT = shutil.which("mount") or "", shutil.which("umount") or ""
BALLAST = "ballast"
_PART = 4096


@contextmanager
def mounted_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a disk of a size such as ``3m`` at a new folder; the test is skipped elsewhere."""
    if sys.platform != "linux" or os.geteuid() != 0 or not _MOUNT:
        pytest.skip("only root on Linux may mount a small disk")
    folder.mkdir()
    mount = [_MOUNT, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield folder
    finally:
        # Lazily: after a failure its files may still be open, and a mount left behind fails others.
        subprocess.run([_UMOUNT, "-l", str(folder)], check=True)


def enlarge(disk: Path) -> None:
    """Make room on a disk under way."""
    subprocess.run([_MOUNT, "-o", "remount,size=100m", str(disk)], check=True)


def fill(disk: Path) -> None:
    """Leave no room on a disk, but for who deletes the file `BALLAST`."""
    with (disk / BALLAST).open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(_PART)) == _PART:
            pass
