"""What an engine expects of itself: in a session, in its recording, in one completed later."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from rich.console import Console
from typer.testing import CliRunner

import pssr_live
from acquisition import ReplaySource
from engines import UNCERTAINTY_FILE, Bundle, EngineError, IntensityScale, open_engine
from pssr_live.cli.main import app
from pssr_live.errors import UserError
from pssr_live.offline import finish_recording
from pssr_live.recording import Recorder, SessionRecord
from pssr_live.restoring import EngineChoice, EnginePool
from pssr_live.session import LiveSession, RestoredFrame
from pssr_live.trust import FIGURES, UNCERTAINTY
from tests.engines.uncertain_bundle import STATED
from tests.pssr_live.sessions import TIMEOUT, complete_recording, images
from tests.pssr_live.trust.scenes import SIDE, scanned, specimen

BACKEND = "onnxruntime"
QUIET = Console(quiet=True)


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven frames of spots that drift slowly."""
    path = tmp_path_factory.mktemp("uncertainty") / "cells.tif"
    frames = scanned([np.roll(specimen(), frame, 1) for frame in range(7)])
    tifffile.imwrite(path, frames, imagej=True, metadata={"axes": "TYX", "finterval": 0.5})
    return path


def record(cells: Path, bundle: Bundle, save: Path, *, asked: bool = True, **how: bool) -> None:
    choice = EngineChoice(str(bundle.path), BACKEND, uncertain=asked)
    session = LiveSession(ReplaySource(cells, rate="max"), choice, save=save, **how)
    session.start()
    assert session.wait(TIMEOUT)


@pytest.fixture(scope="module")
def whole(cells: Path, uncertain: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording to read only."""
    folder = tmp_path_factory.mktemp("whole") / "r"
    record(cells, uncertain, folder)
    return folder


def test_every_frame_of_a_recording_says_what_was_expected_of_it(
    whole: Path, uncertain: Bundle
) -> None:
    with pssr_live.open_recording(whole) as recording:
        expected = recording.figures[UNCERTAINTY]
        assert expected.shape == (7,)
        assert (expected > 0).all()
        assert np.isfinite(recording.figures["rse"]).all()
        assert recording.session.engine is not None
        noted = recording.session.engine.uncertainty
    assert noted is not None
    assert noted.level == STATED.level
    assert noted.digest == uncertain.manifest.files[UNCERTAINTY_FILE]


def test_who_does_not_ask_gets_the_same_pixels_and_verdicts_and_no_figure(
    cells: Path, uncertain: Bundle, whole: Path, tmp_path: Path
) -> None:
    record(cells, uncertain, tmp_path / "r", asked=False)
    np.testing.assert_array_equal(images(tmp_path / "r", "restored"), images(whole, "restored"))
    with (
        pssr_live.open_recording(tmp_path / "r") as plain,
        pssr_live.open_recording(whole) as asked,
    ):
        assert np.isnan(plain.figures[UNCERTAINTY]).all()
        assert plain.session.engine is not None
        assert plain.session.engine.uncertainty is None
        for name in FIGURES:
            np.testing.assert_array_equal(plain.figures[name], asked.figures[name])


def test_what_is_completed_later_gets_the_same_pixels_and_figures(
    cells: Path,
    uncertain: Bundle,
    whole: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop_after_three(recorder: Recorder, pixels: np.ndarray, acquired: float) -> None:
        if recorder.restored_written == 3:
            raise ValueError("the engine's room burns")
        append(recorder, pixels, acquired)

    append = Recorder.append_restored
    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "append_restored", stop_after_three)
        record(cells, uncertain, tmp_path / "cut")
    with pssr_live.open_recording(tmp_path / "cut") as cut:
        assert np.isnan(cut.figures[UNCERTAINTY]).sum() == 4
    assert complete_recording(tmp_path / "cut", "none", "auto", QUIET) == 7
    for name in ("raw", "restored"):
        before, after = ((folder / f"{name}.ome.tif") for folder in (whole, tmp_path / "cut"))
        np.testing.assert_array_equal(tifffile.imread(before), tifffile.imread(after))
    with pssr_live.open_recording(tmp_path / "cut") as cut, pssr_live.open_recording(whole) as live:
        for name in (*FIGURES, UNCERTAINTY):
            np.testing.assert_array_equal(cut.figures[name], live.figures[name])


def finish(folder: Path) -> int:
    choice = EngineChoice("none", BACKEND, uncertain=True)
    with EnginePool(most=1) as engines:
        return finish_recording(folder, choice, engines=engines, watch=lambda *_: None).frames


def test_of_raw_frames_alone_it_can_be_asked_later(
    cells: Path, uncertain: Bundle, whole: Path, tmp_path: Path
) -> None:
    record(cells, uncertain, tmp_path / "r", asked=False, save_restored=False)
    assert finish(tmp_path / "r") == 7
    with pssr_live.open_recording(tmp_path / "r") as later, pssr_live.open_recording(whole) as live:
        assert later.session.engine == live.session.engine
        np.testing.assert_array_equal(later.figures[UNCERTAINTY], live.figures[UNCERTAINTY])


def test_a_recording_has_it_for_all_frames_or_for_none(
    cells: Path, uncertain: Bundle, tmp_path: Path
) -> None:
    record(cells, uncertain, tmp_path / "r", asked=False)
    before = (tmp_path / "r" / "frames.csv").read_bytes()
    with pytest.raises(UserError, match="started without predicted uncertainty") as refused:
        finish(tmp_path / "r")
    assert "--uncertainty" in refused.value.fix
    assert f'--engine "{uncertain.path}"' in refused.value.fix
    assert (tmp_path / "r" / "frames.csv").read_bytes() == before


def test_a_table_of_an_earlier_version_gets_verdicts_and_no_uncertainty(
    cells: Path, uncertain: Bundle, whole: Path, tmp_path: Path
) -> None:
    record(cells, uncertain, tmp_path / "r", asked=False, save_restored=False)
    table = tmp_path / "r" / "frames.csv"
    lines = table.read_text(encoding="ascii").splitlines()
    kept = lines[0].split(",")
    kept = kept[: [name.strip() for name in kept].index(UNCERTAINTY)]
    earlier = "".join(",".join(line.split(",")[: len(kept)]) + "\n" for line in lines)
    table.write_text(earlier, encoding="ascii", newline="\n")
    with pytest.raises(UserError, match=r"no frames\.csv with a column for"):
        finish(tmp_path / "r")
    assert SessionRecord.read(tmp_path / "r").restored_frames == 0
    assert complete_recording(tmp_path / "r", str(uncertain.path), BACKEND, QUIET) == 7
    with pssr_live.open_recording(tmp_path / "r") as later, pssr_live.open_recording(whole) as live:
        assert UNCERTAINTY not in later.figures
        for name in FIGURES:
            np.testing.assert_array_equal(later.figures[name], live.figures[name])


def test_another_head_does_not_go_on_where_one_began(
    cells: Path, uncertain: Bundle, tmp_path: Path
) -> None:
    record(cells, uncertain, tmp_path / "r")
    (tmp_path / "r" / "restored.ome.tif").unlink()
    session = SessionRecord.read(tmp_path / "r")
    assert session.engine is not None
    assert session.engine.uncertainty is not None
    session.engine.uncertainty.digest = "0" * 64
    session.write(tmp_path / "r")
    with pytest.raises(UserError, match="another version of tiny-uncertain, SHA-256 000000000000"):
        finish(tmp_path / "r")


@pytest.mark.parametrize("recorded", [False, True])
def test_what_is_shown_has_the_map_of_its_own_frame_and_keeps_it(
    uncertain: Bundle, cells: Path, tmp_path: Path, recorded: bool
) -> None:
    session = LiveSession(
        ReplaySource(cells, rate="100", loop=True),
        EngineChoice(str(uncertain.path), BACKEND, uncertain=True),
        save=tmp_path / "r" if recorded else None,
    )
    session.start()
    seen: list[RestoredFrame] = []
    while len(seen) < 10 and not session.wait(0):
        frame = session.newest.wait(seen[-1].sequence if seen else -1, 0.2)
        if frame is not None:
            seen.append(frame)
    session.stop()
    assert session.wait(TIMEOUT)
    assert session.faults == []
    assert len(seen) == 10
    frames = tifffile.imread(cells)
    engine = open_engine(
        str(uncertain.path), backend=BACKEND, height=SIDE, width=SIDE, dtype="u2", uncertain=True
    ).engine
    for frame in seen:
        place = next(n for n, raw in enumerate(frames) if np.array_equal(raw, frame.raw))
        around = np.clip(np.arange(place - 2, place + 3), 0, len(frames) - 1)
        intensity = IntensityScale(frame.origin.engine.offset, frame.origin.engine.gain)
        engine.restore(frames[around], intensity)
        assert frame.trust is not None
        assert frame.trust.expected is not None
        half_width = frame.trust.expected.half_width
        np.testing.assert_array_equal(half_width, engine.half_width)
        assert not half_width.flags.writeable
    engine.close()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["live", "--source", "simulated:", "--engine", "bilinear"], "bilinear is a plain"),
        (["live", "--source", "simulated:", "--backend", "openvino-int8"], "OpenVINO int8 does"),
        (["demo", "--engine", "rolling-mean"], "rolling-mean is a plain"),
    ],
)
def test_what_cannot_is_refused_before_anything_opens(
    arguments: list[str], problem: str, uncertain: Bundle, tmp_path: Path
) -> None:
    folder = tmp_path / "r"
    if "--engine" not in arguments:
        arguments = [*arguments, "--engine", str(uncertain.path)]
    result = CliRunner().invoke(
        app, [*arguments, "--headless", "--uncertainty", "--save", str(folder)]
    )
    assert isinstance(result.exception, EngineError)
    assert problem in result.exception.problem
    assert not folder.exists()


def test_a_file_has_no_table_for_it(cells: Path) -> None:
    result = CliRunner().invoke(app, ["restore", str(cells), "--uncertainty"])
    assert isinstance(result.exception, UserError)
    assert "frames.csv" in result.exception.problem
    assert "pssr-live live --source" in result.exception.fix


def test_the_command_line_records_it(cells: Path, uncertain: Bundle, tmp_path: Path) -> None:
    source, engine = f"replay:{cells}", str(uncertain.path)
    words = ["live", "--source", source, "--engine", engine, "--backend", BACKEND, "--headless"]
    result = CliRunner().invoke(
        app, [*words, "--rate", "max", "--uncertainty", "--save", str(tmp_path / "r")]
    )
    assert result.exception is None
    noted = json.loads((tmp_path / "r" / "session.json").read_text(encoding="utf-8"))
    assert noted["engine"]["uncertainty"]["level"] == STATED.level
