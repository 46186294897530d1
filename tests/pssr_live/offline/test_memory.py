"""Running out of memory is told as that, and not as a file that can't be written."""

from __future__ import annotations

import errno
import mmap
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engines import Baseline
from pssr_live.cli.main import app
from pssr_live.errors import describe

WORDS = "There is not enough memory. "


def no_memory(*_: object, **__: object) -> object:
    raise OSError(errno.ENOMEM, "Cannot allocate memory")


def refuse(*_: object) -> object:
    raise MemoryError


@pytest.mark.parametrize("where", ["ring", "engine"])
def test_a_restore_that_runs_out_of_memory_says_so(
    short_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    if where == "ring":
        monkeypatch.setattr(mmap, "mmap", no_memory)
    else:
        monkeypatch.setattr(Baseline, "restore", refuse)
    output = tmp_path / "restored.ome.tif"
    told = CliRunner().invoke(
        app, ["restore", str(short_file), "--engine", "bilinear", "--output", str(output)]
    )
    assert isinstance(told.exception, Exception)
    assert describe(told.exception).startswith(WORDS)
