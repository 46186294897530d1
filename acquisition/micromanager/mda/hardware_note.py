"""Notes, on the disk, of what an experiment of ours has changed: who comes later puts it back.

As with the notes of runs (`acquisition.micromanager.run_notes`), one that nobody has locked is that
of a client which was killed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any, Self

from acquisition.micromanager.experiment import ExperimentRunning
from acquisition.micromanager.mda.hardware import Hardware
from acquisition.micromanager.mda.hardware_state import HardwareState
from acquisition.micromanager.options import MicroManagerOptions
from acquisition.micromanager.run_notes import lock, notes_folder
from acquisition.plans import ExperimentPlan

_PREFIX = "hardware"


@dataclass(frozen=True, slots=True, kw_only=True)
class HardwareBefore:
    """What has to be known to put the microscope back.

    Attributes
    ----------
    state : HardwareState
        Before the experiment.
    plan : ExperimentPlan
        As it was fitted to the microscope: what it sets is ours.
    z_start_um : float
        Where the focus stood at the start.
    source : str
        Name of the source that was served: its next client goes on with the experiment.
    """

    state: HardwareState
    plan: ExperimentPlan
    z_start_um: float
    source: str

    def as_json(self) -> dict[str, Any]:
        """Write it down."""
        return {
            "state": self.state.as_json(),
            "plan": self.plan.as_json(),
            "z_start_um": self.z_start_um,
            "source": self.source,
        }

    @classmethod
    def read(cls, content: dict[str, Any]) -> Self:
        """Read what `as_json` has written."""
        return cls(
            state=HardwareState.read(content["state"]),
            plan=ExperimentPlan.read(content["plan"]),
            z_start_um=float(content["z_start_um"]),
            source=str(content["source"]),
        )


class HardwareNote:
    """The note of this client; a disk that refuses it costs the note alone.

    Parameters
    ----------
    options : MicroManagerOptions
        Of which microscope.
    before : HardwareBefore
    """

    def __init__(self, options: MicroManagerOptions, before: HardwareBefore) -> None:
        name = f"{_PREFIX}-{_key(options)}-{secrets.token_hex(8)}.json"
        self._path = notes_folder() / name
        self._file: FileIO | None = None
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = FileIO(self._path, "x+")
            lock(self._file)
            self._file.write(json.dumps(before.as_json()).encode("utf-8"))

    def forget(self) -> None:
        """Take it away: all is as it was."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
                self._path.unlink()
            self._file = None


def put_back_what_was_left(
    core: Any, hardware: Hardware, options: MicroManagerOptions, *, source: str
) -> str:
    """Put back what an experiment of ours that was cut off has left, if nobody has the camera.

    Parameters
    ----------
    core : Any
        Micro-Manager's core.
    hardware : Hardware
        On that core.
    options : MicroManagerOptions
    source : str
        Whose own note is not meant: its experiment goes on.

    Returns
    -------
    str
        What was put back, for the user; empty if nothing was.
    """
    found: list[str] = []
    left = _left(options)
    if left and core.is_sequence_running():
        return ""
    for path, before in left.items():
        if before.source != source:
            try:
                found += before.state.put_back_what_is_ours(
                    core, hardware, before.plan, z_start_um=before.z_start_um
                )
            except ExperimentRunning:
                # It stays for the next one.
                continue
            except Exception:  # noqa: S110 - of the core: its groups or stages are others now
                pass
        with suppress(OSError):
            path.unlink()
    if not found:
        return ""
    return f"Put back, as an earlier experiment of pssr-live was cut off: {', '.join(found)}."


def _left(options: MicroManagerOptions) -> dict[Path, HardwareBefore]:
    """Read the notes of clients that are no more."""
    found = {}
    for path in sorted(notes_folder().glob(f"{_PREFIX}-{_key(options)}-*.json")):
        try:
            with FileIO(path, "r+") as file:
                text = file.read() if lock(file) else b""
            if text:
                found[path] = HardwareBefore.read(json.loads(text))
        except (OSError, ValueError, TypeError, KeyError):
            continue
    return found


def _key(options: MicroManagerOptions) -> str:
    """Name a microscope: a port, or a configuration."""
    if not options.config:
        return str(options.port)
    return hashlib.sha256(options.config.encode("utf-8")).hexdigest()[:16]
