"""What useq-schema passes over in a plan, and a user would miss: misspelt names, odd numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

# Written by useq, and read by nobody.
_UNREAD = {"uid"}


def refuse_what_useq_passes_over(said: Mapping[str, Any], sequence: BaseModel) -> None:
    """Refuse a misspelt name, which is an experiment that is not run, and what is not a number.

    Parameters
    ----------
    said : mapping
        As it stands in the file.
    sequence : useq.MDASequence
        What useq has made of it.

    Raises
    ------
    ValueError
        With the name, and those that there may be.
    """
    _refuse_unknown(said, sequence, "")
    for place, number in _numbers(sequence.model_dump(), ""):
        if not math.isfinite(number):
            raise ValueError(f"{place}: {number} can't be set")


def _refuse_unknown(said: Any, made: Any, place: str) -> None:
    if isinstance(said, Sequence) and not isinstance(said, str):
        # Several phases of time are one plan.
        parts = getattr(made, "phases", made)
        if isinstance(parts, Sequence):
            for number, (one, part) in enumerate(zip(said, parts, strict=False)):
                _refuse_unknown(one, part, f"{place}.{number}")
        return
    if not (isinstance(said, Mapping) and isinstance(made, BaseModel)):
        return
    fields = type(made).model_fields
    known = {*fields, *(field.alias for field in fields.values() if field.alias)}
    unknown = sorted(str(name) for name in set(said) - known - _UNREAD)
    if unknown:
        there = f"{place.lstrip('.')} has" if place else "it has"
        raise ValueError(f"{there} no {unknown[0]!r}; it may have {', '.join(sorted(known))}")
    for name, part in said.items():
        _refuse_unknown(part, getattr(made, str(name), None), f"{place}.{name}")


def _numbers(content: Any, place: str) -> Iterator[tuple[str, float]]:
    if isinstance(content, float):
        yield place.lstrip("."), content
    elif isinstance(content, Mapping):
        for name, part in content.items():
            yield from _numbers(part, f"{place}.{name}")
    elif isinstance(content, list | tuple):
        for number, part in enumerate(content):
            yield from _numbers(part, f"{place}.{number}")
