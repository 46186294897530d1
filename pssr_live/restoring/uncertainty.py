"""What an engine promises of the intervals that it predicts: known before it is opened."""

from __future__ import annotations

from engines.bundle import load_bundle
from engines.manifest import UNCERTAINTY_FILE
from engines.selection import check_uncertain
from pssr_live.recording.session_file import UncertaintyRecord


def promised_uncertainty(engine: str, backend: str) -> UncertaintyRecord:
    """Read which part of the pixels an engine's intervals are meant to hold, and by which model.

    Parameters
    ----------
    engine, backend : str
        See `engines.selection.open_engine`.

    Returns
    -------
    UncertaintyRecord

    Raises
    ------
    EngineError
        If it can't say how far off it may be, or there is no such engine or backend.
    """
    check_uncertain(engine, backend)
    manifest = load_bundle(engine).manifest
    if manifest.uncertainty is None:
        raise ValueError("an engine that was checked has intervals")
    return UncertaintyRecord(
        level=manifest.uncertainty.level, digest=manifest.files[UNCERTAINTY_FILE]
    )
