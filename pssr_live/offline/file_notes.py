"""What a restored file says of how it was made, and how it is gone on with."""

from __future__ import annotations

from pathlib import Path

from acquisition.images import StreamChoice
from engines import CHOICES, IntensityScale, backend_named
from pssr_live.errors import UserError
from pssr_live.recording import record_engine, restored_notes
from pssr_live.restoring import EngineChoice, SharedEngine


def engine_notes(choice: EngineChoice) -> dict[str, str]:
    """Return what a file restored by an engine says of it."""
    name, digest = choice.identity
    return {"engine": name, "engine sha256": digest}


def made_by_notes(
    shared: SharedEngine, choice: EngineChoice, intensity: IntensityScale
) -> dict[str, str]:
    """Say what restores a file, or a channel of it, as the recording of a live session would."""
    notes = restored_notes(record_engine(shared.selection.engine, choice.name, intensity))
    if choice.bundle is not None:
        notes["engine version"] = choice.bundle.manifest.version
    return notes


def as_begun(choice: EngineChoice, backend: str, output: Path) -> EngineChoice:
    """Choose the backend that a file was begun on: its notes name one for all frames.

    Raises
    ------
    UserError
        If another was asked for.
    """
    own = backend_named(backend)
    if choice.backend not in (*CHOICES, own):
        raise UserError(
            f"{output} was started on {backend} and has to be completed on it.",
            "Leave --backend out, or write over it with --force.",
        )
    return choice.preferring(own)


def chosen_notes(stream: StreamChoice) -> dict[str, str]:
    """Say which part of a file was chosen."""
    return {f"source's {name}": value for name, value in stream.in_words().items()}
