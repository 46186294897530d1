"""The window and a session, wired together: nothing else knows both."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from acquisition import Channel, FrameFormat, SourceError
from acquisition.images import SUFFIXES, is_image_folder
from acquisition.micromanager import with_plan, with_times
from engines import DESCRIPTIONS, MANIFEST_FILE, bundled_names
from gui import MainWindow, Status
from gui.qt import QtCore
from pssr_live.errors import UserError, problem_and_fix
from pssr_live.recording import SESSION_FILE
from pssr_live.restoring import with_channel_engine
from pssr_live.session import LiveSession, RecordingLimit, State
from pssr_live.window.choice import Choice, engine_of_last_time, microscope_at
from pssr_live.window.exporter import Exporter, kept_now
from pssr_live.window.folder_room import FolderRoom
from pssr_live.window.places import name_of
from pssr_live.window.preview_feed import PreviewFeed
from pssr_live.window.previews import is_of, shown_frame
from pssr_live.window.recording_views import RecordingViews
from pssr_live.window.settings import WindowSettings
from pssr_live.window.snapshot import ShownFrame
from pssr_live.window.snapshots import Snapshots, why_no_snapshot
from pssr_live.window.status import status_of
from pssr_live.window.tensorrt import PlanBuilding, PlanWanted

_NOTE_STAYS = 10.0
_TICK_MS = 500


MakeSession = Callable[[Choice, Path | None], LiveSession]


class WindowApp:
    """Runs one session after another as the window's buttons say.

    The window asks how the session is doing (`status`, which changes nothing); what is to be done
    about it is done by `tick`.

    Parameters
    ----------
    make_session : callable
        Makes a session, not started, of what was chosen, that records into a folder, or not at all
        for None.
    choice : Choice
        To begin with.
    settings : WindowSettings
        What is remembered.
    save : Path or None
        Where the first session records.
    """

    def __init__(
        self,
        make_session: MakeSession,
        choice: Choice,
        *,
        settings: WindowSettings,
        save: Path | None = None,
    ) -> None:
        self._make_session = make_session
        self._settings = settings
        self._channels: tuple[Channel, ...] = ()
        self._engine_is_typed = bool(choice.engine)
        self._choice = replace(choice, engine=choice.engine or engine_of_last_time(settings.engine))
        if choice.source and choice.source != settings.source:
            self._choice = self._for_other_source()
        self._save = save
        self._named_here = False
        self._limit: RecordingLimit | None = None
        self._folder = settings.folder
        self._room = FolderRoom()
        self._plans = PlanBuilding()
        self._begins_anew = False
        self._faults_shown = 0
        self._remembered = False
        self._snapshots = Snapshots()
        self._note, self._note_until = "", 0.0
        self._feed = PreviewFeed()
        self.window = MainWindow(self._feed.newest, self.status, newest_raw=self._feed.newest_raw)
        self._feed.viewer = self.window.viewer
        self.window.restoreGeometry(settings.geometry)
        settings.show(self.window.look)
        if settings.folded is not None:
            self.window.look.folded = settings.folded
        self._folded_at_first = self.window.look.folded
        self.window.controls.show_folder(str(self._folder))
        self._offer_engines()
        self.recordings = RecordingViews(self._engine_names)
        self._timer = QtCore.QTimer(self.window)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self.tick)
        self._timer.start()
        self._connect()
        if choice.source:
            self.window.show_images()
        else:
            self.window.show_start_page(settings.source, settings.recent)

    @property
    def session(self) -> LiveSession | None:
        """The one that runs, or ran last."""
        return self._feed.session

    @session.setter
    def session(self, session: LiveSession) -> None:
        self._feed.session = session

    def fit_screen(self) -> None:
        """Leave the room of a small screen to images, where nobody has chosen otherwise."""
        if self._settings.folded is None:
            self.window.look.fold_on(self.window.screen())
            self._folded_at_first = self.window.look.folded
        if self._settings.geometry.isEmpty():
            self.window.fill_small_screen()

    def start(self) -> None:
        """Begin a session, unless one is running or nothing is chosen to begin with."""
        if self._running or not self._choice.source:
            return
        self.window.pull_status()
        self._faults_shown = 0
        self._remembered = False
        try:
            self.session = session = self._make_session(self._choice, self._save)
        except Exception as error:
            self._show(error)
            return
        if self._named_here:
            session.record(self._save, self._limit)
        self._save, self._named_here = None, False
        self.window.show_images()
        session.start()
        self.window.pull_status()

    def status(self) -> Status:
        """Say how the session is doing; changes nothing."""
        note = self._note if time.monotonic() < self._note_until else ""
        if self.session is None:
            return Status(recording=str(self._save or ""), message=note)
        status = status_of(self.session, self._room.found, note or self._plans.hint)
        return status if status.task else replace(status, task=self._plans.task)

    def tick(self) -> None:
        """Do what has become due: begin the next session, tell what is new, look after the rest."""
        if self._begins_anew and not self._running:
            self._begins_anew = False
            self.start()
        for news in self._snapshots.news():
            self._tell(news)
        if self.session is not None:
            self._look_after(self.session)

    def stop(self) -> None:
        """Take no more frames; what was received is finished."""
        self._begins_anew = False
        if self.session is not None:
            self.session.stop()

    def record(self, on: bool) -> None:  # noqa: FBT001 - a Qt slot
        """Begin or end a recording, under the name and with the limit that the user has given."""
        try:
            self._limit = RecordingLimit.parse(self.window.recording_limit) if on else None
        except UserError as error:
            self._show(error)
            self.window.withdraw_recording()
            return
        folder = self._folder / name_of(self.window.recording_name) if on else None
        if self.session is not None and self.session.state in (State.STARTING, State.LIVE):
            self.session.record(folder, self._limit)
        else:
            self._save, self._named_here = folder, True

    def choose_source(self, url: str) -> None:
        """Take frames from another source, or from the same one anew."""
        choice = self._choice
        if url != (choice.source or self._settings.source):
            choice = self._for_other_source()
        self._choose(replace(choice, source=url))

    def choose_engine(self, name: str) -> None:
        """Restore by another engine, from the next session on, which begins at once."""
        if self._choose(replace(self._choice, engine=name)):
            self._engine_is_typed = False
        self._offer_engines()

    def choose_channel_engine(self, channel: int, name: str) -> None:
        """Restore a channel by another engine, or by none; see `choose_engine`."""
        self.choose_engine(
            with_channel_engine(self._choice.engine, self._channels, channel=channel, engine=name)
        )

    def drop(self, path: Path) -> None:
        """Take what was dropped on the window: a time-lapse, a recording or an engine."""
        if (path / MANIFEST_FILE).is_file():
            self.choose_engine(str(path))
        elif (path / SESSION_FILE).is_file():
            self.look_at(path)
        elif path.suffix.lower() in SUFFIXES or is_image_folder(path):
            self._replay(path)
        else:
            self.window.show_error(
                f"{path} is neither an image file, a recording nor an engine.",
                "Drop a .tif, .czi or .nd2, a folder with a session.json or one with a "
                "manifest.json.",
            )

    def look_at(self, folder: Path) -> None:
        """Show a recording as it was recorded, in a window of its own."""
        try:
            self.recordings.open(folder)
        except (UserError, SourceError) as error:
            self._show(error)
        else:
            self._settings.add_recent(folder.absolute())

    def _replay(self, path: Path) -> None:
        self._settings.add_recent(path.absolute())
        self.choose_source(f"replay:{path}")

    def _restore_again(self, folder: str, engine: str) -> None:
        self.window.show()
        self.window.raise_()
        self.window.activateWindow()
        self._engine_is_typed = False
        self._choose(Choice(f"replay:{folder}", engine))
        self._offer_engines()

    def snapshot(self) -> None:
        """Keep what is on the screen; it is written in a thread of its own."""
        shown = self.window.shown
        if shown is None or not isinstance(shown.origin, ShownFrame):
            self.window.show_error(*why_no_snapshot(self.status()))
            return
        name, picture = self.window.recording_name, self.window.picture()
        frame = shown_frame(shown, shown.origin)
        self._snapshots.write(self._folder, name, picture, shown=frame)

    def _remember_what_worked(self, session: LiveSession) -> None:
        """Keep source and engine for the next time; what never worked is not worth it."""
        if session.statistics.received and not self._remembered:
            self._remembered = True
            self._settings.source, self._settings.engine = self._choice.source, self._choice.engine

    def finish(self) -> None:
        """Keep what is to be remembered, build nothing more, wait for snapshots being written."""
        if self.session is not None:
            # Between the last tick and the end the first frame may have come.
            self._remember_what_worked(self.session)
        self._settings.geometry = self.window.saveGeometry()
        self._settings.keep(self.window.look)
        if self.window.look.folded != self._folded_at_first:
            # What a small screen has folded is nobody's choice.
            self._settings.folded = self.window.look.folded
        self._plans.give_up()
        self._snapshots.wait()

    @property
    def _running(self) -> bool:
        return self.session is not None and self.session.state is not State.STOPPED

    def _for_other_source(self) -> Choice:
        return self._choice if self._engine_is_typed else self._choice.with_usual_engine()

    def _choose(self, choice: Choice) -> bool:
        """Take a choice, unless a recording runs; returns whether it was taken."""
        if self._running and self.session is not None and self.session.recording is not None:
            self.window.show_error(
                "A recording is running, which another source or engine would end.",
                "Stop the recording first.",
            )
            return False
        self._choice = choice
        if self._running and self.session is not None:
            # It begins when the one before it is over.
            self.session.stop()
            self._begins_anew = True
        else:
            self.start()
        return True

    def _look_after(self, session: LiveSession) -> None:
        """Tell the window what is new in a session, and remember that it worked."""
        self._look_after_plans(session)
        if session.format is not None:
            self._look_after_format(session.format)
            if session.engine is not None:
                self._room.look(self._folder, session.format, session.engine.scale_factor)
        for fault in session.faults[self._faults_shown :]:
            self._faults_shown += 1
            self._show(fault)
        if self._running and session.wanted is None and session.recording is None:
            # It may have been asked for, and refused, or be over before anybody has looked.
            self.window.withdraw_recording()
        self._remember_what_worked(session)
        if self._failed_at_once(session):
            self.window.show_start_page(self._settings.source, self._settings.recent)

    def _look_after_format(self, frame_format: FrameFormat) -> None:
        """Take an image away that was scanned before the microscope was set anew."""
        if frame_format.channels != self._channels:
            self._channels = frame_format.channels
            self._offer_engines()
        origin = self.window.shown.origin if self.window.shown is not None else None
        if isinstance(origin, ShownFrame) and not is_of(origin.frame, frame_format):
            self.window.forget_images()

    def _failed_at_once(self, session: LiveSession) -> bool:
        over = session.state is State.STOPPED
        return over and bool(session.faults) and not session.statistics.received

    def _look_after_plans(self, session: LiveSession) -> None:
        size = session.format.shape if session.format is not None else None
        wanted = PlanWanted(self._choice.usual_engine, *size) if size is not None else None
        self.window.offer_engine_work(**self._plans.look(wanted)._asdict())
        result = self._plans.take_result()
        if result is None:
            return
        self.window.pull_status()
        self._tell(result)
        if isinstance(result, str) and self._running and session.recording is None:
            # The engine is opened anew, with the plan to choose from.
            self._choose(self._choice)

    def _build_plan(self) -> None:
        self._plans.begin_or_give_up()
        self.tick()
        self.window.pull_status()

    def _choose_folder(self, folder: str) -> None:
        self._folder = self._settings.folder = Path(folder)
        self.window.controls.show_folder(folder)

    def _run_experiment(self, port: int, make: Callable[[str], str]) -> None:
        """Take frames of an experiment that is run at a microscope, by its URL made of that."""
        try:
            self.choose_source(make(self._microscope(port)))
        except SourceError as error:
            self._show(error)

    def _microscope(self, port: int) -> str:
        return microscope_at(port, self._choice.source, self._settings.source)

    def _tell(self, news: str | UserError) -> None:
        if isinstance(news, UserError):
            self._show(news)
        else:
            self._note, self._note_until = news, time.monotonic() + _NOTE_STAYS

    def _show(self, error: Exception) -> None:
        self.window.show_error(*problem_and_fix(error))

    def _offer_engines(self) -> None:
        self.window.offer_engines(self._engine_names(), self._choice.usual_engine)
        self.window.offer_channels(self._choice.engines_of(self._channels))

    def _engine_names(self) -> list[str]:
        return list(dict.fromkeys([*bundled_names(), *DESCRIPTIONS, self._choice.usual_engine]))

    def _connect(self) -> None:
        window = self.window
        window.start_requested.connect(self.start)
        window.stop_requested.connect(self.stop)
        window.record_requested.connect(self.record)
        window.snapshot_requested.connect(self.snapshot)
        window.again_chosen.connect(lambda: self.choose_source(self._settings.source))
        window.demo_chosen.connect(lambda: self.choose_source("simulated:"))
        window.file_chosen.connect(lambda path: self._replay(Path(path)))
        window.recording_chosen.connect(lambda path: self.look_at(Path(path)))
        self.recordings.again_chosen.connect(self._restore_again)
        self.recordings.dropped.connect(lambda path: self.drop(Path(path)))
        window.microscope_chosen.connect(lambda p: self.choose_source(self._microscope(p)))
        window.plan_chosen.connect(
            lambda path, port: self._run_experiment(port, lambda url: with_plan(url, path))
        )
        window.experiment_typed.connect(
            lambda one, port: self._run_experiment(port, partial(with_times, **one._asdict()))
        )
        window.engine_chosen.connect(self.choose_engine)
        window.channel_engine_chosen.connect(self.choose_channel_engine)
        window.folder_chosen.connect(self._choose_folder)
        window.engine_work_requested.connect(self._build_plan)
        window.dropped.connect(lambda path: self.drop(Path(path)))
        window.drawn.connect(self._feed.drawn)
        window.closing.connect(self.stop)
        Exporter(window, lambda: kept_now(window.viewer), tell=self._tell)
        window.left.connect(self._timer.stop)
        window.left.connect(self.recordings.close_all)
        window.abandon_requested.connect(self._abandon)

    def _abandon(self) -> None:
        if self.session is not None:
            self.session.abandon()
