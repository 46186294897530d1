"""The application: the live session, recordings, training and evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import engines  # noqa: F401 - so that no library reports anything, whichever is imported
from pssr_live._version import __version__
from pssr_live.defaults import DEFAULT_ENGINE

if TYPE_CHECKING:
    from pssr_live.recording import open_recording
    from pssr_live.restoring import LiveRestorer

__all__ = ["DEFAULT_ENGINE", "LiveRestorer", "__version__", "open_recording"]


def __getattr__(name: str) -> Any:
    """Import on first use: the command line's ``--help`` must not wait for numpy."""
    if name == "open_recording":
        from pssr_live.recording import open_recording

        return open_recording
    if name == "LiveRestorer":
        from pssr_live.restoring import LiveRestorer

        return LiveRestorer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
