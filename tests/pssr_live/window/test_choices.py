"""What the window offers and remembers: source, engine, files that are dropped."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, repeat, takewhile
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from acquisition import ONE_STREAM, Frame
from engines.bundle import BUNDLED
from gui import TrustMap, TypedExperiment
from gui.qt import QtCore
from pssr_live.session import State
from pssr_live.window import WindowApp
from pssr_live.window.settings import WindowSettings
from tests.places import DATA
from tests.ports import free_port
from tests.pssr_live.scripted import ScriptedSource, frame_of
from tests.pssr_live.window.screen import LEFT, TIMEOUT, MakeApp, shown_index, state

CELLS = DATA / "hela_mitochondria.tif"


def test_the_first_page_begins_a_session_of_what_is_chosen(
    qtbot: QtBot, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app("")
    page = app.window.start_page
    app.start()
    assert app.session is None
    assert page.isVisible()
    assert not page.again.isVisible()
    page.engine.setCurrentText("rolling-mean")
    page.engine.textActivated.emit("rolling-mean")
    page.file_chosen.emit(str(CELLS))
    qtbot.waitUntil(lambda: shown_index(app) >= 0, timeout=TIMEOUT)
    assert app.window.viewer.isVisible()
    assert app.session is not None
    assert app.session.source.url == f"replay:{CELLS}"
    engine = app.window.status_line.engine.name
    qtbot.waitUntil(lambda: "rolling-mean" in engine.toolTip(), timeout=TIMEOUT)


def test_what_worked_is_offered_next_time_and_nothing_begins_by_itself(
    qtbot: QtBot, make_app: MakeApp, settings: WindowSettings
) -> None:
    app = make_app("scripted:")
    app.record(True)
    app.start()
    qtbot.waitUntil(lambda: shown_index(app) > 3, timeout=TIMEOUT)
    app.window.viewer.contrast.colour_map.setCurrentText("fire")
    qtbot.keyClick(app.window, QtCore.Qt.Key.Key_D)
    app.window.look.slice_choice = "maximum"
    app.window.look.time_stamp = "shown"
    qtbot.keyClick(app.window, QtCore.Qt.Key.Key_P)
    app.window.close()
    qtbot.waitUntil(lambda: not app.window.isVisible(), timeout=TIMEOUT)
    app.finish()

    again = make_app("")
    assert again.window.look.colour_map == "fire"
    assert again.window.look.folded == "details"
    assert again.window.look.slice_choice == "maximum"
    assert again.window.look.time_stamp == "shown"
    assert again.window.viewer.toolbar.map is TrustMap.UNCERTAINTY
    assert again.session is None
    assert not again.window.controls.record.isChecked()
    page = again.window.start_page
    assert page.last_time.toolTip() == "scripted:"
    qtbot.mouseClick(page.again, LEFT)
    qtbot.waitUntil(lambda: shown_index(again) > 3, timeout=TIMEOUT)
    assert again.session.recording is None


def test_what_fails_at_once_leads_back_to_the_first_page_and_is_not_remembered(
    qtbot: QtBot, make_app: MakeApp, settings: WindowSettings, tmp_path: Path
) -> None:
    app = make_app("")
    app.choose_source(f"replay:{tmp_path / 'missing.tif'}")
    qtbot.waitUntil(lambda: app.window.error.isVisible(), timeout=TIMEOUT)
    assert "missing.tif" in app.window.error.problem.text()
    qtbot.waitUntil(lambda: app.window.start_page.isVisible(), timeout=TIMEOUT)
    assert settings.source == ""
    app.choose_source("nonsense:")
    assert app.window.start_page.isVisible()
    app.choose_source("scripted:")
    qtbot.waitUntil(lambda: shown_index(app) > 3, timeout=TIMEOUT)
    assert app.window.viewer.isVisible()


def test_another_source_begins_when_the_one_before_is_finished(
    qtbot: QtBot, app: WindowApp
) -> None:
    app.start()
    qtbot.waitUntil(lambda: shown_index(app) > 3, timeout=TIMEOUT)
    first = app.session
    app.window.choices.file_chosen.emit(str(CELLS))
    qtbot.waitUntil(lambda: app.session is not first, timeout=TIMEOUT)
    assert first is not None
    assert first.state is State.STOPPED
    assert app.session.source.url == f"replay:{CELLS}"
    # Never an image of the one before.
    assert app.window.shown is None or app.window.shown.raw.shape == (96, 96)
    qtbot.waitUntil(lambda: app.window.shown is not None, timeout=TIMEOUT)
    assert app.window.shown.raw.shape == (96, 96)


def test_of_another_source_nothing_is_shown_or_kept_before_its_own_first_image_in_its_own_contrast(
    qtbot: QtBot, app: WindowApp, sources: list[ScriptedSource], settings: WindowSettings
) -> None:
    begun = threading.Event()

    def nearly_black() -> Iterator[Frame | None]:
        yield from takewhile(lambda _: not begun.is_set(), repeat(None))
        for index in count():
            frame = frame_of(index, ONE_STREAM, index)
            yield replace(frame, pixels=frame.pixels // 64)

    other = ScriptedSource(nearly_black(), interval=0.01)
    other.url = "scripted:nearly black"
    sources.insert(1, other)
    app.start()
    qtbot.waitUntil(lambda: shown_index(app) > 3, timeout=TIMEOUT)
    first, contrast = app.session, app.window.viewer.contrast
    assert contrast.limits[1] > 64
    app.choose_source("scripted:")
    qtbot.waitUntil(lambda: app.session is not first, timeout=TIMEOUT)
    assert app.window.shown is None
    app.snapshot()
    assert "No frame is restored yet" in app.window.error.problem.text()
    assert not settings.folder.exists()
    begun.set()
    qtbot.waitUntil(lambda: shown_index(app) > 3, timeout=TIMEOUT)
    assert contrast.limits[1] < 64


def test_neither_source_nor_engine_changes_under_a_recording(qtbot: QtBot, app: WindowApp) -> None:
    app.record(True)
    app.start()
    qtbot.waitUntil(lambda: state(app) == "● Recording", timeout=TIMEOUT)
    first = app.session
    app.drop(CELLS)
    assert "recording is running" in app.window.error.problem.text()
    app.window.pull_status()
    assert app.session is first
    assert first.state is State.LIVE


def test_a_file_or_an_engine_can_be_dropped(
    qtbot: QtBot, make_app: MakeApp, tmp_path: Path
) -> None:
    app = make_app("")
    app.drop(tmp_path)
    assert "neither" in app.window.error.problem.text()
    app.drop(BUNDLED / "mito-lite")
    assert app.window.start_page.engine.currentText() == str(BUNDLED / "mito-lite")
    app.drop(CELLS)
    qtbot.waitUntil(lambda: shown_index(app) >= 0, timeout=TIMEOUT)
    engine = app.window.status_line.engine.name
    qtbot.waitUntil(lambda: "mito-lite" in engine.toolTip(), timeout=TIMEOUT)


def test_the_plan_of_an_experiment_is_run_at_the_micro_manager_that_is_meant(
    make_app: MakeApp, settings: WindowSettings, tmp_path: Path
) -> None:
    plan = str(tmp_path / "plan.yaml")
    settings.source = "micromanager:4830,camera=Second,interval=2s"
    app = make_app("")
    # From the first page with its port, then from the menu: the one that was used last.
    app.window.plan_chosen.emit(plan, 4827)
    assert app._choice.source == f"micromanager:4827,experiment={plan}"
    app = make_app("")
    app.window.plan_chosen.emit(plan, 0)
    assert app._choice.source == f"micromanager:4830,camera=Second,experiment={plan}"
    app.window.plan_chosen.emit("a,b.yaml", 0)
    assert "comma" in app.window.error.problem.text()


def test_an_experiment_that_is_typed_is_run_and_what_is_no_time_refused(make_app: MakeApp) -> None:
    app, port = make_app(""), free_port()
    app.window.experiment_typed.emit(TypedExperiment("2s", "GFP, mCherry,", "30min"), port)
    expected = f"micromanager:{port},interval=2s,channels=GFP,channels=mCherry,duration=30min"
    assert app._choice.source == expected
    app.window.experiment_typed.emit(TypedExperiment("soon", "", ""), port)
    assert "'soon' is not a duration" in app.window.error.problem.text()
    app.window.experiment_typed.emit(TypedExperiment("1h", "", "long"), port)
    assert "such as for 2s" in app.window.error.fix.text()
    assert app._choice.source == expected
