"""What every test shares: windows are drawn offscreen, no example is timed, and Qt has patience.

PyTorch computes on one thread, also in processes that tests start: tiny networks are slower on
several, many times so where another worker computes beside it. What is compiled is kept, whatever
the environment says: hundreds of processes are started, and each would compile all of pssr-live.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from functools import partialmethod
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings
from pytestqt.qtbot import QtBot

if TYPE_CHECKING:
    from engines import Bundle

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["OMP_NUM_THREADS"] = "1"
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("untimed")

_PATIENCE_MS = 120_000
# Of few tests, each of which takes long.
_LONG_FILES = ("test_ablation.py", "test_bindings.py", "test_killed.py", "test_process_group.py")


class PatientBot(QtBot):
    """Waits as long as a slow machine may need; pytest-qt gives up after five seconds."""

    waitActive = partialmethod(QtBot.waitActive, timeout=_PATIENCE_MS)  # noqa: N815 - Qt's name
    waitExposed = partialmethod(QtBot.waitExposed, timeout=_PATIENCE_MS)  # noqa: N815 - Qt's name
    waitSignal = partialmethod(QtBot.waitSignal, timeout=_PATIENCE_MS)  # noqa: N815 - Qt's name
    waitUntil = partialmethod(QtBot.waitUntil, timeout=_PATIENCE_MS)  # noqa: N815 - Qt's name


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than cores: many tests wait for a process or a thread most of the time."""
    return 1 + (os.cpu_count() or 1)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while libraries are loaded, which stay, and never among them later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, and end with files of one test: no worker is the last for long.

    xdist itself goes by the number of tests alone.
    """
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path.name not in _LONG_FILES, -tests[item.path]))


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> QtBot:
    """pytest-qt's own, but patient."""
    return PatientBot(request)


@pytest.fixture(scope="session")
def uncertain(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A small engine that predicts its uncertainty; read only.

    It takes seconds to export, so the workers of a run share one.
    """
    from engines import load_bundle
    from tests.engines.conftest import made_here
    from tests.engines.uncertain_bundle import make_uncertain_bundle

    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "uncertain" / "tiny"
    with FileLock(shared / "uncertain.lock"):
        if not folder.exists():
            make_uncertain_bundle(shared / "uncertain-new" / "tiny")
            (shared / "uncertain-new").rename(folder.parent)
    return made_here(load_bundle(folder))


@pytest.fixture(scope="session", autouse=True)
def _own_state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is kept of our doings on this computer is neither read nor written by tests."""
    name = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_STATE_HOME"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(name, str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _hangups_reach_children() -> None:
    """Processes that tests start hear of a closed terminal, also if the tests outlive theirs.

    A signal that is ignored, as by nohup, is ignored by children too; one that is taken is not.
    """
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None and signal.getsignal(hangup) is signal.SIG_IGN:
        signal.signal(hangup, lambda *_: None)
