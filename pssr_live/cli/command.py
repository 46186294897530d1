"""What all commands have in common: how their options are given, and how help shows them."""

from __future__ import annotations

from enum import Enum
from functools import cached_property
from inspect import unwrap
from typing import Any, Literal, get_args, get_origin, get_type_hints

import typer
from typer.core import TyperCommand

from pssr_live.cli.several_values import Grammar, spelt_out


class PlainCommand(TyperCommand):
    """A command whose repeatable options take several values, and whose help names no types."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Repeat the option before every further value."""
        return super().parse_args(ctx, list(spelt_out(args, Grammar.of(self))))

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        """Return the parameters, each with what stands for its value in the help."""
        parameters: list[Any] = super().get_params(ctx)
        for parameter in parameters:
            if parameter.metavar is None and parameter.param_type_name == "option":
                if parameter.is_flag:
                    parameter.metavar = ""
                elif parameter.name not in self._with_choices:
                    parameter.metavar = str(parameter.name).upper().replace("_", "-")
        return parameters

    @cached_property
    def _with_choices(self) -> set[str]:
        """The options whose help lists what may be chosen."""
        hints = get_type_hints(unwrap(self.callback)) if self.callback else {}
        return {name for name, hint in hints.items() if any(map(_is_choice, _parts(hint)))}


def _parts(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) or (hint,)


def _is_choice(part: Any) -> bool:
    return get_origin(part) is Literal or (isinstance(part, type) and issubclass(part, Enum))
