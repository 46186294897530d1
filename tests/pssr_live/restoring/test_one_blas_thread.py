"""Linear algebra beside an engine."""

from __future__ import annotations

from pathlib import Path

from threadpoolctl import threadpool_info

from tests.pssr_live.scripted import ScriptedSource
from tests.pssr_live.sessions import run


def test_a_session_leaves_the_cores_to_its_engine(tmp_path: Path) -> None:
    run(ScriptedSource(range(6)), save=tmp_path / "cell")
    numpy_s = [pool for pool in threadpool_info() if "numpy" in pool["filepath"]]
    assert all(pool["num_threads"] == 1 for pool in numpy_s)
