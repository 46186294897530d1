"""The window from a start menu or by a double-click: no terminal opens that could be closed."""

from __future__ import annotations

import sys

from pssr_live.cli.output import make_output_last
from pssr_live.errors import describe

_STOP_SIGN = 0x10


def main() -> None:
    """Open the window; why it can't be, or what was lost, is said in a box of its own."""
    make_output_last()
    try:
        _open_window()
    except Exception as error:
        from acquisition import printable

        _show(printable(describe(error)))
        sys.exit(1)


def _open_window() -> None:
    from pssr_live.cli.session import SessionOptions, run_in_window
    from pssr_live.display import display_missing
    from pssr_live.errors import UserError

    if missing := display_missing():
        raise UserError(missing, "Start pssr-live where windows can be shown.")
    run_in_window("", SessionOptions(engine=""))


def _show(words: str) -> None:
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.user32.MessageBoxW(None, words, "pssr-live", _STOP_SIGN)
    elif sys.stderr is not None:
        print(f"Error: {words}", file=sys.stderr)
