"""One image with its title, scale bar, pan and zoom."""

from __future__ import annotations

import math
from collections.abc import Collection

import pyqtgraph as pg

from gui import theme
from gui.colouring import Colouring, Counts
from gui.composite_item import CompositeItem
from gui.drawing_view import DrawingView
from gui.elided_label import HeadingLabel
from gui.qt import QtCore, QtGui, QtWidgets
from gui.scale_bar import ScaleBar
from gui.time_stamp import TimeStamp

_SMALLEST_VIEW_LR_PX = 4.0
_LARGEST_VIEW_IMAGES = 8.0
_FIT_PADDING = 0.01
_FRAME_PX = 3
NO_FRAME = "No frame yet"
_CORNER_PX = 12


class ImageGraphics(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """Where an image is drawn; says what the mouse does there.

    Signals
    -------
    left(), double_clicked()
        See `ImagePanel`.
    """

    left = QtCore.Signal()
    double_clicked = QtCore.Signal()

    def __init__(self) -> None:
        super().__init__(background=theme.BACKGROUND)

    def leaveEvent(self, event: QtCore.QEvent) -> None:  # noqa: N802, D102 - Qt's name
        super().leaveEvent(event)
        self.left.emit()

    def mouseDoubleClickEvent(  # noqa: N802, D102 - Qt's name
        self, event: QtGui.QMouseEvent
    ) -> None:
        super().mouseDoubleClickEvent(event)
        self.double_clicked.emit()


class ImagePanel(QtWidgets.QWidget):
    """Shows one image. Places are in LR pixels from the upper left corner, y downwards.

    Signals
    -------
    moved(QPointF, float)
        The user panned or zoomed: the centre now in view, and LR pixels to a screen pixel.
    pointed(float, float)
        The mouse is at x, y.
    left()
        The mouse is gone.
    double_clicked()

    Parameters
    ----------
    title : str
        What the image is.
    colour : str
        The colour of its curve in the histogram, shown beside the title.
    """

    moved = QtCore.Signal(QtCore.QPointF, float)
    pointed = QtCore.Signal(float, float)
    left = QtCore.Signal()
    double_clicked = QtCore.Signal()

    def __init__(self, title: str, colour: str) -> None:
        super().__init__()
        self._field = QtCore.QRectF()
        self._pixels: Counts | None = None
        # What the user looks at, whatever room there is for it; None for the whole field.
        self._place: tuple[QtCore.QPointF, float] | None = None

        self.view = DrawingView()
        self.graphics = ImageGraphics()
        self.graphics.left.connect(self.left)
        self.graphics.double_clicked.connect(self.double_clicked)
        self.graphics.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
        self.graphics.setCentralItem(self.view)
        # It fills itself: else all that lies under it would be filled first, with every frame.
        opaque = QtCore.Qt.WidgetAttribute.WA_OpaquePaintEvent
        self.graphics.viewport().setAttribute(opaque)
        self.item = CompositeItem()
        self.view.addItem(self.item, ignoreBounds=True)
        self._pointer = _pointer_cross()
        self.view.addItem(self._pointer, ignoreBounds=True)
        self.scale_bar = ScaleBar(self.graphics)
        self.time_stamp = TimeStamp(self.graphics, self.scale_bar)
        self._waiting = QtWidgets.QLabel(NO_FRAME, self.graphics)
        self._waiting.setProperty("role", "caption")
        self._waiting.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)

        self.notice = self._words_over_image("notice")
        self.mark_of_image = self._words_over_image("mark")
        self._frame = QtWidgets.QFrame()
        self._frame.setObjectName("image")
        inside = QtWidgets.QVBoxLayout(self._frame)
        inside.setContentsMargins(*[_FRAME_PX] * 4)
        inside.addWidget(self.graphics)

        self.name = QtWidgets.QLabel()
        self.name.setProperty("role", "title")
        self.set_title((title, colour))
        self.details = HeadingLabel()
        self.details.setFont(theme.number_font())
        self.details.setProperty("role", "caption")
        heading = QtWidgets.QHBoxLayout()
        heading.addWidget(self.name)
        heading.addWidget(self.details, stretch=1)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(heading)
        layout.addWidget(self._frame, stretch=1)

        self.view.sigRangeChanged.connect(self._zoomed)
        self.view.sigResized.connect(self._resized)
        self.view.sigRangeChangedManually.connect(self._moved_by_hand)
        self.graphics.scene().sigMouseMoved.connect(self._mouse_moved)

    @property
    def field(self) -> QtCore.QRectF:
        """The field of view in LR pixels; empty before the first image."""
        return self._field

    def link(self, other: ImagePanel) -> None:
        """Let both panels look at the same part, and show where the mouse is in the other."""
        for one, beside in ((self, other), (other, self)):
            one.moved.connect(beside.look_at)
            one.pointed.connect(beside.mark)
            one.pointed.connect(one.unmark)
            one.left.connect(beside.unmark)

    def set_title(self, *parts: tuple[str, str]) -> None:
        """Say what the image is, or the images from left to right: words, and their colour."""
        self.name.setText(
            "&nbsp; │ &nbsp;".join(
                f'<span style="color:{colour}">■</span>&nbsp; {words}' for words, colour in parts
            )
        )

    def set_notice(self, words: str) -> None:
        """Warn, with a frame around the image, that it isn't what one may take it for."""
        if words == self.notice.text():
            return
        if bool(words) != bool(self.notice.text()):
            colour = theme.WARNING if words else theme.BACKGROUND
            self._frame.setStyleSheet(f"QFrame#image {{ background: {colour}; }}")
        self._write_over_image(self.notice, words)

    def set_mark(self, words: str) -> None:
        """Say in the image's corner what is special about it; empty for nothing."""
        if words != self.mark_of_image.text():
            self._write_over_image(self.mark_of_image, words)

    def show_pixels(self, pixels: Counts, height: int, width: int, *, channel: int = 0) -> None:
        """Draw an image over the field of view.

        Parameters
        ----------
        pixels : ndarray of uint8, uint16 or float32, any (rows, columns)
            Must not change while it is shown.
        height, width : int
            The field of view in LR pixels.
        channel : int
            Which it is of; its place in `show_channels`.
        """
        self.item.set_pixels(pixels, height, width, channel=channel)
        field = QtCore.QRectF(0.0, 0.0, width, height)
        if field != self._field:
            self._field = field
            self.view.setLimits(
                minXRange=_SMALLEST_VIEW_LR_PX,
                maxXRange=_LARGEST_VIEW_IMAGES * max(height, width),
                minYRange=_SMALLEST_VIEW_LR_PX,
                maxYRange=_LARGEST_VIEW_IMAGES * max(height, width),
            )
            if self._place is None:
                self.fit()
        self._pixels = pixels
        self._wait_no_longer()

    def show_channels(self, channels: Collection[int], read: Counts | None) -> None:
        """Draw these of the channels that have images.

        Parameters
        ----------
        channels : collection of int
        read : ndarray or None
            The counts that `counts_at` looks up, of whichever of them; None for none.
        """
        self.item.show_channels(channels)
        self._pixels = read
        if channels:
            self._wait_no_longer()

    def show_nothing(self, words: str) -> None:
        """Say in the image's place why there is none, though there are frames."""
        self.show_channels((), None)
        self.time_stamp.write("")
        self._waiting.setText(words)
        self._waiting.show()

    def clear(self, words: str = NO_FRAME) -> None:
        """Show no image, and say so; the view stays."""
        self.item.clear()
        self._pixels = None
        self.details.show_parts()
        self.set_mark("")
        self.time_stamp.write("")
        self.scale_bar.hide()
        self._waiting.setText(words)
        self._waiting.show()

    def set_colouring(self, colouring: Colouring, channel: int = 0) -> None:
        """Draw counts of a channel in these colours."""
        self.item.set_colouring(colouring, channel)

    def counts_at(self, x: float, y: float) -> float | None:
        """Look up the counts of the pixel at a place; None outside the image."""
        if self._pixels is None or not self._field.contains(x, y):
            return None
        rows, columns = self._pixels.shape
        row = math.floor(y * rows / self._field.height())
        column = math.floor(x * columns / self._field.width())
        if row >= rows or column >= columns:
            return None
        return float(self._pixels[row, column])

    def fit(self) -> None:
        """Show the whole field of view, and go on doing so when the window is resized."""
        self._place = None
        if not self._field.isEmpty():
            self.view.setRange(self._field, padding=_FIT_PADDING)

    def look_at(self, centre: QtCore.QPointF, lr_per_screen: float) -> None:
        """Show a part of the field of view.

        Parameters
        ----------
        centre : QPointF
            Its middle.
        lr_per_screen : float
            LR pixels to a screen pixel.
        """
        self._place = centre, lr_per_screen
        part = QtCore.QRectF(0.0, 0.0, self.view.width(), self.view.height())
        part.setSize(part.size() * lr_per_screen)
        part.moveCenter(centre)
        self.view.setRange(part, padding=0.0)

    def zoom_to(self, lr_per_screen: float) -> None:
        """Show the middle of what is seen as large as this, here and in the panel linked to it."""
        self.look_at(self.view.viewRect().center(), lr_per_screen)
        self._moved_by_hand()

    def mark(self, x: float, y: float) -> None:
        """Show where the mouse is in the other image."""
        self._pointer.setPos(x, y)
        self._pointer.setVisible(self._field.contains(x, y))

    def unmark(self) -> None:
        """Show no place."""
        self._pointer.hide()

    def _wait_no_longer(self) -> None:
        if not self._waiting.isHidden():
            self._waiting.hide()
            self.scale_bar.show()

    def _words_over_image(self, name: str) -> QtWidgets.QLabel:
        label = QtWidgets.QLabel(self.graphics)
        label.setObjectName(name)
        label.setAttribute(QtCore.Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        label.hide()
        return label

    def _write_over_image(self, label: QtWidgets.QLabel, words: str) -> None:
        label.setText(words)
        label.setVisible(bool(words))
        top = _CORNER_PX
        for one in (self.notice, self.mark_of_image):
            one.adjustSize()
            one.move(_CORNER_PX, top)
            top += one.height() + _CORNER_PX // 2 if one.text() else 0

    def _zoomed(self) -> None:
        self.scale_bar.set_zoom(1.0 / self.lr_per_screen)

    def _resized(self) -> None:
        self._waiting.setGeometry(self.graphics.rect())
        if self._place is None:
            self.fit()
        else:
            # Else pyqtgraph would keep the height in view, and the two panels' parts differ.
            self.look_at(*self._place)
        self._zoomed()
        self.scale_bar.place()
        self.time_stamp.place()

    def _moved_by_hand(self) -> None:
        self._place = self.view.viewRect().center(), self.lr_per_screen
        self.moved.emit(*self._place)

    @property
    def lr_per_screen(self) -> float:
        """LR pixels to a screen pixel."""
        return float(self.view.viewRect().width() / self.view.width())

    def _mouse_moved(self, place: QtCore.QPointF) -> None:
        at = self.view.mapSceneToView(place)
        self.pointed.emit(at.x(), at.y())


def _pointer_cross() -> QtWidgets.QGraphicsPathItem:
    path = QtGui.QPainterPath()
    for near, far in ((4.0, 11.0), (-11.0, -4.0)):
        path.moveTo(near, 0.0)
        path.lineTo(far, 0.0)
        path.moveTo(0.0, near)
        path.lineTo(0.0, far)
    cross = QtWidgets.QGraphicsPathItem(path)
    cross.setPen(QtGui.QPen(QtGui.QColor(theme.WARNING), 1.5))
    cross.setFlag(QtWidgets.QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
    cross.setZValue(1.0)
    cross.hide()
    return cross
