"""Tables of a page of documentation, written anew between two comments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

PERFORMANCE = Path(__file__).parents[2] / "docs" / "performance.md"
IMAGES = Path(__file__).parents[2] / "docs" / "images"


def write_between(page: Path, name: str, text: str) -> None:
    """Replace what stands between ``<!-- name -->`` and ``<!-- end of name -->``."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found and found_end):
        raise SystemExit(f"{page} has no place for {name}")
    page.write_text(
        before + begin + text.rstrip("\n") + "\n" + end + after, encoding="utf-8", newline="\n"
    )


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table in Markdown."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def save_small(figure, path: Path) -> None:
    """Save a picture in few colours: a plot needs no more."""
    from io import BytesIO

    from PIL import Image

    memory = BytesIO()
    figure.savefig(memory, dpi=110, format="png")
    Image.open(memory).convert("RGB").quantize(64).save(path, optimize=True)
