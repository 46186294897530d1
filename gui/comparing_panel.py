"""The restored image, with what it was made of beside, under a curtain, or in turns."""

from __future__ import annotations

from enum import StrEnum

from gui import theme
from gui.composite_item import CompositeItem
from gui.curtain import Curtain
from gui.image_panel import NO_FRAME, ImagePanel
from gui.qt import QtCore

RESTORED_TITLE = ("Restored (predicted)", theme.RESTORED)


class Arrangement(StrEnum):
    """How raw and restored are compared."""

    SIDE_BY_SIDE = "side by side"
    CURTAIN = "curtain"
    FLICKER = "flicker"


class ComparingPanel(ImagePanel):
    """Shows the restored image, and over it, where asked, the image that stands left.

    Attributes
    ----------
    other : CompositeItem
        The image that stands left; costs nothing while it isn't seen.
    """

    def __init__(self) -> None:
        super().__init__(*RESTORED_TITLE)
        self._arrangement = Arrangement.SIDE_BY_SIDE
        self._other_title = ("", "")
        self._swapped = False
        self._title = RESTORED_TITLE
        self.other = CompositeItem()
        self.other.setZValue(0.5)
        self.other.hide()
        self.view.addItem(self.other, ignoreBounds=True)
        self.curtain = Curtain(self.view)
        self.curtain.moved.connect(self._clip)

    @property
    def swapped(self) -> bool:
        """Whether the image that stands left is shown in the restored one's place."""
        return self._swapped

    def arrange(self, arrangement: Arrangement) -> None:
        """Choose how the images are compared."""
        self._arrangement = arrangement
        self._swapped = False
        self._show_parts()

    def swap(self, *, swapped: bool) -> None:
        """Show the image that stands left in the restored one's place, or no longer."""
        self._swapped = swapped
        self._show_parts()

    def set_other(self, title: tuple[str, str], *, smooth: bool) -> None:
        """Say what the image that stands left is, and whether it fades between its pixels."""
        self.other.set_smooth(smooth=smooth)
        if title != self._other_title:
            self._other_title = title
            self._show_parts()

    def clear(self, words: str = NO_FRAME) -> None:
        """Show no image."""
        super().clear(words)
        self.other.clear()

    def set_own_contrast(self, *, own: bool) -> None:
        """Say whether the restored image has another contrast than the one beside it."""
        title, colour = RESTORED_TITLE
        wanted = (f"{title}, own contrast" if own else title, colour)
        if wanted != self._title:
            self._title = wanted
            self._show_parts()

    def _show_parts(self) -> None:
        beside = self._arrangement is Arrangement.CURTAIN and not self._swapped
        self.item.setVisible(not self._swapped)
        self.other.setVisible(beside or self._swapped)
        self.curtain.set_visible(visible=beside)
        if beside:
            self.set_title(self._other_title, self._title)
        else:
            self.item.set_clip(None)
            self.other.set_clip(None)
            self.set_title(self._other_title if self._swapped else self._title)

    def _clip(self, x: float) -> None:
        left = QtCore.QRectF(self.field)
        left.setRight(min(max(x, left.left()), left.right()))
        self.other.set_clip(left)
        right = QtCore.QRectF(self.field)
        right.setLeft(left.right())
        self.item.set_clip(right)
