"""TensorRT plans built from the window, by the real builder where it is installed."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engines import EngineError, list_plans, load_bundle, nvidia
from engines.bundle import BUNDLED
from engines.nvidia import Device, Library
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession
from pssr_live.window import Choice, WindowApp, no_settings
from pssr_live.window.tensorrt import PlanBuilding
from tests.pssr_live.scripted import ScriptedSource

TIMEOUT = 120_000
builds = pytest.mark.skipif(
    importlib.util.find_spec("tensorrt_rtx") is None, reason="tensorrt-rtx is not installed"
)


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    """An engine of this test's own, to be written to."""
    return shutil.copytree(BUNDLED / "mito-lite-fast", tmp_path / "my engine")


@pytest.fixture
def make_app(qtbot: QtBot, engine: Path, tmp_path: Path) -> Iterator[Callable[[], WindowApp]]:
    apps: list[WindowApp] = []

    def make_session(choice: Choice, folder: Path | None) -> LiveSession:
        source = ScriptedSource(range(100_000), interval=0.05)
        # Not auto, which would try the GPU that is only said to be there.
        return LiveSession(source, EngineChoice(choice.engine, "openvino-f32"), save=folder)

    def make() -> WindowApp:
        app = WindowApp(
            make_session, Choice("scripted:", str(engine)), settings=no_settings(tmp_path)
        )
        apps.append(app)
        qtbot.addWidget(app.window)
        app.window.show()
        app.start()

        def is_shown() -> None:
            assert app.session is not None
            assert not app.session.faults
            assert app.window.shown is not None, (app.session.state, app.session.opening)

        qtbot.waitUntil(is_shown, timeout=TIMEOUT)
        return app

    yield make
    for app in apps:
        app.stop()
        assert app.session is not None
        assert app.session.wait(TIMEOUT)
        app.window.close()
        app.finish()


@pytest.fixture
def rtx(monkeypatch: pytest.MonkeyPatch) -> None:
    """A graphics card that is only said to be there: plans for it can be built all the same."""
    monkeypatch.setattr(nvidia, "find_cuda", lambda: None)
    monkeypatch.setattr(nvidia, "find_device", lambda _: Device("NVIDIA RTX A4000", "8.6"))
    if importlib.util.find_spec("tensorrt_rtx") is None:
        library = Library("tensorrt-rtx", "1.7", None)
        monkeypatch.setattr(nvidia, "find_tensorrt", lambda *_: library)
    monkeypatch.setattr("pssr_live.window.app.PlanBuilding", partial(PlanBuilding, ["8.6"]))


def entry(app: WindowApp) -> str:
    app.window.pull_status()
    return app.window.choices.engine_work.text()


def test_without_a_card_the_menu_says_why_there_is_no_plan(
    qtbot: QtBot, make_app: Callable[[], WindowApp]
) -> None:
    try:
        nvidia.find_device(nvidia.find_cuda())
        nvidia.find_tensorrt()
    except EngineError:
        pass
    else:
        pytest.skip("there is a card")
    app = make_app()
    qtbot.waitUntil(lambda: entry(app).startswith("No TensorRT plan: T"), timeout=TIMEOUT)
    action = app.window.choices.engine_work
    assert "nstall" in action.toolTip()
    assert action.isVisible()
    assert not action.isEnabled()


def test_a_build_that_fails_is_told_with_its_fix(
    qtbot: QtBot,
    make_app: Callable[[], WindowApp],
    engine: Path,
    rtx: None,
) -> None:
    app = make_app()
    qtbot.waitUntil(lambda: entry(app).startswith("Build a TensorRT plan"), timeout=TIMEOUT)
    (engine / "model.onnx").unlink()
    app.window.choices.engine_work.trigger()
    qtbot.waitUntil(lambda: "model.onnx" in app.window.error.problem.text(), timeout=TIMEOUT)
    assert app.window.error.fix.text()
    assert "Building" not in app.window.news.message.toolTip()


def test_a_build_can_be_given_up(
    qtbot: QtBot, make_app: Callable[[], WindowApp], engine: Path, rtx: None
) -> None:
    app = make_app()
    qtbot.waitUntil(lambda: entry(app).startswith("Build a TensorRT plan"), timeout=TIMEOUT)
    assert "graphics card can run the engine" in app.window.news.message.toolTip()
    work = app.window.choices.engine_work
    work.trigger()
    assert work.text() == "Cancel building the TensorRT plan"
    assert "Building a TensorRT plan of" in app.window.news.message.toolTip()
    assert app.window.news.progress.isVisible()
    work.trigger()
    assert entry(app).startswith("Build a TensorRT plan")
    assert not app.window.error.isVisible()
    assert list_plans(load_bundle(engine)) == []


@builds
def test_a_plan_is_built_and_the_engine_opened_anew(
    qtbot: QtBot, make_app: Callable[[], WindowApp], engine: Path, rtx: None
) -> None:
    app = make_app()
    qtbot.waitUntil(lambda: entry(app).startswith("Build a TensorRT plan"), timeout=TIMEOUT)
    first = app.session
    app.window.choices.engine_work.trigger()
    qtbot.waitUntil(lambda: "Built a TensorRT plan" in news(app), timeout=TIMEOUT)
    (plan,) = list_plans(load_bundle(engine))
    assert plan.record.key.targets == ("8.6",)
    assert app.session is not None
    qtbot.waitUntil(lambda: app.session is not first, timeout=TIMEOUT)
    qtbot.waitUntil(lambda: "there is one already" in entry(app), timeout=TIMEOUT)


def news(app: WindowApp) -> str:
    return app.window.news.message.toolTip()
