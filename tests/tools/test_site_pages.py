"""The pages of the documentation's site that are made from the code."""

from __future__ import annotations

import importlib
import re

import pytest
import typer

from pssr_live.cli.main import app
from tools.docs.commands_reference import commands_page
from tools.docs.python_reference import python_pages


def test_every_option_of_every_command_is_on_the_page_of_commands() -> None:
    page = commands_page()
    for name, command in typer.main.get_command(app).commands.items():
        section = re.split(r"^## ", page, flags=re.MULTILINE)
        text = next(part for part in section if part.startswith(f"pssr-live {name}\n"))
        for parameter in command.params:
            for flag in parameter.opts if parameter.param_type_name == "option" else ():
                assert parameter.hidden or flag == "--help" or f"`{flag}`" in text, (name, flag)


@pytest.mark.parametrize("package", ["pssr_live", "acquisition", "engines", "gui"])
def test_every_public_class_of_a_room_is_on_a_page(package: str) -> None:
    pages = "".join(python_pages().values())
    room = importlib.import_module(package)
    for name in room.__all__:
        if isinstance(getattr(room, name), type):
            assert re.search(rf"^::: \S+\.{name}$", pages, re.MULTILINE), name
