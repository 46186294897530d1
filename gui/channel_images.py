"""The images of all channels in both panels, each channel with its own contrast."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from gui.axes import ONE_OF_EACH, Axes
from gui.burnt_in import ChannelLook
from gui.colouring import Colouring
from gui.comparing_panel import ComparingPanel
from gui.contrast import Contrast, ContrastOf, Look, automatic_look
from gui.image_panel import ImagePanel
from gui.left_image import LeftImage, left_of
from gui.preview import Preview

NO_FRAMES: Mapping[int, Preview] = {}


class ChannelImages:
    """Draws what is new of each channel, and nothing else anew.

    A channel's contrast is chosen once, from its first frame, and is then the user's.

    Parameters
    ----------
    raw, restored : ImagePanel, ComparingPanel
        Where they are drawn.
    contrast : Contrast
        Of the channel that is looked at.
    coloured : callable
        Given how the counts of each channel are coloured, whenever that may be otherwise.

    Attributes
    ----------
    channel : int
        The one that is looked at.
    left : LeftImage
        What stands left; `draw_anew` after a change.
    """

    def __init__(
        self,
        raw: ImagePanel,
        restored: ComparingPanel,
        contrast: Contrast,
        *,
        coloured: Callable[[Mapping[int, Colouring]], object],
    ) -> None:
        self.channel = 0
        self.left = LeftImage.RAW
        self._marks_saturated = False
        self._coloured = coloured
        self._raw = raw
        self._restored = restored
        self._contrast = contrast
        self._axes = ONE_OF_EACH
        self._colours: Sequence[str] = ()
        self._drawn: dict[int, Preview] = {}
        # What stands left; the same, or a newer one that is not restored yet.
        self._left: dict[int, Preview] = {}
        self._looks: dict[int, Look] = {}
        # Where the restored image has a contrast of its own.
        self._restored_looks: dict[int, Look] = {}

    @property
    def frames(self) -> Mapping[int, Preview]:
        """What is drawn, by channel, of those that are seen or looked at."""
        return self._drawn

    def looks(self, channels: Collection[int]) -> dict[int, ChannelLook]:
        """Say how the counts of channels look, in the raw and in the restored image."""
        return {
            n: ChannelLook(self._colouring(n), self._colouring(n, self._restored_looks.get(n)))
            for n in channels
            if n in self._looks
        }

    def forget(self, *, same_source: bool) -> None:
        """Draw nothing until other frames come; from the same source the contrast stays."""
        self.draw_anew()
        if not same_source:
            self._forget_looks()
        self._raw.clear()
        self._restored.clear()

    def draw_anew(self) -> None:
        """Draw all at the next `draw`, new or not."""
        self._drawn.clear()
        self._left.clear()

    def look_at(self, channel: int, axes: Axes, colours: Sequence[str]) -> None:
        """Look at a channel: the contrast becomes its own.

        Parameters
        ----------
        channel : int
        axes : Axes
            Which channels there are.
        colours : sequence of str
            Of the channels, as ``#rrggbb``.
        """
        if axes.channels != self._axes.channels:
            self._forget_looks()
        self.channel, self._axes, self._colours = channel, axes, colours
        several = len(axes.channels) > 1
        self._contrast.show_channel(axes.name_of(channel) if several else "", colours[channel])
        own = channel in self._restored_looks
        self._contrast.show_of(ContrastOf.RESTORED if own else ContrastOf.BOTH)
        self._show_look()

    def draw(
        self,
        frames: Mapping[int, Preview],
        seen: Collection[int],
        *,
        raw: Mapping[int, Preview] = NO_FRAMES,
    ) -> bool:
        """Draw the frames that are to be seen.

        Parameters
        ----------
        frames : mapping of int to Preview
            By channel; none of a channel that has had no frame.
        seen : collection of int
            The channels to be seen.
        raw : mapping of int to Preview
            Frames that stand left in place of these, not restored yet.

        Returns
        -------
        bool
            Whether one of them is new.
        """
        new = False
        lefts = {**frames, **raw}
        for channel, preview in frames.items():
            if self._drawn.get(channel) is preview or not self._is_looked_at(channel, seen):
                continue
            new = True
            self._drawn[channel] = preview
            height, width = preview.raw.shape
            left = left_of(preview, self.left).pixels
            self._restored.other.set_pixels(left, height, width, channel=channel)
            if preview.restored is not None:
                self._restored.show_pixels(preview.restored, height, width, channel=channel)
        for channel, preview in lefts.items():
            before = self._left.get(channel)
            if before is preview or not self._is_looked_at(channel, seen):
                continue
            new = True
            self._left[channel] = preview
            left = left_of(preview, self.left).pixels
            self._raw.show_pixels(left, *preview.raw.shape, channel=channel)
            self._settle_contrast(channel, preview, before)
        self._show_channels(frames, lefts, seen)
        if new:
            self._tell_colours()
        return new

    def _is_looked_at(self, channel: int, seen: Collection[int]) -> bool:
        return channel in seen or channel == self.channel

    def set_contrast_automatically(self) -> None:
        """Set black and white of the channel looked at once, from its frame now shown."""
        if self._contrast.of is ContrastOf.RESTORED:
            self._choose_restored_contrast()
        elif self.channel in self._left:
            self._choose_contrast(self.channel)
            self._tell_colours()

    def contrast_changed(self) -> None:
        """Take over what the user chose for the channel looked at."""
        # Before its first frame there is nothing to choose by.
        if self.channel in self._looks:
            if self._contrast.of is ContrastOf.RESTORED:
                self._restored_looks[self.channel] = self._contrast.look
            else:
                self._looks[self.channel] = self._contrast.look
        self._recolour(self.channel)
        self._tell_colours()

    def choose_contrast_of(self) -> None:
        """Let the contrast be of both images, or of one of them, of the channel looked at."""
        if self._contrast.of is ContrastOf.BOTH:
            self._restored_looks.pop(self.channel, None)
        elif self.channel not in self._restored_looks:
            self._choose_restored_contrast()
        self._show_look()
        self._recolour(self.channel)

    def _choose_restored_contrast(self) -> None:
        """Set black and white of the restored image alone, from what is shown of it."""
        drawn = self._drawn.get(self.channel)
        if drawn is not None and drawn.restored is not None:
            step = max(1, drawn.restored.shape[0] // drawn.raw.shape[0])
            some = drawn.restored[::step, ::step]
            self._restored_looks[self.channel] = automatic_look(some, self._contrast.gamma.gamma)
            self._show_look()
            self._recolour(self.channel)

    def _show_look(self) -> None:
        """Show the limits that the user can move."""
        looks = self._looks
        if self._contrast.of is ContrastOf.RESTORED and self.channel in self._restored_looks:
            looks = self._restored_looks
        if self.channel in looks:
            self._contrast.show_look(looks[self.channel])
        self._restored.set_own_contrast(own=self.channel in self._restored_looks)

    def _forget_looks(self) -> None:
        self._looks.clear()
        self._restored_looks.clear()
        self._contrast.show_of(ContrastOf.BOTH)
        self._restored.set_own_contrast(own=False)

    def mark_saturated(self, marked: bool) -> None:  # noqa: FBT001 - a Qt slot
        """Mark the pixels that the detector cut off, or no longer."""
        self._marks_saturated = marked
        for channel in self._left:
            self._recolour(channel)
        self._tell_colours()

    def _tell_colours(self) -> None:
        self._coloured({channel: self._colouring(channel) for channel in self._left})

    def _show_channels(
        self, frames: Mapping[int, Preview], lefts: Mapping[int, Preview], seen: Collection[int]
    ) -> None:
        shown, beside = frames.get(self.channel), lefts.get(self.channel)
        left = left_of(beside, self.left).pixels if beside is not None else None
        self._raw.show_channels([channel for channel in lefts if channel in seen], left)
        of_frames = [channel for channel in frames if channel in seen]
        restored = [channel for channel in of_frames if frames[channel].restored is not None]
        self._restored.other.show_channels(of_frames)
        self._restored.show_channels(restored, shown.restored if shown is not None else None)

    def _settle_contrast(self, channel: int, preview: Preview, before: Preview | None) -> None:
        other_dtype = before is not None and before.raw.dtype != preview.raw.dtype
        if channel not in self._looks or other_dtype:
            self._choose_contrast(channel)
        elif before is None or before.saturated != preview.saturated:
            self._recolour(channel)

    def _choose_contrast(self, channel: int) -> None:
        looked_at = channel == self.channel
        gamma = self._contrast.gamma.gamma if looked_at else 1.0
        look = self._looks[channel] = automatic_look(self._left[channel].raw, gamma)
        if looked_at and self._contrast.of is not ContrastOf.RESTORED:
            self._contrast.show_look(look)
        self._recolour(channel)

    def _recolour(self, channel: int) -> None:
        if channel in self._left:
            colouring = self._colouring(channel)
            self._raw.set_colouring(colouring, channel)
            self._restored.other.set_colouring(colouring, channel)
            own = self._restored_looks.get(channel)
            restored = colouring if own is None else self._colouring(channel, own)
            self._restored.set_colouring(restored, channel)

    def _colouring(self, channel: int, own: Look | None = None) -> Colouring:
        preview = self._left.get(channel)
        marked = self._marks_saturated and preview is not None
        saturated = preview.saturated if marked and preview is not None else None
        look = own or self._looks[channel]
        several = len(self._axes.channels) > 1
        return Colouring(
            low=look.low,
            high=look.high,
            colour_map=self._colours[channel] if several else self._contrast.chosen_map,
            gamma=look.gamma,
            saturated=saturated,
        )
