"""README.md as PyPI shows it: without the pictures and links that lead to files beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

# With the line in italics under it.
_PICTURE = re.compile(r"!\[[^\]]*\]\((?!https?:)[^)]*\)\n*(\*[^*\n]*\*\n*)?")
_LINK = re.compile(r"\[([^\]]*)\]\((?!https?:)[^)]*\)")


class ReadmeHook(MetadataHookInterface):
    """Called by hatchling as it builds."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Put the text into the metadata."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        text = _LINK.sub(r"\1", _PICTURE.sub("", text))
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
