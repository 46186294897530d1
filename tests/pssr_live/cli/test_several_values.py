"""Repeatable options, given several values at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from pssr_live.cli.command import PlainCommand
from pssr_live.cli.main import app


def commands(group: Any) -> Iterator[Any]:
    for command in group.commands.values():
        if hasattr(command, "commands"):
            yield from commands(command)
        else:
            yield command


def parsed(name: str, line: str) -> dict[str, Any]:
    """What a command would be called with."""
    command = typer.main.get_command(app).commands[name]
    return dict(command.make_context(name, line.split()).params)


def words(values: Any) -> list[str]:
    return [str(value) for value in values]


def test_every_command_takes_several_values_alike() -> None:
    assert all(
        isinstance(command, PlainCommand) for command in commands(typer.main.get_command(app))
    )


def test_without_other_words_all_belong_to_the_option() -> None:
    given = parsed("evaluate", "--truth a.tif b.tif -o out --truth c.tif --engine x y")
    assert words(given["truth"]) == ["a.tif", "b.tif", "c.tif"]
    assert words(given["engine"]) == ["x", "y"]
    assert words(parsed("live", "--engine GFP=a mCherry=none")["engine"]) == [
        "GFP=a",
        "mCherry=none",
    ]


def test_after_the_one_word_that_a_command_takes_all_belong_to_the_option() -> None:
    given = parsed("export", "runs/mine --validation a.tif b.tif --output out")
    assert words(given["validation"]) == ["a.tif", "b.tif"]


@pytest.mark.parametrize(
    "line", ["a.tif --validation b.tif c.tif -o run", "--validation b.tif c.tif -o run"]
)
def test_a_file_that_may_be_for_training_or_for_validation_is_refused(line: str) -> None:
    with pytest.raises(
        typer.BadParameter, match=r"not clear whether c\.tif belongs to --validation"
    ):
        parsed("train", line)


def test_files_behind_other_options_are_taken_by_themselves() -> None:
    given = parsed(
        "restore", "--engine mito-lite a.tif --force b.tif --z 3 c.tif --channel=GFP d.tif"
    )
    assert words(given["inputs"]) == ["a.tif", "b.tif", "c.tif", "d.tif"]
    assert given["channel"] == ["GFP"] or words(given["channel"]) == ["GFP"]
    given = parsed("train", "a.tif --validation b.tif --validation c.tif --seed 3 d.tif -o run")
    assert words(given["files"]) == ["a.tif", "d.tif"]
    assert words(given["validation"]) == ["b.tif", "c.tif"]


@pytest.mark.parametrize("name", ["live", "train", "restore"])
def test_help_names_no_types_of_a_programming_language(name: str) -> None:
    told = CliRunner().invoke(app, [name, "--help"]).output
    assert "--" in told
    assert not re.search(r"<(bool|str|path|int|float|list)", told.partition(" Options ")[2]), told
