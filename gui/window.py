"""The window: controls above, the images, the state of the session below."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from gui import theme
from gui.buttons import add_key
from gui.choices import Choices
from gui.controls import Controls
from gui.export_window import ExportWindow
from gui.file_dialogs import ask_for_folder
from gui.news_line import NewsLine
from gui.preview import Preview, Status
from gui.qt import QtCore, QtGui, QtWidgets
from gui.recording_alarm import RecordingAlarm
from gui.remembered_look import RememberedLook
from gui.start_page import StartPage
from gui.status_line import StatusLine
from gui.viewer import Viewer

_PREVIEW_INTERVAL_MS = 16
_STATUS_INTERVAL_MS = 500
# So long raw frames wait for a restored one, to be drawn with it.
_RAW_WAITS_S = 0.2
# A laptop's screen, or a large one whose pixels are drawn two by two.
_SMALLEST = (900, 460)
_USUAL = (1360, 940)


class MainWindow(ExportWindow):
    """Shows the newest restored frame beside the raw one, and how the session is doing.

    The window asks, on its own timers and in its own thread; both callables must answer at once.

    Signals
    -------
    start_requested(), stop_requested()
        The user wants frames, or no more of them.
    record_requested(bool)
        The user wants a recording, or no more of it; also before the start. See `recording_name`.
    snapshot_requested()
        The user wants to keep what is shown, see `shown` and `picture`.
    again_chosen(), demo_chosen(), file_chosen(str), microscope_chosen(int), plan_chosen(str, int)
        Where frames shall come from: as last time, a simulation, a recorded file, Micro-Manager at
        a port, 0 for its usual one, or an experiment that is run there by a plan.
    recording_chosen(str)
        The folder of a recording that the user wants to look at.
    experiment_typed(object, int)
        The same by interval, channels and duration: a `TypedExperiment`.
    engine_chosen(str), folder_chosen(str)
        What shall restore them, and where recordings and snapshots shall go.
    channel_engine_chosen(int, str)
        What shall restore one channel, ``none`` for nothing.
    engine_work_requested()
        The user wants what `offer_engine_work` offered.
    drawn()
        A new frame is on the screen.
    ended()
        The session that ran is over.
    closing()
        The user closes the window. It goes away once the session is over, at once if it is.
    abandon_requested()
        The user closes it again before that.

    Parameters
    ----------
    newest : callable
        Given the highest `Preview.serial` that the window has (-1 for none), returns the newest
        preview of each stream offered since, and its provisional one, in the order of serials.
    status : callable
        Returns the session's status.
    newest_raw : callable
        Returns the newest frame of each stream as it was scanned, restored or not, if it was not
        returned before; of those alone that `Viewer.wants_raw` names.

    Attributes
    ----------
    look : RememberedLook
        What of its looks is worth remembering.
    """

    start_requested = QtCore.Signal()
    stop_requested = QtCore.Signal()
    record_requested = QtCore.Signal(bool)
    snapshot_requested = QtCore.Signal()
    again_chosen = QtCore.Signal()
    demo_chosen = QtCore.Signal()
    file_chosen = QtCore.Signal(str)
    microscope_chosen = QtCore.Signal(int)
    plan_chosen = QtCore.Signal(str, int)
    recording_chosen = QtCore.Signal(str)
    experiment_typed = QtCore.Signal(object, int)
    engine_chosen = QtCore.Signal(str)
    channel_engine_chosen = QtCore.Signal(int, str)
    folder_chosen = QtCore.Signal(str)
    engine_work_requested = QtCore.Signal()
    drawn = QtCore.Signal()
    ended = QtCore.Signal()
    closing = QtCore.Signal()
    abandon_requested = QtCore.Signal()

    def __init__(
        self,
        newest: Callable[[int], Sequence[Preview]],
        status: Callable[[], Status],
        *,
        newest_raw: Callable[[], Sequence[Preview]] = tuple,
    ) -> None:
        super().__init__(Viewer())
        self._newest_raw = newest_raw
        self._newest = newest
        self._status = status
        self._running = False
        self._over = False
        self._closing = False
        self._last_serial = -1
        self._restored_came = -math.inf
        self._last_source = ""
        self._to_draw = False
        self._told = Status()

        self.look = RememberedLook(self.viewer)
        self.start_page = StartPage()
        self.pages = QtWidgets.QStackedWidget()
        self.controls = Controls()
        self.choices = Choices()
        self.alarm = RecordingAlarm()
        self.news = NewsLine()
        self.status_line = StatusLine()
        self._build()
        self._connect()

        self._preview_timer = self._every(_PREVIEW_INTERVAL_MS, self._pull_when_ready)
        self._status_timer = self._every(_STATUS_INTERVAL_MS, self.pull_status)
        self.pull_status()

    @property
    def recording_name(self) -> str:
        """What the user calls the next recording or snapshot; empty for no name."""
        return self.controls.name.text().strip()

    def fill_small_screen(self) -> None:
        """Take all of a screen that is smaller than the window would be, and leave it to images."""
        room = self.screen().availableSize()
        if room.width() < _USUAL[0] or room.height() < _USUAL[1]:
            self.setWindowState(self.windowState() | QtCore.Qt.WindowState.WindowMaximized)

    @property
    def export_name(self) -> str:
        """Where recordings go, under the name of the next one."""
        return f"{self.controls.folder_path}/{self.recording_name or 'pssr-live'}"

    def show_progress(self, part: float | None, words: str = "") -> None:
        """Show how far a movie is, see `ExportWindow`; the menu's last entry gives it up."""
        super().show_progress(part, words)
        self._given_up.setVisible(part is not None)
        self.news.show_movie(part, words)

    @property
    def recording_limit(self) -> str:
        """When the next recording ends by itself, as the user typed it; empty for never."""
        return self.controls.limit.limit

    @property
    def closes(self) -> bool:
        """Whether it will close as soon as the session is over."""
        return self._closing

    @property
    def shown(self) -> Preview | None:
        """The preview that is looked at."""
        return self.viewer.shown

    def pull_preview(self, *, raw_alone: bool = True) -> None:
        """Ask for the newest previews and raw frames, and draw them if there are new ones.

        Parameters
        ----------
        raw_alone : bool
            Whether raw frames are drawn also without a restored one. If not, the newest is drawn
            together with the next restored one: to draw twice takes time from the engine.
        """
        previews = self._newest(self._last_serial)
        if raw_alone or previews:
            raw = self._newest_raw()
            if raw:
                self.viewer.show_raw(raw)
        if not previews:
            return
        self._restored_came = time.perf_counter()
        self._last_serial = previews[-1].serial
        self._to_draw = self.viewer.show_previews(previews)

    def pull_status(self) -> None:
        """Ask how the session is doing, and write it down."""
        status = self._status()
        if status.state.running and not self._running:
            # A new session counts its frames from the beginning.
            self._last_serial = -1
            self.viewer.begin_session(same_source=status.source == self._last_source)
            self._last_source = status.source
        self._running = status.state.running
        self._told = status
        self.controls.show_status(status)
        self.choices.show_status(status)
        self.alarm.show_status(status)
        self.viewer.say_why_not_restored(status.task if status.state.running else "")
        self._show_told()
        # A session that failed at once may never have been seen running.
        ended, self._over = status.state.over and not self._over, status.state.over
        if ended:
            self.ended.emit()
        if self._closing and not status.state.busy:
            self.close()

    def show_start_page(self, last_source: str, recent: Sequence[str] = ()) -> None:
        """Ask where frames shall come from, instead of showing images.

        Parameters
        ----------
        last_source : str
            What was chosen last time, in words; empty if there was nothing.
        recent : sequence of str
            Paths of recordings and files of late, the last one first.
        """
        self.start_page.offer_last_time(last_source)
        self.start_page.offer_recent(recent)
        self._show_page(self.start_page)

    def show_images(self) -> None:
        """Show images, or that there are none yet."""
        self._show_page(self.viewer)

    def offer_engines(self, names: Sequence[str], chosen: str) -> None:
        """Offer engines by name, one of them chosen."""
        self.start_page.offer_engines(names, chosen)
        self.choices.offer_engines(names, chosen)

    def offer_channels(self, channels: Sequence[tuple[str, str]]) -> None:
        """Offer an engine for each of several channels, see `Choices.offer_channels`."""
        self.choices.offer_channels(channels)

    def offer_engine_work(self, words: str, explanation: str, *, possible: bool) -> None:
        """Offer some work on the chosen engine, see `Choices.offer_engine_work`."""
        self.choices.offer_engine_work(words, explanation, possible=possible)

    def forget_images(self) -> None:
        """Show no image until the next one comes: those before are of other frames."""
        self.viewer.begin_session(same_source=True)

    def withdraw_recording(self) -> None:
        """Say that no recording will come, although the user asked for one."""
        self.controls.withdraw_recording()

    def event(self, event: QtCore.QEvent) -> bool:  # noqa: D102 - Qt's name
        done = super().event(event)
        # Qt answers this request by drawing all that has changed.
        if event.type() == QtCore.QEvent.Type.UpdateRequest and self._to_draw:
            self._to_draw = False
            self.drawn.emit()
        return done

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:  # noqa: N802, D102 - Qt's name
        if not self._closing:
            self.closing.emit()
        elif self._status().state.busy:
            self.abandon_requested.emit()
            self._leave(event)
            return
        if self._status().state.busy:
            # What was received is finished first, in sight.
            self._closing = True
            event.ignore()
            self.pull_status()
            return
        self._leave(event)

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:  # noqa: N802, D102 - Qt's name
        style, compact = theme.style_for(self.width()), self.width() < theme.NARROW_PX
        if style != self.styleSheet():
            self.setStyleSheet(style)
            self.status_line.set_compact(compact=compact)
            self.export.setText("▾" if compact else "Export ▾")
        self.viewer.toolbar.set_narrow(narrow=self.width() < theme.NARROWEST_PX)
        super().resizeEvent(event)

    def _leave(self, event: QtGui.QCloseEvent) -> None:
        self._preview_timer.stop()
        self._status_timer.stop()
        super().closeEvent(event)
        self.left.emit()

    def _show_page(self, page: QtWidgets.QWidget) -> None:
        self.pages.setCurrentWidget(page)
        self.viewer.toolbar.setVisible(page is self.viewer)
        self.viewer.streams.set_page_shown(shown=page is self.viewer)
        for part in (self.controls, self.export, self.choices, self.status_line):
            part.setVisible(page is self.viewer)

    def _build(self) -> None:
        self.setWindowTitle("pssr-live")
        buttons = QtWidgets.QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.controls)
        buttons.addWidget(self.export)
        buttons.addSpacing(6)
        buttons.addWidget(self.viewer.toolbar)
        buttons.addStretch(1)
        buttons.addWidget(self.choices)
        buttons.addWidget(self.keys)
        self.pages.addWidget(self.viewer)
        self.pages.addWidget(self.start_page)
        centre = QtWidgets.QWidget()
        layout = QtWidgets.QVBoxLayout(centre)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.setSpacing(6)
        layout.addLayout(buttons)
        layout.addWidget(self.alarm)
        layout.addWidget(self.error)
        layout.addWidget(self.viewer.streams, alignment=QtCore.Qt.AlignmentFlag.AlignRight)
        layout.addWidget(self.pages, stretch=1)
        layout.addWidget(self.news)
        layout.addWidget(self.status_line)
        self.setCentralWidget(centre)
        self.resize(*_USUAL)
        self.setMinimumSize(*_SMALLEST)
        self._given_up = self.export.menu().addAction("Cancel the movie", self.movie_given_up.emit)
        self._given_up.setVisible(False)
        # Not the menus' own, which the first page hides.
        add_key(self, "Ctrl+O", "Replay a file", action=self.choices.ask_for_file_if_allowed)
        add_key(self, "Ctrl+Shift+O", "Look at a recording", action=self._ask_for_recording)
        add_key(self, "Esc", "Dismiss an error, or leave the name field", action=self._escape)

    def _connect(self) -> None:
        controls, choices, page = self.controls, self.choices, self.start_page
        self.viewer.looking_back_changed.connect(self._show_told)
        self.viewer.measuring.table_wanted.connect(
            lambda tool, content: self.ask_for_table(controls.folder_path, tool, content)
        )
        self.viewer.toolbar.details_chosen.connect(
            lambda shown: self.status_line.fold(folded=not shown)
        )
        controls.start_requested.connect(self.start_requested)
        controls.stop_requested.connect(self.stop_requested)
        controls.record_requested.connect(self.record_requested)
        controls.snapshot_requested.connect(self.snapshot_requested)
        controls.folder_chosen.connect(self.folder_chosen)
        page.again_chosen.connect(self.again_chosen)
        page.recent_chosen.connect(self.dropped)
        choices.microscope_chosen.connect(lambda: self.microscope_chosen.emit(0))
        page.microscope_chosen.connect(self.microscope_chosen)
        choices.channel_engine_chosen.connect(self.channel_engine_chosen)
        choices.engine_work_requested.connect(self.engine_work_requested)
        for chooser in (choices, page):
            chooser.demo_chosen.connect(self.demo_chosen)
            chooser.file_chosen.connect(self.file_chosen)
            chooser.plan_chosen.connect(self.plan_chosen)
            chooser.experiment_typed.connect(self.experiment_typed)
            chooser.engine_chosen.connect(self.engine_chosen)
            chooser.recording_wanted.connect(self._ask_for_recording)
        # After the slots of whoever listens, so that the answer shows without delay.
        controls.run.clicked.connect(self.pull_status)
        controls.record.clicked.connect(self.pull_status)

    def _ask_for_recording(self) -> None:
        """Ask for one, in the folder where recordings go."""
        title, folder = "The folder of a recording", self.controls.folder_path
        ask_for_folder(self, title, folder, then=self.recording_chosen.emit)

    def _show_told(self) -> None:
        """Write down what was told last, beside images that may be older."""
        looking_back = not self.viewer.live
        provisional = self.viewer.provisional
        self.status_line.show_status(self._told, looking_back=looking_back)
        self.news.show_status(self._told, looking_back=looking_back, provisional=provisional)

    def _escape(self) -> None:
        if self.controls.name.hasFocus():
            self.controls.name.clearFocus()
        else:
            self.error.show_next()

    def _pull_when_ready(self) -> None:
        rest_ms = math.ceil(1e3 * self.viewer.rest_left)
        if rest_ms == 0:
            waited = time.perf_counter() - self._restored_came
            self.pull_preview(raw_alone=waited > _RAW_WAITS_S)
        # While an engine needs all cores, every time that the window wakes costs it something.
        self._preview_timer.setInterval(max(rest_ms, _PREVIEW_INTERVAL_MS))

    def _every(self, interval_ms: int, call: Callable[[], None]) -> QtCore.QTimer:
        timer = QtCore.QTimer(self)
        timer.setInterval(interval_ms)
        timer.timeout.connect(call)
        timer.start()
        return timer
