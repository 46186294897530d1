"""The pages of every public class and function, room by room, from the rooms' faces."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from types import ModuleType

_PAGES = {
    "reference-python.md": (
        "For scripts",
        "What a script needs first. [As a part of your own script](python.md) shows it in use.",
        ("pssr_live", "pssr_live.pymmcore", "pssr_live.pycromanager"),
    ),
    "reference-frames.md": (
        "Frames and sources",
        "Where frames come from, and how they travel.",
        ("acquisition", "acquisition.images", "acquisition.micromanager"),
    ),
    "reference-engines.md": (
        "Engines",
        "What turns five raw frames into a restored one.",
        ("engines",),
    ),
    "reference-recordings.md": (
        "Recordings and live sessions",
        "What is written and read back, and what one live run is made of.",
        ("pssr_live.recording", "pssr_live.session", "pssr_live.restoring"),
    ),
    "reference-judging.md": (
        "Trust, metrics and evaluation",
        "How a restored frame is judged, with and without the truth.",
        ("pssr_live.trust", "pssr_live.metrics", "pssr_live.evaluation"),
    ),
    "reference-training.md": (
        "Crappifiers and training",
        "How LR data is made of HR series, and an engine of both.",
        ("pssr_live.crappify", "pssr_live.training"),
    ),
    "reference-widgets.md": (
        "Widgets of the window",
        "What is drawn. No widget opens a file, an engine or a socket.",
        ("gui",),
    ),
}


def python_pages() -> dict[str, str]:
    """Write a page for each part, by its name in the documentation's folder."""
    return {name: "".join(_page(*page)) for name, page in _PAGES.items()}


def _page(title: str, sentence: str, packages: tuple[str, ...]) -> Iterator[str]:
    yield f"# {title}\n\n{sentence}\n"
    for package in packages:
        module = importlib.import_module(package)
        yield f"\n## {package}\n\n{(module.__doc__ or '').splitlines()[0]}\n"
        for name in getattr(module, "__all__", None) or _written_in(module):
            value = getattr(module, name)
            if name.startswith("__") or inspect.ismodule(value):
                continue
            if inspect.isclass(value) or inspect.isroutine(value):
                # where it is written, which is what is searched without running it
                yield f"\n::: {value.__module__}.{value.__qualname__}\n"
            else:
                yield f"\n`{package}.{name}` is `{value!r:.80}`.\n"


def _written_in(module: ModuleType) -> list[str]:
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]
