"""The application: the live session, recordings, training and evaluation."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pssr_live._neighbours import check_neighbours
from pssr_live._version import __version__
from pssr_live.defaults import DEFAULT_ENGINE

check_neighbours()

import engines  # noqa: E402, F401 - so that no library reports anything, whichever is imported

if TYPE_CHECKING:
    from engines import load_engine
    from pssr_live.evaluation import evaluate
    from pssr_live.offline import restore
    from pssr_live.recording import open_recording
    from pssr_live.restoring import LiveRestorer

__all__ = [
    "DEFAULT_ENGINE",
    "LiveRestorer",
    "__version__",
    "evaluate",
    "load_engine",
    "open_recording",
    "restore",
]

# Imported on first use: the command line's ``--help`` must not wait for numpy.
_ROOMS = {
    "LiveRestorer": "pssr_live.restoring",
    "evaluate": "pssr_live.evaluation",
    "load_engine": "engines",
    "open_recording": "pssr_live.recording",
    "restore": "pssr_live.offline",
}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return getattr(import_module(_ROOMS[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
