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


class StreamBar(QtWidgets.QWidget):
    """Positions to choose from, a button for each channel and a slider over the slices.

    What there is only one of is hidden.

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
        self.projected = QtWidgets.QPushButton("Max")
        self.projected.setCheckable(True)
        self.projected.setProperty("role", "small")
        self.projected.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.projected.setToolTip("Show the brightest of all slices at each pixel (M)")
        self._slices = QtWidgets.QWidget()
        slices = QtWidgets.QHBoxLayout(self._slices)
        slices.setContentsMargins(0, 0, 0, 0)
        slices.setSpacing(8)
        for widget in (self.slice_words, self.slice, self.projected):
            slices.addWidget(widget)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(20)
        layout.addWidget(self.position)
        layout.addLayout(self._channels)
        layout.addWidget(self._slices)
        self.position.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.slice.valueChanged.connect(self._say_slice)
        self.slice.valueChanged.connect(self.changed)
        self.projected.toggled.connect(self._say_slice)
        self.projected.toggled.connect(self.changed)
        add_key(self, "N", "Look at the next channel", action=self._choose_next)
        add_key(
            self,
            "X",
            "Show the channel looked at alone, or with the others",
            action=self._flip_solo,
        )
        add_key(self, "M", "Show the maximum of all slices, or one", action=self._flip_projected)
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

    def show_axes(self, axes: Axes) -> None:
        """Offer these channels and slices; nothing is told."""
        self._axes = axes
        self._colours = colours_of(axes.channels)
        self._channel, self._solo, self._raw_only = 0, False, frozenset()
        self._off = set()
        self._make_buttons()
        changing = (self.slice, self.projected, self.position)
        for part in changing:
            part.blockSignals(True)
        self.position.clear()
        self.position.addItems(
            [name or f"position {number}" for number, name in enumerate(axes.positions)]
        )
        self.slice.setRange(0, axes.slices - 1)
        # Not the newest slice: with every stack the image would run through the focus, and nothing
        # could be compared with what it was a moment ago, nor be measured over time. Stacks are set
        # up around what is in focus, so that is in the middle.
        self.slice.setValue(axes.middle)
        self.projected.setChecked(False)
        for part in changing:
            part.blockSignals(False)
        self.position.setVisible(len(axes.positions) > 1)
        step = f", {axes.z_step_um:g} µm apart" if axes.z_step_um else ""
        self.slice.setToolTip(f"Slices 0 to {axes.slices - 1}{step} (PgUp, PgDown)")
        self._say_slice()
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
                f"{words}\nClick to look at it (N: the next one): histogram, maps and measurements "
                "are then of it\nClick again to show it alone (X)"
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
        self.slice_words.setText("all slices" if self.projected.isChecked() else one)
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

    def _flip_projected(self) -> None:
        if self._axes.slices > 1:
            self.projected.toggle()

    def _step(self, step: int) -> None:
        self.slice.setValue(self.slice.value() + step)
