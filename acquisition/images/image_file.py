"""A file that holds images, or a set of files that hold them together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from acquisition.images.series import ImageSeries


def _nothing() -> None:
    pass


@dataclass(eq=False, kw_only=True)
class ImageFile:
    """What was opened; its planes can be read until it is closed.

    Attributes
    ----------
    path : Path
        As it was named.
    kind : str
        By which of its metadata it is read, for the user.
    series : sequence of ImageSeries
        One for each position.
    files : tuple of Path
        All files of the set that are there.
    absent : tuple of str
        Names of those that belong to it and are not there.
    predicted : bool
        Whether its pixels are a prediction of ours.
    close : callable
        Closes all files; may be called more than once.
    """

    path: Path
    kind: str
    series: Sequence[ImageSeries]
    files: tuple[Path, ...] = ()
    absent: tuple[str, ...] = ()
    predicted: bool = False
    close: Callable[[], None] = field(default=_nothing)

    def __enter__(self) -> ImageFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
