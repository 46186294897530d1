"""Micro-Manager's core, in the running program or in this process.

Of pycromanager only the bridge is loaded, pyjavaz and mmpycorex: the whole brings Dask and SciPy,
and takes a second, in which no frame is fetched.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acquisition.errors import SourceError
from acquisition.micromanager.answers import CheckedCore, OddAnswerError
from acquisition.micromanager.experiment import Experiments
from acquisition.micromanager.options import MicroManagerOptions
from acquisition.plain import plain

_CONNECT_TIMEOUT_MS = 3000
_BUFFER_MB = 512


@dataclass(slots=True, kw_only=True)
class OpenCore:
    """A core and what belongs to it.

    Attributes
    ----------
    core : Any
        With names as pycromanager has them: lower case, words joined by underscores.
    metadata : Any
        An empty Metadata that the core can fill.
    experiments : Experiments
        Of the same Micro-Manager.
    versions : dict of str to str
        For the record.
    note : str
        What the user should know; empty if nothing.
    """

    core: Any
    metadata: Any
    experiments: Experiments
    versions: dict[str, str]
    note: str = ""


def open_core(options: MicroManagerOptions) -> OpenCore:
    """Connect to a running Micro-Manager, or load a core.

    Raises
    ------
    ConnectionError
        If nothing answers as Micro-Manager does.
    SourceError
        If a configuration can't be loaded.
    """
    opened = _local_core(options) if options.config else _remote_core(options.port)
    opened.core = CheckedCore(opened.core)
    opened.versions = {
        "core": opened.core.get_version_info(),
        "devices": opened.core.get_api_version_info(),
        **opened.versions,
    }
    return opened


def _remote_core(port: int) -> OpenCore:
    from pyjavaz import JavaObject

    told: list[str] = []

    def note(message: Warning | str, *_: object, **__: object) -> None:
        told.append(str(message))

    # The bridge warns from a thread of its own, so that no context manager would catch it.
    warnings.showwarning = note
    try:
        core = JavaObject("mmcorej.CMMCore", port=port, timeout=_CONNECT_TIMEOUT_MS)
        metadata = JavaObject("mmcorej.Metadata", port=port)
        experiments = Experiments.of(port)
    except Exception as error:
        problem = (
            _mismatch(told)[1]
            or f"What answers at port {port} is not Micro-Manager, or Micro-Manager is busy."
        )
        raise ConnectionError(problem) from error
    server, words = _mismatch(told)
    return OpenCore(
        core=core,
        metadata=metadata,
        experiments=experiments,
        versions={"server": server} if server else {},
        note=words,
    )


def _mismatch(told: list[str]) -> tuple[str, str]:
    """Say which version a server has that is not the client's, and what that means."""
    for text in told:
        versions = re.findall(r"version: (\S+)", text)
        if len(versions) == 2:
            server, client = versions
            return f"{server}, client {client}", (
                f"Micro-Manager's server speaks version {server}, pycromanager {client}: update "
                "Micro-Manager to the latest nightly build and run "
                "pip install --upgrade pycromanager."
            )
    return "", ""


def _local_core(options: MicroManagerOptions) -> OpenCore:
    import pymmcore
    from mmpycorex import Core, create_core_instance

    try:
        create_core_instance(
            _adapters(options), options.config, python_backend=True, buffer_size_mb=_BUFFER_MB
        )
    except Exception as error:
        raise SourceError(
            f"The configuration {options.config} can't be loaded: {first_line(error)}",
            "Check that Micro-Manager is closed and loads it, and name its folder: "
            "micromanager+local:CONFIG.cfg,adapters=FOLDER.",
        ) from error
    return OpenCore(
        core=Core(), metadata=pymmcore.Metadata(), experiments=Experiments(None), versions={}
    )


def _adapters(options: MicroManagerOptions) -> str:
    """Find the device adapters: a configuration often lies beside them."""
    beside = Path(options.config).parent
    if options.adapters:
        return options.adapters
    return str(beside) if any(beside.glob("*mmgr_dal_*")) else "auto"


def first_line(error: Exception) -> str:
    """Cut a Java stack off an error's text."""
    text = str(error).strip() or type(error).__name__
    return plain(text.splitlines()[0].removeprefix("java.lang.Exception: "))


def what_is_wrong(error: Exception) -> str:
    """Say in a sentence what an error of a call means for the user."""
    if isinstance(error, ConnectionError | OddAnswerError):
        return first_line(error)
    if type(error) is Exception:
        # So the bridge passes on what the server has raised.
        return f"Micro-Manager refused a call: {first_line(error).rstrip('.')}."
    return f"Micro-Manager gave an answer that can't be read: {first_line(error).rstrip('.')}."
