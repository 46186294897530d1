"""What a recording was started with: its engine, and its table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from acquisition import RAW_FILE
from engines import EngineError, backend_named, quoted
from pssr_live.errors import UserError
from pssr_live.recording import FrameTable, OpenedRecord
from pssr_live.restoring import EngineChoice, SharedEngine


def open_as_begun(
    begun_with: OpenedRecord | None,
    choice: EngineChoice,
    open_it: Callable[[EngineChoice], SharedEngine],
    *,
    folder: Path,
) -> SharedEngine:
    """Open the engine that a recording was started with, on the same backend if it can be.

    Parameters
    ----------
    begun_with : OpenedRecord or None
        What the recording says of it.
    choice : EngineChoice
        What is opened where it says nothing, or where that can't be opened.
    open_it : callable
        Opens an engine.
    folder : Path
        Of the recording.

    Raises
    ------
    EngineError
        If none can be opened.
    UserError
        If there is only another version of it.
    """
    if begun_with is None:
        return open_it(choice)
    own = EngineChoice(begun_with.path, choice.backend, uncertain=choice.uncertain)
    # Its own first; the one named now where that has moved, or its backend is not here.
    attempts = [own.preferring(backend_named(begun_with.backend)), own, choice]
    for number, attempt in enumerate(attempts):
        try:
            shared = open_it(attempt)
        except EngineError:
            if number == len(attempts) - 1:
                raise
        else:
            break
    digests = [(begun_with.digest, shared.selection.engine.digest)]
    if begun_with.uncertainty is not None and shared.uncertainty is not None:
        digests.append((begun_with.uncertainty.digest, shared.uncertainty.digest))
    for before, now in digests:
        if before != now:
            raise UserError(
                f"The recording was started with another version of {begun_with.name}, "
                f"SHA-256 {before[:12]}….",
                "Name that one with --engine, or: "
                f"pssr-live restore {quoted(folder / RAW_FILE)} --output again.ome.tif",
            )
    return shared


def open_table(path: Path) -> FrameTable | None:
    """Open frames.csv to fill in verdicts; None if there is none, or one without such columns."""
    try:
        return FrameTable(path, new=False)
    except (FileNotFoundError, ValueError):
        return None
