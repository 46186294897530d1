"""What inference libraries would report about their users to their makers, switched off.

OpenVINO's Python package sends an event at its import, from a process that it forks for it and that
may outlive the session where a firewall swallows packets. ONNX Runtime queues events in the user's
cache folder from its import on, and its builds for Windows hand theirs to the system.
"""

from __future__ import annotations

import os
import sys
from typing import Any


def switch_off() -> None:
    """Let no library that is imported from now on report anything, here or in child processes.

    The packages `engines` and `pssr_live` call it as they are imported, so every process that runs
    any of their modules has it behind it before it can import a library.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    # The import then fails, and OpenVINO takes a stub of its own instead.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]


def import_onnxruntime() -> Any:
    """Import ONNX Runtime, with what its environment variable leaves on switched off too.

    Returns
    -------
    module

    Raises
    ------
    ImportError, OSError
        If it can't be imported.
    """
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    return onnxruntime
