from __future__ import annotations

import shlex
import sys
from pathlib import PurePosixPath

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


def test_a_package_that_is_missing_is_said_to_be_not_installed() -> None:
    with pytest.raises(ModuleNotFoundError) as missing:
        import tensorrt_of_nobody  # type: ignore[import-not-found]  # noqa: F401
    assert first_line(missing.value) == "tensorrt_of_nobody is not installed"
