"""What a command says while it works."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.pssr_live.sessions import wait_until


def hold_until_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], where: str, words: str
) -> None:
    """Let a function, by its place, begin only once these words were printed."""
    module, _, name = where.rpartition(".")
    real = getattr(import_module(module), name)
    said: list[str] = []

    def told() -> bool:
        said.append(capsys.readouterr().out)
        return words in "".join(said)

    def held(*arguments: object, **options: object) -> object:
        wait_until(told)
        return real(*arguments, **options)

    monkeypatch.setattr(where, held)
