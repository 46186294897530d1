"""What evaluations need beside the live path's libraries."""

from __future__ import annotations

import importlib.util

from pssr_live.errors import UserError


def need(*names: str) -> None:
    """Refuse to begin without a library.

    Raises
    ------
    UserError
        If one is not installed.
    """
    for name in names:
        if importlib.util.find_spec(name) is None:
            raise UserError(
                f"An evaluation needs {name}, which is not installed.",
                'Install it: python -m pip install "pssr-live[evaluate]"',
            )
