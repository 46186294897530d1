"""A recording that was broken off at any moment is completed, or told in words why it can't be."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from rich.console import Console

from acquisition import SourceError
from pssr_live import open_recording
from pssr_live.errors import UserError
from pssr_live.offline import RestoreJob
from pssr_live.recording import SESSION_FILE, AskedRecord, FrameTable, SessionRecord
from pssr_live.recording.bigtiff import TiffAppender
from pssr_live.recording.tiff_pages import BigTiffPages
from pssr_live.restoring import EnginePool
from tests.pssr_live.scripted import ScriptedSource
from tests.pssr_live.sessions import complete_recording, restore_file, run

QUIET = Console(quiet=True)
FRAMES = 5
# Not the one that is usual: it has to be remembered.
ENGINE = "bilinear"
Write = tuple[str, int | None, bytes]
Scale = tuple[float, float]


def complete(folder: Path, *engine: str) -> int:
    """Complete it as `pssr-live restore FOLDER --engine ENGINE` does, or without an engine."""
    with EnginePool() as engines:
        job = RestoreJob(source=folder, output=None)
        return job.do(engines, lambda *_: None, engine=engine, backend="auto", force=False).frames


def writes_of(record: Callable[[], object]) -> list[Write]:
    """All writes of a recording in their order: file, place (None: the whole file), bytes."""
    noted: list[Write] = []
    lock = threading.Lock()

    def note_puts(patched: pytest.MonkeyPatch, kind: type[TiffAppender] | type[FrameTable]) -> None:
        put = kind._put

        def noting(self: Any, offset: int, content: bytes | memoryview) -> None:
            with lock:
                put(self, offset, content)
                noted.append((Path(self._file.name).name, offset, bytes(content)))

        patched.setattr(kind, "_put", noting)

    write_session = SessionRecord.write

    def noting_session(self: SessionRecord, folder: Path) -> None:
        with lock:
            write_session(self, folder)
            noted.append((SESSION_FILE, None, (folder / SESSION_FILE).read_bytes()))

    with pytest.MonkeyPatch.context() as patched:
        note_puts(patched, TiffAppender)
        note_puts(patched, FrameTable)
        patched.setattr(SessionRecord, "write", noting_session)
        record()
    return noted


@pytest.fixture(scope="module")
def writes(tmp_path_factory: pytest.TempPathFactory) -> list[Write]:
    folder = tmp_path_factory.mktemp("writes") / "r"

    def record() -> None:
        session = run(ScriptedSource(range(FRAMES)), engine=ENGINE, save=folder)
        assert session.faults == []

    return writes_of(record)


def replay(writes: list[Write], folder: Path) -> None:
    folder.mkdir()
    for name, offset, content in writes:
        if offset is None:
            (folder / name).write_bytes(content)
            continue
        with (folder / name).open("r+b" if (folder / name).exists() else "x+b") as file:
            file.seek(offset)
            file.write(content)


def raw_frames(folder: Path) -> int:
    try:
        with BigTiffPages(folder / "raw.ome.tif") as pages:
            return len(pages)
    except Exception:
        return 0


def verdicts(folder: Path) -> list[list[str]]:
    """All but the times, which a clock gave."""
    lines = (folder / "frames.csv").read_text(encoding="ascii").splitlines()
    kept = [n for n, name in enumerate(lines[0].split(",")) if not name.strip().endswith("_ms")]
    kept = [n for n in kept if lines[0].split(",")[n].strip() != "received_s"]
    return [[line.split(",")[n] for n in kept] for line in lines]


def words(path: Path) -> tuple[int, int]:
    """Number of frames as the OME-XML says it, and of its lines."""
    with tifffile.TiffFile(path) as tiff:
        xml = tiff.pages[0].description
    return int(re.findall(r'SizeT="(\d+)"', xml)[0]), xml.count("<Plane ")


def test_every_beginning_of_a_recording_s_writes_is_completed_or_told_to_hold_no_frame(
    writes: list[Write], tmp_path: Path
) -> None:
    @cache
    def expected(frames: int, scale: Scale | None) -> tuple[np.ndarray, list[list[str]]]:
        """What a recording of so many frames gives that was restored afterwards.

        With the scale that was written down before it was broken off: of more frames than are on
        disk, where the writer of frames was late.
        """
        folder = tmp_path / f"expected-{frames}-{scale}"
        source = ScriptedSource(range(frames))
        run(source, engine=ENGINE, save=folder, save_restored=False)
        record = SessionRecord.read(folder)
        if scale is not None and record.engine is not None:
            offset, gain = scale
            known = record.engine.model_copy(update={"offset": offset, "gain": gain})
            record.model_copy(update={"engine": known}).write(folder)
        complete(folder)
        return tifffile.imread(folder / "restored.ome.tif"), verdicts(folder)

    first_raw = next(n for n, (name, _, _) in enumerate(writes) if name == "raw.ome.tif")
    for count in range(first_raw + 1, len(writes) + 1):
        folder = tmp_path / f"cut-{count}"
        replay(writes[:count], folder)
        frames = raw_frames(folder)
        if not frames:
            for refused in (complete, open_recording):
                with pytest.raises(UserError, match="holds no frame"):
                    refused(folder)
            continue
        begun_with = SessionRecord.read(folder).engine
        scale = (begun_with.offset, begun_with.gain) if begun_with is not None else None
        assert complete(folder) == frames, count
        restored, told = expected(frames, scale)
        np.testing.assert_array_equal(
            tifffile.imread(folder / "restored.ome.tif").reshape(restored.shape), restored
        )
        assert verdicts(folder)[: frames + 1] == told, f"after {count} writes"
        for name in ("raw", "restored"):
            assert words(folder / f"{name}.ome.tif") == (frames, frames), f"{name} after {count}"
        record = SessionRecord.read(folder)
        assert record.engine is not None
        assert (record.state, record.engine.name) == ("complete", ENGINE)
        shutil.rmtree(folder)


def test_intervals_that_were_asked_for_are_predicted_where_a_kill_came_before_the_engine(
    writes: list[Write], tmp_path: Path
) -> None:
    folder = tmp_path / "r"
    replay([w for w in writes if w[0] != "restored.ome.tif"], folder)
    record = SessionRecord.read(folder)
    record.engine, record.state, record.restored_frames = None, "recording", 0
    record.asked = AskedRecord(engine="mito-lite", backend="onnxruntime", uncertain=True)
    record.write(folder)
    assert complete(folder) == FRAMES
    engine = SessionRecord.read(folder).engine
    assert engine is not None
    assert (engine.name, engine.backend) == ("mito-lite", "ONNX Runtime")
    assert engine.uncertainty is not None
    with open_recording(folder) as recording:
        assert np.isfinite(recording.figures["uncertainty"]).all()


def test_an_engine_named_now_takes_the_place_of_one_that_has_restored_nothing(
    writes: list[Write], tmp_path: Path
) -> None:
    folder = tmp_path / "r"
    replay([w for w in writes if w[0] != "restored.ome.tif"], folder)
    record = SessionRecord.read(folder)
    record.engine, record.state = None, "recording"
    record.write(folder)
    assert complete_recording(folder, "rolling-mean", "auto", QUIET) == FRAMES
    engine = SessionRecord.read(folder).engine
    assert engine is not None
    assert engine.name == "rolling-mean"


@pytest.mark.parametrize("failing", ["restored.ome.tif", "frames.csv"])
def test_a_close_that_fails_leaves_no_other_file_open_and_the_end_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    folder = tmp_path / "r"
    run(ScriptedSource(range(FRAMES)), engine=ENGINE, save=folder, save_restored=False)
    closed = []

    def noting(kind: type[TiffAppender] | type[FrameTable]) -> Callable[[Any], None]:
        close = kind.close

        def closing(self: Any) -> None:
            name = Path(self._file.name).name
            close(self)
            closed.append(name)
            if name == failing:
                raise OSError(5, "Input/output error")

        return closing

    with monkeypatch.context() as patched:
        for kind in (TiffAppender, FrameTable):
            patched.setattr(kind, "close", noting(kind))
        with pytest.raises(UserError, match="can't be written: Input/output error"):
            complete(folder)
    assert {"restored.ome.tif", "frames.csv"} <= set(closed)
    record = SessionRecord.read(folder)
    assert (record.state, record.restored_frames) == ("raw only", FRAMES)
    assert complete(folder) == FRAMES
    assert SessionRecord.read(folder).state == "complete"


def sorted_by_time_backwards(lines: list[str]) -> list[str]:
    return [lines[0], *sorted(lines[1:], reverse=True)]


def stripped(lines: list[str]) -> list[str]:
    return [",".join(cell.strip() for cell in line.split(",")) for line in lines]


def as_a_spreadsheet_on_windows(lines: list[str]) -> list[str]:
    first, *rest = stripped(sorted_by_time_backwards(lines))
    return ["\ufeff" + first, *(line + "\r" for line in rest)]


@pytest.mark.parametrize("edit", [sorted_by_time_backwards, stripped, as_a_spreadsheet_on_windows])
def test_a_table_that_was_sorted_or_stripped_is_read_and_completed_by_its_positions(
    tmp_path: Path, edit: Callable[[list[str]], list[str]]
) -> None:
    folder, whole = tmp_path / "r", tmp_path / "whole"
    # With a gap, which only the table knows of.
    source = ScriptedSource([0, 1, 2, 10, 11, 12])
    run(source, engine="rolling-mean", save=folder, save_restored=False)
    shutil.copytree(folder, whole)
    complete_recording(whole, "rolling-mean", "auto", QUIET)
    table = folder / "frames.csv"
    lines = edit(table.read_text(encoding="ascii").splitlines())
    table.write_bytes("".join(line + "\n" for line in lines).encode())
    with open_recording(folder) as recording:
        assert recording.indices.tolist() == [0, 1, 2, 10, 11, 12]
    complete_recording(folder, "rolling-mean", "auto", QUIET)
    for name in ("restored.ome.tif", "frames.csv"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes()


@pytest.mark.parametrize("how", ["semicolons", "a line deleted"])
def test_a_table_that_tells_frames_apart_no_more_is_refused(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "r"
    run(ScriptedSource(range(FRAMES)), engine=ENGINE, save=folder, save_restored=False)
    table = folder / "frames.csv"
    lines = table.read_text(encoding="ascii").splitlines()
    if how == "semicolons":
        lines = [line.replace(",", ";") for line in lines]
    else:
        del lines[3]
    text = "".join(line + "\n" for line in lines)
    table.write_text(text, encoding="ascii", newline="\n")
    with pytest.raises(SourceError, match="changed by another program") as told:
        complete(folder)
    assert "move this one out of the folder" in told.value.fix
    assert table.read_text(encoding="ascii") == text


def test_a_restored_file_that_was_cut_off_in_copying_is_completed(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    run(ScriptedSource(range(FRAMES)), engine=ENGINE, save=folder)
    restored = folder / "restored.ome.tif"
    before = tifffile.imread(restored)
    os.truncate(restored, 2 * restored.stat().st_size // 3)
    assert complete(folder) == FRAMES
    np.testing.assert_array_equal(tifffile.imread(restored), before)


def test_what_fails_before_the_first_frame_leaves_nothing_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "r"
    run(ScriptedSource(range(FRAMES)), engine=ENGINE, save=folder)
    output = tmp_path / "new" / "folder" / "o.ome.tif"

    def out_of_memory(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("engines.backends.baselines.Baseline.restore", out_of_memory)
        with pytest.raises(MemoryError):
            restore_file(folder / "raw.ome.tif", output, ENGINE, "auto", QUIET, force=False)
    assert not (tmp_path / "new").exists()
    restored = folder / "restored.ome.tif"
    with pytest.raises(UserError, match="restored already"):
        restore_file(restored, output, ENGINE, "auto", QUIET, force=False)
    assert not (tmp_path / "new").exists()
    assert json.loads((folder / SESSION_FILE).read_text("utf-8"))["state"] == "complete"
