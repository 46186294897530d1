"""Where commands print: text that does nothing but be read, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from engines import fit_to_print


class Terminal(Console):
    """A console that replaces control characters in all that it is given to print.

    Names of files, channels and engines, and words of servers and libraries, reach it from
    everywhere; a terminal would obey them. Rich's own colours and movements stay.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render an object, see `rich.console.Console.render`."""
        for segment in super().render(renderable, options):
            if segment.control is None:
                yield Segment(fit_to_print(segment.text), segment.style)
            else:
                yield segment
