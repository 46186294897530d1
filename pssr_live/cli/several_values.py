"""Options that may be repeated, given several values at once: ``--truth a.tif b.tif``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand

# Repeatable options that name files.
FILE_OPTIONS = frozenset({"--calibration", "--lr", "--truth", "--validation"})


class Grammar(NamedTuple):
    """What a command takes.

    Attributes
    ----------
    valued : frozenset of str
        Options with a value.
    repeatable : frozenset of str
        Those of them that may be repeated.
    files : frozenset of str
        Those of them that name files.
    places : float
        How many words without an option the command takes; infinity for any number.
    """

    valued: frozenset[str]
    repeatable: frozenset[str]
    files: frozenset[str]
    places: float

    @classmethod
    def of(cls, command: TyperCommand) -> Grammar:
        """Read it from a command's parameters."""
        # typer has click within it, or beside it, as its version goes: no class of click's is named
        parameters: list[Any] = list(command.params)
        options = [p for p in parameters if p.param_type_name == "option"]
        arguments = [p for p in parameters if p.param_type_name == "argument"]
        repeatable = [p for p in options if p.multiple]
        return cls(
            valued=_names(p for p in options if not p.is_flag and not p.count),
            repeatable=_names(repeatable),
            files=FILE_OPTIONS & _names(repeatable),
            places=sum(float("inf") if p.nargs < 0 else p.nargs for p in arguments),
        )


def spelt_out(arguments: Sequence[str], grammar: Grammar) -> Iterator[str]:
    """Turn ``--truth a b`` into ``--truth a --truth b``.

    Where the command takes any number of words by themselves, a word behind a repeatable option
    could be either. It is refused behind one that names files, where it would be taken for the
    wrong file without a word; behind others it is taken as it always was, by itself.

    Parameters
    ----------
    arguments : sequence of str
    grammar : Grammar

    Yields
    ------
    str

    Raises
    ------
    typer.BadParameter
        If a word could be either.
    """
    option, awaits_value, by_themselves = "", False, 0
    for argument in arguments:
        if argument.startswith("-") and len(argument) > 1 and not awaits_value:
            option, equals, _ = argument.partition("=")
            awaits_value = option in grammar.valued and not equals
        elif awaits_value:
            awaits_value = False
        elif option in grammar.repeatable and by_themselves >= grammar.places:
            yield option
        elif option in grammar.files:
            raise typer.BadParameter(
                f"It is not clear whether {argument} belongs to {option}. Write {option} before "
                f"each of its files, and other files first."
            )
        else:
            option, by_themselves = "", by_themselves + 1
        yield argument


def _names(options: Iterable[Any]) -> frozenset[str]:
    return frozenset(name for option in options for name in option.opts)
