"""A window and its sources."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from acquisition import FrameSource, open_source
from pssr_live.restoring import ChannelEngines
from pssr_live.session import LiveSession
from pssr_live.window import Choice, WindowApp, no_settings
from pssr_live.window.settings import WindowSettings
from tests.pssr_live.scripted import ScriptedSource
from tests.pssr_live.window.screen import TIMEOUT, MakeApp


@pytest.fixture
def sources() -> list[ScriptedSource]:
    """What ``scripted:`` sessions of a test read from, in turn."""
    return [ScriptedSource(range(100_000), interval=0.01) for _ in range(3)]


@pytest.fixture
def settings(tmp_path: Path) -> WindowSettings:
    settings = no_settings(tmp_path)
    settings.folder = tmp_path / "recordings"
    return settings


@pytest.fixture
def make_app(
    qtbot: QtBot, sources: list[ScriptedSource], settings: WindowSettings
) -> Iterator[MakeApp]:
    apps: list[WindowApp] = []

    def make_session(choice: Choice, folder: Path | None) -> LiveSession:
        source: FrameSource = (
            sources.pop(0)
            if choice.source == "scripted:"
            else open_source(choice.source, rate="50", loop=choice.source.startswith("replay:"))
        )
        return LiveSession(source, ChannelEngines.parse_line(choice.engine), save=folder)

    def make(source: str) -> WindowApp:
        app = WindowApp(make_session, Choice(source, "bilinear"), settings=settings)
        apps.append(app)
        qtbot.addWidget(app.window)
        app.window.show()
        return app

    yield make
    for app in apps:
        app.stop()
        if app.session is not None:
            assert app.session.wait(TIMEOUT / 1000)
        app.window.close()
        app.finish()


@pytest.fixture
def app(make_app: MakeApp) -> WindowApp:
    return make_app("scripted:")
