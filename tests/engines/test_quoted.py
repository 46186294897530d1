from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import PurePosixPath
from types import SimpleNamespace

import pytest

from engines import quoted
from engines.complaints import first_line


@pytest.mark.skipif(sys.platform == "win32", reason="how a POSIX shell reads it")
@pytest.mark.parametrize(
    "name", ["cell 1", "it's $HOME", 'a "b"', "`id`", "back\\slash!", "plain", "$(id)"]
)
def test_a_command_that_is_typed_as_printed_means_the_path(name: str) -> None:
    path = PurePosixPath("/data") / name
    assert shlex.split(f"pssr-live restore {quoted(path)}") == ["pssr-live", "restore", str(path)]


@pytest.fixture
def on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.foreign_text.sys", SimpleNamespace(platform="win32"))


@pytest.mark.usefixtures("on_windows")
@pytest.mark.parametrize(
    "path",
    ["C:\\my data\\cell 1", "D:\\my data\\", "\\\\server\\it's & (mine) ^1", "C:\\a b\\100 %"],
)
def test_on_windows_a_program_reads_what_was_quoted(path: str) -> None:
    # The rule by which programs take their command line apart, as Python itself follows it.
    assert quoted(path) == subprocess.list2cmdline([path])


@pytest.mark.usefixtures("on_windows")
@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("C:\\$RECYCLE", "'C:\\$RECYCLE'"),
        ("C:\\it's `1`\\", "'C:\\it''s `1`\\\\'"),
        ("C:\\\u201ccell\u201d \u2019s", "'C:\\\u201ccell\u201d \u2019\u2019s'"),
    ],
)
def test_on_windows_powershell_replaces_nothing_of_a_path(path: str, typed: str) -> None:
    assert quoted(path) == typed


def test_a_package_that_is_missing_is_said_to_be_not_installed() -> None:
    with pytest.raises(ModuleNotFoundError) as missing:
        import tensorrt_of_nobody  # type: ignore[import-not-found]  # noqa: F401
    assert first_line(missing.value) == "tensorrt_of_nobody is not installed"
