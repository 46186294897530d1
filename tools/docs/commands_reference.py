"""The page of every command and option, from the command line itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from tools.docs.page import table

_NAME = "pssr-live"


def commands_page() -> str:
    """Write each command with its help, its examples and its options in Markdown."""
    import typer

    from pssr_live.cli.main import app

    group = typer.main.get_command(app)
    parts = [
        "# Commands and options\n",
        "What `--help` says of each command, on one page. Every command takes `--help`; "
        "`pssr-live --version` prints the version, and `--debug`, anywhere, the traceback of an "
        "error.\n",
    ]
    parts += [_section(words, command) for words, command in _commands(group, [_NAME])]
    return "\n".join(parts)


def _commands(group: Any, words: list[str]) -> Iterator[tuple[list[str], Any]]:
    for name, command in group.commands.items():
        if command.hidden:
            continue
        yield [*words, name], command
        if hasattr(command, "commands"):
            yield from _commands(command, [*words, name])


def _section(words: list[str], command: Any) -> str:
    lines = [f"{'#' * len(words)} {' '.join(words)}\n", *_help(command)]
    rows = [
        [_flags(parameter), _cell(parameter.help or ""), _default(parameter)]
        for parameter in command.params
        if not parameter.hidden and parameter.name != "help"
    ]
    if rows:
        lines.append(table(["option", "what it does", "default"], rows))
    return "\n".join(lines)


def _help(command: Any) -> Iterator[str]:
    """Turn the help's text into paragraphs, its examples into code."""
    text = inspect.cleandoc(command.help or "").replace("\b", "").replace("\f", "")
    before, found, examples = text.partition("Examples\n--------\n")
    for paragraph in before.split("\n\n"):
        if paragraph.strip():
            yield " ".join(paragraph.split()) + "\n"
    if found:
        lines = [line.strip() for line in examples.splitlines() if line.strip()]
        yield "```\n" + "\n".join(_whole_lines(lines)) + "\n```\n"


def _whole_lines(lines: list[str]) -> Iterator[str]:
    """Join what the docstring had to wrap."""
    whole = ""
    for line in lines:
        if line.startswith(_NAME) and whole:
            yield whole
            whole = line
        else:
            whole = f"{whole} {line}".strip()
    yield whole


def _flags(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{(parameter.metavar or parameter.name).upper()}`"
    flags = ", ".join(f"`{flag}`" for flag in (*parameter.opts, *parameter.secondary_opts))
    several = ", repeatable" if parameter.multiple else ""
    return flags + several


def _default(parameter: Any) -> str:
    default = parameter.default
    if default is None or callable(default) or default in ((), [], False, ""):
        return "required" if parameter.required else ""
    if default is True:
        return "on"
    if isinstance(default, (list, tuple)):
        default = " ".join(str(value) for value in default)
    return f"`{getattr(default, 'value', default)}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
