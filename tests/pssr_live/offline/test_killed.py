"""A restore that is killed, at any moment, is finished by the same command."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

from acquisition import Channel, read_rows
from pssr_live.errors import UserError
from pssr_live.offline import RestoreJob
from pssr_live.recording import SessionRecord
from pssr_live.recording.bigtiff import TiffAppender
from pssr_live.recording.images import is_without_frame
from pssr_live.restoring import EnginePool
from tests.pssr_live.offline.test_complete import complete, raw_frames, verdicts
from tests.pssr_live.offline.test_complete_streams import assert_alike, planes
from tests.pssr_live.offline.test_time_lapse import ENGINE, movie, read, restore, save
from tests.pssr_live.scripted import SMALL, ScriptedSource, frame_of
from tests.pssr_live.sessions import TIMEOUT
from tests.pssr_live.sessions import run as run_session

Moment = tuple[str, str, str, int]
Writes = list[tuple[int, bytes]]


def writes_of(monkeypatch: pytest.MonkeyPatch, action: Callable[[], object]) -> Writes:
    """Note each write to a TIFF."""
    writes: Writes = []
    put = TiffAppender._put

    def noted(self: TiffAppender, offset: int, content: bytes | memoryview) -> None:
        writes.append((offset, bytes(content)))
        put(self, offset, content)

    with monkeypatch.context() as patched:
        patched.setattr(TiffAppender, "_put", noted)
        action()
    return writes


def description(path: Path) -> str:
    with tifffile.TiffFile(path) as tiff:
        return tiff.pages[0].description


def assert_every_beginning_is_finished(
    writes: Writes, before: bytes | None, source: Path, fresh: Path
) -> None:
    """A kill leaves some first part of the writes; finish what each of them left."""
    expected, words = read(fresh), description(fresh).split()
    output = fresh.with_name("cut.ome.tif")
    for count in range(len(writes)):
        output.write_bytes(before or b"")
        with output.open("r+b") as file:
            for offset, content in writes[:count]:
                file.seek(offset)
                file.write(content)
        restore(source, output)
        np.testing.assert_array_equal(read(output), expected, f"after {count} writes")
        assert description(output).split() == words, f"after {count} writes"


def test_every_beginning_of_the_writes_is_finished_by_the_same_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, fresh = save(tmp_path / "cell.tif", movie(5)), tmp_path / "fresh.ome.tif"
    writes = writes_of(monkeypatch, lambda: restore(source, fresh))
    assert len(writes) > 5 * 4
    assert_every_beginning_is_finished(writes, None, source, fresh)


def test_so_is_every_beginning_of_going_on_with_a_file_that_grew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, grown = save(tmp_path / "cell.tif", movie(9)[:7]), tmp_path / "grown.ome.tif"
    restore(source, grown)
    before = grown.read_bytes()
    save(source, movie(9))
    writes = writes_of(monkeypatch, lambda: restore(source, grown))
    assert any(content == bytes(8) for _, content in writes)
    fresh = tmp_path / "fresh.ome.tif"
    restore(source, fresh)
    assert_every_beginning_is_finished(writes, before, source, fresh)


# Calls a function's original so many times, and is killed before or after the next call of it.
KILLED = """
import os, signal, sys
from importlib import import_module
from pathlib import Path

module, place, moment, calls, *command = sys.argv[1:]
holder = import_module(module)
*within, name = place.split(".")
for part in within:
    holder = getattr(holder, part)
original, seen = getattr(holder, name), []

def killed(*arguments, **options):
    seen.append(1)
    now = len(seen) > int(calls)
    if now and moment == "before":
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    result = original(*arguments, **options)
    if now:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    return result

setattr(holder, name, killed)
from pssr_live.cli.main import main
sys.argv = ["pssr-live", *command]
main()
"""
TIFF, ZARR = "pssr_live.recording.bigtiff", "pssr_live.recording.ome_zarr"
MOMENTS: dict[str, list[Moment]] = {
    "ome.tif": [
        (TIFF, "PlaneList.begin", "before", 0),
        (TIFF, "PlaneList.begin", "after", 0),
        (TIFF, "TiffAppender._directory", "before", 0),
        (TIFF, "PlaneList.count", "before", 3),
    ],
    "ome.zarr": [
        (ZARR, "_write_group", "before", 0),
        (ZARR, "_write_group", "after", 0),
        (ZARR, "_open", "after", 0),
        (ZARR, "_open", "after", 1),
    ],
}


def run_killed(runs: Iterable[tuple[Moment, tuple[object, ...]]]) -> None:
    """Run commands side by side, each until it is killed at its moment."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", KILLED, *map(str, (*moment, *command))],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for moment, command in runs
    ]
    try:
        assert {process.wait(TIMEOUT) for process in processes} == {-9}
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("ending", list(MOMENTS))
def test_killed_at_an_aimed_moment_it_is_finished_by_the_same_command(
    tmp_path: Path, ending: str
) -> None:
    if ending == "ome.zarr":
        pytest.importorskip("tensorstore")
    source = save(tmp_path / "cell.tif", movie(6))
    restore(source, tmp_path / "fresh.ome.tif")
    expected = read(tmp_path / "fresh.ome.tif")
    outputs = [tmp_path / f"killed-{number}.{ending}" for number in range(len(MOMENTS[ending]))]
    run_killed(
        (moment, ("restore", source, "--engine", ENGINE, "--output", output))
        for moment, output in zip(MOMENTS[ending], outputs, strict=True)
    )
    for moment, output in zip(MOMENTS[ending], outputs, strict=True):
        assert output.exists(), moment
        restore(source, output)
        np.testing.assert_array_equal(read(output), expected, str(moment))


def test_a_chunk_that_a_kill_left_uncounted_is_no_frame(tmp_path: Path) -> None:
    pytest.importorskip("tensorstore")
    source, output = save(tmp_path / "cell.tif", movie(6)), tmp_path / "o.ome.zarr"
    restore(source, output)
    expected = read(output)
    metadata = output / "0" / "zarr.json"
    text = metadata.read_text(encoding="utf-8")
    assert '"shape":[6,' in text.replace(" ", "").replace("\n", "")
    shutil.rmtree(output / "0" / "c" / "4")
    for position in (1, 2, 3, 5):
        shutil.rmtree(output / "0" / "c" / str(position))
    metadata.write_text(text.replace("6,", "0,", 1), encoding="utf-8")
    restore(source, output)
    np.testing.assert_array_equal(read(output), expected)


def test_what_another_program_left_half_written_is_kept(tmp_path: Path) -> None:
    """A BigTIFF whose first page is not linked yet may hold somebody's pixels."""
    source = save(tmp_path / "cell.tif", movie(6))
    for name, content in {
        "tiff": b"II+\0\x08\0\0\0" + bytes(8) + os.urandom(4000),
        "text": b"precious",
    }.items():
        output = tmp_path / f"{name}.ome.tif"
        output.write_bytes(content)
        with pytest.raises(Exception, match="already exists"):
            restore(source, output)
        assert output.read_bytes() == content


NOTES, TABLE = "pssr_live.recording.session_notes", "pssr_live.recording.frame_table"
OF_A_RECORDING: list[Moment] = [
    # The engine is open, and not yet noted.
    (NOTES, "SessionNotes.note_engine", "before", 0),
    # Restored pixels are in the file, their verdict is not in the table.
    (TABLE, "FrameTable.complete", "before", 2),
    # A page is linked, and not yet counted in the OME-XML.
    (TIFF, "PlaneList.count", "before", 3),
]


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_a_recording_killed_at_an_aimed_moment_is_completed_as_if_it_were_not(
    tmp_path: Path,
) -> None:
    source = save(tmp_path / "cell.tif", movie(8))
    folders = [tmp_path / f"killed-{number}" for number in range(len(OF_A_RECORDING))]
    live = ("live", "--source", f"replay:{source}", "--rate", "max", "--headless")
    run_killed(
        (moment, (*live, "--engine", "bilinear", "--save", folder))
        for moment, folder in zip(OF_A_RECORDING, folders, strict=True)
    )
    for moment, folder in zip(OF_A_RECORDING, folders, strict=True):
        with EnginePool() as engines:
            job = RestoreJob(source=folder, output=None)
            job.do(engines, lambda *_: None, engine=(), backend="auto", force=False)
        record = SessionRecord.read(folder)
        assert record.engine is not None
        assert (record.state, record.engine.name) == ("complete", "bilinear"), moment
        raw = folder / "raw.ome.tif"
        fresh = tmp_path / f"{folder.name}-fresh.ome.tif"
        restore(raw, fresh, "bilinear")
        np.testing.assert_array_equal(read(folder / "restored.ome.tif"), read(fresh))
        assert description(raw).count("<Plane ") == len(read(raw))
        lines = (folder / "frames.csv").read_text(encoding="ascii").splitlines()
        light = [name.strip() for name in lines[0].split(",")].index("light")
        judged = [bool(line.split(",")[light].strip()) for line in lines[1 : 1 + len(read(raw))]]
        assert all(judged), moment


# Two channels of two slices, and what is written of them at any moment.
STREAMS = replace(
    SMALL, height=8, width=16, channels=(Channel("GFP"), Channel("mCherry")), slices=2, z_step_um=1
)


def random_moment(chance: random.Random) -> Moment:
    """A write of raw or restored frames, or of a line of the table, before or after it is done."""
    place = chance.choice(
        [(TIFF, "TiffAppender._put"), (TIFF, "PlaneList.count"), (TABLE, "FrameTable._put")]
    )
    return *place, chance.choice(["before", "after"]), chance.randrange(30)


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_a_recording_of_several_streams_killed_at_any_moment_is_whole_as_far_as_it_goes(
    tmp_path: Path,
) -> None:
    frames = [
        frame_of(1000 * number + index, stream, index, STREAMS)
        for index in range(8)
        for number, stream in enumerate(STREAMS.streams)
    ]
    run_session(ScriptedSource(frames, STREAMS), save=tmp_path / "source", save_restored=False)
    seed = random.SystemRandom().randrange(2**32)
    chance = random.Random(seed)
    moments = [random_moment(chance) for _ in range(4)]
    told = f"seed {seed}: {moments}"
    folders = [tmp_path / f"killed-{number}" for number in range(len(moments))]
    source = f"replay:{tmp_path / 'source' / 'raw.ome.tif'}"
    live = ("live", "--source", source, "--rate", "max", "--headless", "--engine", "bilinear")
    run_killed(
        (moment, (*live, "--save", folder)) for moment, folder in zip(moments, folders, strict=True)
    )
    expected = planes(tmp_path / "source" / "raw.ome.tif")
    for folder in folders:
        rows = list(read_rows(folder / "frames.csv"))
        if is_without_frame(folder / "raw.ome.tif"):
            with pytest.raises(UserError, match="holds no frame"):
                complete(folder)
            continue
        raw = planes(folder / "raw.ome.tif")
        # A page that is linked and not yet placed is there for whoever reads pages.
        pages = raw_frames(folder)
        assert len(raw) <= pages <= len(raw) + 1, told
        assert pages <= len(rows) <= pages + 1, told
        assert all((expected[plane] == pixels).all() for plane, pixels in raw.items()), told
        complete(folder)
        assert len(planes(folder / "raw.ome.tif")) == pages, told
        assert SessionRecord.read(folder).state == "complete", told
        # What the undisturbed run gives of the same frames.
        whole = folder.with_name(f"{folder.name}-whole")
        run_session(ScriptedSource(frames[:pages], STREAMS), engine="bilinear", save=whole)
        assert_alike(planes(folder / "restored.ome.tif"), planes(whole / "restored.ome.tif"))
        assert verdicts(folder)[: pages + 1] == verdicts(whole), told
