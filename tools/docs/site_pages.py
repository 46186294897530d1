"""Pages of the documentation's site that are made from the code, and those that lie elsewhere.

A hook of MkDocs. Nothing that it makes is kept: the site can't fall behind the code.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

_ROOT = Path(__file__).parents[2]
_ELSEWHERE = {
    "architecture.md": "ARCHITECTURE.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
}
_LINK = re.compile(r"(?<=\]\()docs/")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that do not lie in docs/."""
    from mkdocs.structure.files import File

    from tools.docs.commands_reference import commands_page
    from tools.docs.python_reference import python_pages

    pages = {name: _LINK.sub("", _read(path)) for name, path in _ELSEWHERE.items()}
    pages["reference-commands.md"] = commands_page()
    pages.update(python_pages())
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    return files


def _read(name: str) -> str:
    return (_ROOT / name).read_text(encoding="utf-8")
