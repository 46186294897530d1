"""Verdicts in a live session, in its recording, and in a recording completed later."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from rich.console import Console

from acquisition import ReplaySource
from engines import Baseline
from pssr_live.recording import Recorder, SessionRecord
from pssr_live.recording.frame_table import _STAGE_COLUMNS
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession, follow_to_end
from pssr_live.trust import FIGURES, Light
from tests.pssr_live.sessions import TIMEOUT, complete_recording, no_thread_is_left, run
from tests.pssr_live.trust.scenes import FORMAT, scanned, specimen


@pytest.fixture(autouse=True)
def no_thread_is_left_behind() -> Iterator[None]:
    with no_thread_is_left():
        yield


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven frames of spots that drift slowly."""
    path = tmp_path_factory.mktemp("trust") / "cells.tif"
    frames = scanned([np.roll(specimen(), frame, 1) for frame in range(7)])
    tifffile.imwrite(
        path,
        frames,
        imagej=True,
        resolution=(5, 5),
        metadata={"axes": "TYX", "unit": "um", "finterval": FORMAT.interval_s},
    )
    return path


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "frames.csv").open(newline="", encoding="ascii") as file:
        return [
            {name.strip(): value.strip() for name, value in row.items()}
            for row in csv.DictReader(file)
        ]


def test_every_restored_frame_is_judged_and_the_verdict_recorded(
    cells: Path, tmp_path: Path
) -> None:
    session = run(ReplaySource(cells, rate="max"), save=tmp_path / "r", engine="mito-lite")
    assert session.faults == []
    rows = table(tmp_path / "r")
    assert len(rows) == 7
    for row in rows:
        assert row["light"] == "green", row
        assert 0.4 < float(row["rse_relative"]) < 1.2
        assert all(math.isfinite(float(row[name])) for name in FIGURES)
        assert float(row["trust_ms"]) > 0
    assert session.statistics.verdicts() == [(Light.GREEN, 7, "")]
    assert session.statistics.snapshot().light is Light.GREEN


def test_what_is_completed_later_gets_the_same_verdicts(
    cells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(
        ReplaySource(cells, rate="max"),
        save=tmp_path / "whole",
        engine="mito-lite",
        backend="onnxruntime",
    )

    def stop_after_three(recorder: Recorder, pixels: np.ndarray, acquired: float) -> None:
        if recorder.restored_written == 3:
            raise ValueError("the engine's room burns")
        append(recorder, pixels, acquired)

    append = Recorder.append_restored
    monkeypatch.setattr(Recorder, "append_restored", stop_after_three)
    run(
        ReplaySource(cells, rate="max"),
        save=tmp_path / "cut",
        engine="mito-lite",
        backend="onnxruntime",
    )
    monkeypatch.undo()
    assert SessionRecord.read(tmp_path / "cut").restored_frames == 3
    assert not table(tmp_path / "cut")[3]["light"]
    complete_recording(tmp_path / "cut", "mito-lite", "onnxruntime", Console(quiet=True))
    whole, cut = table(tmp_path / "whole"), table(tmp_path / "cut")
    for number, (live, later) in enumerate(zip(whole, cut, strict=True)):
        for name in (*FIGURES, "light", "cause"):
            assert later[name] == live[name]
        if number >= 3:
            assert not any(later[name] for name in _STAGE_COLUMNS)


def test_what_is_shown_carries_its_verdict_and_map(cells: Path) -> None:
    session = run(ReplaySource(cells, rate="max"), engine="mito-lite")
    frame = session.newest.take(-1)
    assert frame is not None
    assert frame.trust is not None
    residual = frame.trust.map_of(frame.raw.shape)
    assert residual.shape == frame.raw.shape
    assert residual.dtype == np.float32


def test_an_engine_that_shows_what_is_not_there_is_told(
    cells: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    restore = Baseline.restore

    def with_a_ghost(self: Baseline, *arguments: object) -> np.ndarray:
        out = restore(self, *arguments)
        out[100:140, 80:120] += 900
        return out

    monkeypatch.setattr(Baseline, "restore", with_a_ghost)
    session = LiveSession(ReplaySource(cells, rate="max"), EngineChoice("bilinear"))
    session.start()
    assert session.wait(TIMEOUT)
    now = session.statistics.snapshot()
    assert now.light is Light.RED
    assert "shows something that was not measured" in now.light_reason
    follow_to_end(session, None, Console(width=200))
    told = capsys.readouterr().out
    assert "Can the restored frames be believed?" in told
    assert "red" in told
