"""What is written at the two images: which frame stands there, and what is waited for."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gui import theme
from gui.comparing_panel import ComparingPanel
from gui.frame_words import age_words, frame_words, time_words
from gui.image_panel import NO_FRAME, ImagePanel
from gui.preview import Preview

NOT_RESTORED = "Raw only: no engine restores it"


class ImageWords:
    """Writes titles, headings and notices; draws no image.

    Parameters
    ----------
    raw, restored : ImagePanel, ComparingPanel
        Where it is written.
    """

    def __init__(self, raw: ImagePanel, restored: ComparingPanel) -> None:
        self._raw = raw
        self._restored = restored
        self._left_title = ""
        self._why_not_restored = NO_FRAME

    def name_left(self, title: str, *, smooth: bool) -> None:
        """Say what stands left, and whether it fades between its pixels."""
        if title != self._left_title:
            self._left_title = title
            self._raw.set_title((title, theme.RAW))
        self._raw.item.set_smooth(smooth=smooth)
        self._restored.set_other((title, theme.RAW), smooth=smooth)

    def say_which(self, left: Preview | None, restored: Preview | None) -> None:
        """Say which frames of the stream looked at stand where."""
        if left is not None:
            self._raw.details.show_parts(*frame_words(left, left.raw))
            self._raw.time_stamp.write(time_words(left))
        parts: tuple[str, ...] = ()
        if restored is not None:
            *others, number = frame_words(restored, restored.restored)
            parts = *others, number + age_words(restored, left)
            self._restored.time_stamp.write(time_words(restored))
        self._restored.details.show_parts(*parts)

    def say_nothing(self) -> None:
        """Take away what was said of the frame looked at before."""
        for panel in (self._raw, self._restored):
            panel.details.show_parts()
            panel.time_stamp.write("")

    def show_time_stamps(self, shown: bool) -> None:  # noqa: FBT001 - a Qt slot
        """Write the time into both images, or don't."""
        for panel in (self._raw, self._restored):
            panel.time_stamp.set_wanted(shown)

    def warn(self, words: str) -> None:
        """Warn at both images that they aren't what one may take them for; empty for nothing."""
        for panel in (self._raw, self._restored):
            panel.set_notice(words)

    def say_why_not_restored(self, words: str) -> None:
        """Take note of what is waited for; `say_what_is_missing` writes it down."""
        self._why_not_restored = words or NO_FRAME

    def say_what_is_missing(self, frames: Mapping[int, Preview], seen: Collection[int]) -> None:
        """Say in the restored image's place why there is none, where that is so.

        Parameters
        ----------
        frames : mapping of int to Preview
            By channel.
        seen : collection of int
            The channels to be seen.
        """
        if seen and not any(one.restored is not None for n, one in frames.items() if n in seen):
            has_raw_only = any(n in seen for n in frames)
            self._restored.show_nothing(NOT_RESTORED if has_raw_only else self._why_not_restored)
