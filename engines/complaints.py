"""What libraries complain of, in words that a user can act on."""

from __future__ import annotations

from pathlib import Path

from engines.errors import EngineError

MAKE_ROOM = "Close other programs, or scan a smaller field."
# What libraries say of it, in lower case.
_TOO_LITTLE_MEMORY = (
    "bad_alloc",
    "bad alloc",
    "out of memory",
    "not enough memory",
    "cannot allocate",
    "can't allocate",
    "failed to allocate",
    "could not create a memory",
)
_PLACES = ("Exception from ", "Check '")
_LONGEST_COMPLAINT = 300


def cannot_run(library: str, model: Path, error: Exception) -> EngineError:
    """Put into words why a library did not run a model."""
    if lacks_memory(error):
        return EngineError(f"{library} ran out of memory with {model}.", MAKE_ROOM)
    return EngineError(
        f"{library} can't run {model}: {first_line(error)}.",
        "Try another backend, or export the engine again: pssr-live export",
    )


def lacks_memory(error: Exception) -> bool:
    """Whether a library complains, in whichever words, that there is too little memory."""
    said = str(error).lower()
    return isinstance(error, MemoryError) or any(words in said for words in _TOO_LITTLE_MEMORY)


def first_line(error: BaseException) -> str:
    """What a library complains of, without its stack of C++ calls and its full stop."""
    if isinstance(error, UnicodeDecodeError):
        return "it is damaged"
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"{error.name} is not installed"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # Where in its own sources it happened tells a user nothing.
    telling = [line for line in lines if not line.startswith(_PLACES)] or lines
    said = telling[0] if telling else type(error).__name__
    printable = "".join(character if character.isprintable() else " " for character in said)
    return printable[:_LONGEST_COMPLAINT].rstrip(".")
