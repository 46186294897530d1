"""What a core that is made in another process tells of its shutters.

`witness_shutters` gives a folder that is put before the paths of modules of a process; each core
that is made there, or in one that it starts, then writes into the folder what it tells. The code of
the product is the same.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mmpycorex

from tests.acquisition.micromanager.microscope import Shutters

_FILE = "shutters.jsonl"
_AT_START = """
from pathlib import Path
from benchmarks.shutter_witness import witness_cores
witness_cores(Path({folder!r}))
"""
# A core does not keep its listener.
_listening: list[Shutters] = []


class _NotedShutters(Shutters):
    """Writes each event at once: a process that has a core ends without looking back."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def onShutterOpenChanged(self, label: str, is_open: bool) -> None:  # noqa: N802
        super().onShutterOpenChanged(label, is_open)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(self.events[-1]) + "\n")


def witness_cores(folder: Path) -> None:
    """Listen to each core that this process makes."""
    make = mmpycorex.create_core_instance

    def made(*arguments: Any, **options: Any) -> None:
        make(*arguments, **options)
        _listening.append(_NotedShutters(folder / _FILE))
        mmpycorex.Core().register_callback(_listening[-1])

    mmpycorex.create_core_instance = made


def witness_shutters(folder: Path) -> str:
    """Make a folder of modules of which Python loads one at its start."""
    (folder / "sitecustomize.py").write_text(_AT_START.format(folder=str(folder)), encoding="utf-8")
    return str(folder)


def read_shutters(folder: Path) -> list[list[Any]]:
    """Read what was told: label, whether it is open, and seconds."""
    lines = (folder / _FILE).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]
