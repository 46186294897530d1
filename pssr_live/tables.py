"""Tables for people, of what is installed."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from engines.selection import list_engines


def print_engines() -> None:
    """Print every engine at hand and, for each backend, whether it can be used here."""
    table = Table(title="Engines", title_justify="left")
    table.add_column("name")
    table.add_column("version")
    table.add_column("what it is")
    table.add_column("backends")
    for row in list_engines():
        backends = [
            f"[green]{backend}[/]" if why_not is None else f"[red]{backend}[/]: {why_not}"
            for backend, why_not in row.backends.items()
        ]
        table.add_row(row.name, row.version, row.description, "\n".join(backends))
    Console().print(table)
