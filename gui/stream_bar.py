"""Which channels are seen, which of them is looked at, and which slice."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from acquisition import StreamKey
from gui import theme
from gui.axes import ONE_OF_EACH, Axes
from gui.buttons import add_key
from gui.channel_colours import colours_of, legible
from gui.qt import QtCore, QtWidgets

_LONGEST_NAME_PX = 150
_SLIDER_PX = 120
_NEWEST, _MAXIMUM = "newest", "maximum"


class StreamBar(QtWidgets.QWidget):
    """Positions to choose from, a button for each channel and a slider over the slices.

    What there is only one of is hidden. Of the slices the newest is shown until the user chooses
    one, or the maximum of all.

    Signals
    -------
    changed()
        Another position, channel or slice was chosen, or others are to be seen.
    """

    changed = QtCore.Signal()

    def __init__(self) -> None:
        super().__init__()
        self._axes = ONE_OF_EACH
        self._channel = 0
        self._slice_choice = self._before_maximum = _NEWEST
        self._off: set[int] = set()
        self._solo = False
        self._page_is_shown = True
        self._raw_only: frozenset[int] = frozenset()
        self._colours = colours_of(self._axes.channels)
        self.names: list[QtWidgets.QPushButton] = []
        self.switches: list[QtWidgets.QPushButton] = []
        self.position = QtWidgets.QComboBox()
        self.position.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.position.setToolTip("Which position is shown")
        self._channels = QtWidgets.QHBoxLayout()
        self._channels.setSpacing(4)
        self.slice_words = QtWidgets.QLabel()
        self.slice_words.setProperty("role", "caption")
        self.slice = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        self.slice.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.slice.setFixedWidth(_SLIDER_PX)
        self.newest = _small_switch("Newest")
        self.newest.setToolTip(
            "Show each slice as it comes (Z); a click on the slider holds one.\n"
            "The slice stays while you look back, and while a kymograph or a region is measured"
        )
        self.projected = _small_switch("Max")
        self.projected.setToolTip("Show the brightest of all slices at each pixel (M)")
        self._slices = QtWidgets.QWidget()
        slices = QtWidgets.QHBoxLayout(self._slices)
        slices.setContentsMargins(0, 0, 0, 0)
        slices.setSpacing(8)
        for widget in (self.slice_words, self.slice, self.newest, self.projected):
            slices.addWidget(widget)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(20)
        layout.addWidget(self.position)
        layout.addLayout(self._channels)
        layout.addWidget(self._slices)
        self.position.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.slice.valueChanged.connect(self._hold_slice)
        self.slice.sliderPressed.connect(self._hold_slice)
        self.newest.clicked.connect(self._newest_clicked)
        self.projected.clicked.connect(self._projected_clicked)
        add_key(self, "N", "Look at the next channel", action=self._choose_next)
        add_key(
            self,
            "X",
            "Show the selected channel alone, or with the others",
            action=self._flip_solo,
        )
        add_key(self, "Z", "Show each slice as it comes, or hold one", action=self.newest.click)
        add_key(self, "M", "Show the maximum of all slices, or one", action=self.projected.click)
        for key, step, words in (("PgUp", 1, "next"), ("PgDown", -1, "previous")):
            add_key(self, key, f"Show the {words} slice", action=partial(self._step, step))
        self.show_axes(ONE_OF_EACH)

    @property
    def stream(self) -> StreamKey:
        """The stream that is looked at: histogram, maps, measurements and the past are of it."""
        position = max(0, self.position.currentIndex())
        return StreamKey(position, self._channel, self.slice.value())

    @property
    def seen(self) -> list[int]:
        """The channels that are to be seen."""
        if self._solo:
            return [self._channel]
        return [n for n in range(len(self._axes.channels)) if n not in self._off]

    @property
    def colours(self) -> list[str]:
        """The colour of each channel, as ``#rrggbb``."""
        return self._colours

    @property
    def solo(self) -> bool:
        """Whether the channel that is looked at is shown alone."""
        return self._solo

    @property
    def follows_newest(self) -> bool:
        """Whether each slice is to be shown as it comes."""
        return self._slice_choice == _NEWEST

    @property
    def shows_maximum(self) -> bool:
        """Whether the brightest of all slices is to be shown."""
        return self._slice_choice == _MAXIMUM and self._axes.slices > 1

    @property
    def slice_choice(self) -> str:
        """What is shown of the slices: ``newest``, ``maximum`` or a slice's number."""
        return self._slice_choice

    @slice_choice.setter
    def slice_choice(self, choice: str) -> None:
        self._slice_choice = choice
        self._show_slice_choice()

    def follow(self, z: int) -> bool:
        """Turn to the slice that is newest, unless the user holds another; nothing is told.

        Returns
        -------
        bool
            Whether it is another than before.
        """
        if not self.follows_newest or z == self.slice.value():
            return False
        self._put_slice(z)
        return True

    def show_axes(self, axes: Axes, *, newest: bool = True) -> None:
        """Offer these channels and slices; nothing is told.

        Parameters
        ----------
        axes : Axes
        newest : bool
            Whether one of the slices is the newest: in a recording none is.
        """
        self.newest.setVisible(newest)
        if not newest and self.follows_newest:
            self._slice_choice = str(axes.slices // 2)
        self._axes = axes
        self._colours = colours_of(axes.channels)
        self._channel, self._solo, self._raw_only = 0, False, frozenset()
        self._off = set()
        self._make_buttons()
        self.position.blockSignals(True)
        self.position.clear()
        self.position.addItems(
            [name or f"position {number}" for number, name in enumerate(axes.positions)]
        )
        self.position.blockSignals(False)
        self.slice.blockSignals(True)
        self.slice.setRange(0, axes.slices - 1)
        self.slice.setValue(axes.slices // 2)
        self.slice.blockSignals(False)
        self.position.setVisible(len(axes.positions) > 1)
        step = f", {axes.z_step_um:g} µm apart" if axes.z_step_um else ""
        self.slice.setToolTip(f"Slices 0 to {axes.slices - 1}{step} (PgUp, PgDown)")
        self._show_slice_choice()
        self._slices.setVisible(axes.slices > 1)
        self.set_page_shown(shown=self._page_is_shown)

    def set_page_shown(self, *, shown: bool) -> None:
        """Say whether there are images at all to be seen."""
        self._page_is_shown = shown
        self.setVisible(shown and self._axes.streams > 1)

    def show_raw_only(self, channels: Collection[int]) -> None:
        """Say which channels have no engine."""
        if frozenset(channels) != self._raw_only:
            self._raw_only = frozenset(channels)
            self._write()

    def choose(self, channel: int) -> None:
        """Look at a channel, which is then to be seen."""
        self._channel = channel
        self._off.discard(channel)
        self._tell()

    def _make_buttons(self) -> None:
        for button in (*self.switches, *self.names):
            self._channels.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.switches, self.names = [], []
        if len(self._axes.channels) == 1:
            return
        for channel in range(len(self._axes.channels)):
            switch = QtWidgets.QPushButton()
            switch.setProperty("role", "small")
            switch.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
            switch.clicked.connect(lambda *_, channel=channel: self._switch(channel))
            name = QtWidgets.QPushButton()
            name.setProperty("role", "small")
            name.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
            name.clicked.connect(lambda *_, channel=channel: self._name_clicked(channel))
            self.switches.append(switch)
            self.names.append(name)
            for button in (switch, name):
                self._channels.addWidget(button)
        self._write()

    def _write(self) -> None:
        seen = self.seen
        for channel, (switch, button) in enumerate(zip(self.switches, self.names, strict=True)):
            name = self._axes.name_of(channel)
            colour = legible(self._colours[channel])
            switch.setText("■" if channel in seen else "□")
            switch.setToolTip(f"Show or hide {name}")
            theme.restyle(switch, f"QPushButton {{ color: {colour}; padding: 1px 6px; }}")
            words = f"{name}, raw only" if channel in self._raw_only else name
            middle = QtCore.Qt.TextElideMode.ElideMiddle
            # As a name may have it, an ampersand is one, and does not underline a key.
            shown = button.fontMetrics().elidedText(words, middle, _LONGEST_NAME_PX)
            button.setText(shown.replace("&", "&&"))
            button.setToolTip(
                f"{words}\nClick to select it (N: the next one) for histogram, maps and "
                "measurements\nClick again to show it alone (X)"
            )
            chosen = channel == self._channel
            border = theme.RESTORED if chosen else theme.LINE
            weight = "bold" if chosen else "normal"
            theme.restyle(
                button,
                f"QPushButton {{ color: {colour}; border-color: {border}; "
                f"font-weight: {weight}; padding: 1px 8px; }}",
            )

    def _say_slice(self) -> None:
        one = f"slice {self.slice.value()}"
        self.slice_words.setText("all slices" if self.shows_maximum else one)
        # The words keep their width, so that the slider stays where it is.
        widest = f"slice {10 * self._axes.slices}"
        metrics = self.slice_words.fontMetrics()
        self.slice_words.setMinimumWidth(
            max(metrics.horizontalAdvance(words) for words in (widest, "all slices"))
        )

    def _tell(self) -> None:
        self._write()
        self.changed.emit()

    def _name_clicked(self, channel: int) -> None:
        """Look at a channel; at the one that is looked at already, alone or with the others."""
        if channel == self._channel:
            self._flip_solo()
        else:
            self.choose(channel)

    def _switch(self, channel: int) -> None:
        if self._solo or channel in self._off:
            self._solo = False
            self._off.discard(channel)
        else:
            self._off.add(channel)
        self._tell()

    def _choose_next(self) -> None:
        if len(self._axes.channels) > 1:
            self.choose((self._channel + 1) % len(self._axes.channels))

    def _flip_solo(self) -> None:
        if len(self._axes.channels) > 1:
            self._solo = not self._solo
            self._tell()

    def _newest_clicked(self) -> None:
        if self.newest.isHidden():
            return
        self._choose_slices(str(self.slice.value()) if self.follows_newest else _NEWEST)

    def _projected_clicked(self) -> None:
        projected = self._slice_choice == _MAXIMUM
        self._choose_slices(self._before_maximum if projected else _MAXIMUM)

    def _choose_slices(self, choice: str) -> None:
        if self._axes.slices > 1:
            self._before_maximum = self._slice_choice
            self._slice_choice = choice
        self._show_slice_choice()
        self.changed.emit()

    def _hold_slice(self) -> None:
        self._choose_slices(str(self.slice.value()))

    def _step(self, step: int) -> None:
        z = self.slice.value() + step
        if 0 <= z < self._axes.slices:
            self._put_slice(z)
            self._hold_slice()

    def _put_slice(self, z: int) -> None:
        self.slice.blockSignals(True)
        self.slice.setValue(z)
        self.slice.blockSignals(False)
        self._say_slice()

    def _show_slice_choice(self) -> None:
        """Let slider and switches stand as the user chose; a slice that isn't there is not held."""
        choice = self._slice_choice
        if choice.isdecimal() and int(choice) < self._axes.slices:
            self._put_slice(int(choice))
        elif choice != _MAXIMUM and self._axes.slices > 1:
            self._slice_choice = _NEWEST
        self.newest.setChecked(self._slice_choice == _NEWEST)
        self.projected.setChecked(self._slice_choice == _MAXIMUM)
        self._say_slice()


def _small_switch(words: str) -> QtWidgets.QPushButton:
    button = QtWidgets.QPushButton(words)
    button.setCheckable(True)
    button.setProperty("role", "small")
    button.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
    return button
