"""Many files at once: here, and on a Dask cluster."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from rich.console import Console

from engines import Selection
from pssr_live.errors import UserError
from pssr_live.offline import RestoreJob, find_jobs, restore_on_dask, restore_one_by_one
from pssr_live.offline.dask_cluster import LOCAL, close_cluster
from pssr_live.offline.report import RestoreReport
from pssr_live.recording import Claim, SessionRecord
from pssr_live.recording.bigtiff import TiffAppender
from pssr_live.recording.tiff_pages import BigTiffPages
from pssr_live.restoring import EngineChoice, engine_pool
from pssr_live.session import LiveSession
from tests.places import DATA
from tests.pssr_live.scripted import ScriptedSource
from tests.pssr_live.sessions import TIMEOUT, restore_file, wait_until

ENGINE = "rolling-mean"


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """Two real time-lapses, a damaged one, and a recording that lost its last restored frames."""
    lab = tmp_path / "lab"
    lab.mkdir()
    for name in ("hela_mitochondria", "lysosomes"):
        shutil.copy(DATA / f"{name}.tif", lab)
    (lab / "damaged.tif").write_bytes((DATA / "lysosomes.tif").read_bytes()[:2000])
    session = LiveSession(ScriptedSource(range(20)), EngineChoice(ENGINE), save=lab / "recording")
    session.start()
    assert session.wait(TIMEOUT)
    (lab / "recording" / "restored.ome.tif").unlink()
    return lab


def quiet() -> Console:
    return Console(quiet=True)


def restored_alone(path: Path, folder: Path) -> np.ndarray:
    output = folder / f"alone-{path.stem}.ome.tif"
    restore_file(path, output, ENGINE, "auto", quiet(), force=False)
    return tifffile.imread(output)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def assert_all_but_the_damaged_one_are_restored(lab: Path, out: Path, alone: Path) -> None:
    for name in ("hela_mitochondria", "lysosomes"):
        np.testing.assert_array_equal(
            tifffile.imread(out / f"{name}-restored.ome.tif"),
            restored_alone(DATA / f"{name}.tif", alone),
        )
    record = SessionRecord.read(lab / "recording")
    assert (record.state, record.restored_frames) == ("complete", 20)
    assert sorted(path.name for path in out.iterdir()) == [
        "hela_mitochondria-restored.ome.tif",
        "lysosomes-restored.ome.tif",
    ]


def test_a_bad_file_is_told_at_the_end_and_stops_no_other(
    lab: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = find_jobs([lab], tmp_path / "out")
    with pytest.raises(UserError, match="1 input was not restored"):
        restore_one_by_one(jobs, Console(width=200), engine=(ENGINE,), backend="auto", force=False)
    said = capsys.readouterr().out
    assert "damaged.tif is damaged" in said.splitlines()[-1]
    assert "4/4 files" in said
    assert_all_but_the_damaged_one_are_restored(lab, tmp_path / "out", tmp_path)


def test_what_is_done_is_left_as_it_is_and_what_is_half_done_is_gone_on_with(
    lab: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (lab / "damaged.tif").unlink()
    jobs = find_jobs([lab], tmp_path / "out")
    restore_one_by_one(jobs, quiet(), engine=(ENGINE,), backend="auto", force=False)
    whole = contents(tmp_path / "out") | contents(lab)
    half = tmp_path / "out" / "lysosomes-restored.ome.tif"
    cut_off(half, 3)
    capsys.readouterr()
    restore_one_by_one(jobs, Console(width=200), engine=(ENGINE,), backend="auto", force=False)
    said = capsys.readouterr().out
    assert said.count("were restored already") == 2
    assert "8 frames restored, 5 of them now" in said
    assert contents(tmp_path / "out") | contents(lab) == whole


def cut_off(path: Path, frames: int) -> None:
    """As a process killed while it wrote the next frame leaves it."""
    with BigTiffPages(path) as pages:
        layout = pages.layout
    with path.open("r+b") as file:
        file.seek(layout.link_to(frames))
        file.write(bytes(8))
        file.truncate(layout.page(frames) + 1000)


def test_an_output_of_something_else_is_never_written_over(tmp_path: Path) -> None:
    output = tmp_path / "cells-restored.ome.tif"
    first, second = tmp_path / "a" / "cells.tif", tmp_path / "b" / "cells.tif"
    for path, name in ((first, "lysosomes"), (second, "hela_mitochondria")):
        path.parent.mkdir()
        shutil.copy(DATA / f"{name}.tif", path)
    restore_file(first, output, ENGINE, "auto", quiet(), force=False)
    before = output.read_bytes()
    with pytest.raises(UserError, match="--force"):
        restore_file(second, output, ENGINE, "auto", quiet(), force=False)
    with pytest.raises(UserError, match="--force"):
        restore_file(first, output, "bilinear", "auto", quiet(), force=False)
    assert output.read_bytes() == before
    restore_file(second, output, ENGINE, "auto", quiet(), force=True)
    assert len(tifffile.imread(output)) == 12
    (tmp_path / "notes.ome.tif").write_bytes(b"precious")
    with pytest.raises(UserError, match="--force"):
        restore_file(first, tmp_path / "notes.ome.tif", ENGINE, "auto", quiet(), force=False)
    with pytest.raises(UserError, match="restored already"):
        restore_file(output, tmp_path / "twice.ome.tif", ENGINE, "auto", quiet(), force=False)


def test_an_output_that_another_process_is_writing_is_refused(tmp_path: Path) -> None:
    output = tmp_path / "o.ome.tif"
    with Claim.on_file(output), pytest.raises(UserError, match="Another pssr-live"):
        restore_file(DATA / "lysosomes.tif", output, ENGINE, "auto", quiet(), force=False)


def test_a_disk_that_fills_up_leaves_what_can_be_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "o.ome.tif"
    source = DATA / "lysosomes.tif"
    put = TiffAppender._put
    with monkeypatch.context() as patched:

        def full(appender: TiffAppender, offset: int, content: bytes | memoryview) -> None:
            if offset > 2_000_000:
                raise OSError(28, "No space left on device")
            put(appender, offset, content)

        patched.setattr(TiffAppender, "_put", full)
        with pytest.raises(UserError, match="goes on where it stopped"):
            restore_file(source, output, ENGINE, "auto", quiet(), force=False)
    with tifffile.TiffFile(output) as written:
        assert 0 < len(written.pages) < 8
    restore_file(source, output, ENGINE, "auto", quiet(), force=False)
    np.testing.assert_array_equal(tifffile.imread(output), restored_alone(source, tmp_path))


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """A real cluster of two worker processes."""
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    )
    yield cluster.scheduler_address
    close_cluster(cluster)


def test_on_a_cluster_the_same_comes_out_and_a_bad_file_stops_no_other(
    lab: Path,
    tmp_path: Path,
    scheduler: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    news = []
    frames = RestoreReport.frames

    def heard(report: RestoreReport, job: RestoreJob, done: int, total: int) -> None:
        news.append((job.source.name, total))
        frames(report, job, done, total)

    monkeypatch.setattr(RestoreReport, "frames", heard)
    jobs = find_jobs([lab], tmp_path / "out")
    with pytest.raises(UserError, match="1 input was not restored"):
        restore_on_dask(
            jobs, scheduler, Console(width=200), engine=(ENGINE,), backend="auto", force=False
        )
    said = capsys.readouterr().out
    assert "damaged.tif is damaged" in said.splitlines()[-1]
    assert "4/4 files" in said
    assert_all_but_the_damaged_one_are_restored(lab, tmp_path / "out", tmp_path)
    assert ("hela_mitochondria.tif", 12) in news
    assert ("recording", 20) in news
    (lab / "damaged.tif").unlink()
    before = contents(tmp_path / "out")
    cut_off(tmp_path / "out" / "lysosomes-restored.ome.tif", 3)
    jobs = find_jobs([lab], tmp_path / "out")
    restore_on_dask(
        jobs, scheduler, Console(width=200), engine=(ENGINE,), backend="auto", force=False
    )
    assert capsys.readouterr().out.count("were restored already") == 2
    assert contents(tmp_path / "out") == before


def test_each_channel_has_its_engine_on_a_cluster_too(tmp_path: Path, scheduler: str) -> None:
    pixels = np.random.default_rng(3).integers(0, 4000, (6, 2, 24, 32)).astype(np.uint16)
    said = {"axes": "TCYX", "Channel": {"Name": ["GFP", "mCherry"]}}
    tifffile.imwrite(
        tmp_path / "two.ome.tif", pixels, ome=True, photometric="minisblack", metadata=said
    )
    engines = ("GFP=bilinear", "mCherry=rolling-mean")
    for folder, restore in (("dask", partial(restore_on_dask, address=scheduler)), ("here", None)):
        jobs = find_jobs([tmp_path / "two.ome.tif"], tmp_path / folder)
        run = restore or restore_one_by_one
        run(jobs, console=quiet(), engine=engines, backend="auto", force=False)
    by_dask, here = (
        tifffile.imread(tmp_path / folder / "two-restored.ome.tif") for folder in ("dask", "here")
    )
    assert by_dask.shape == (6, 2, 96, 128)
    np.testing.assert_array_equal(by_dask, here)


def test_without_an_address_processes_of_this_computer_restore(tmp_path: Path) -> None:
    jobs = find_jobs([DATA / "lysosomes.tif"], tmp_path / "out")
    restore_on_dask(jobs, LOCAL, quiet(), engine=(ENGINE,), backend="auto", force=False)
    np.testing.assert_array_equal(
        tifffile.imread(tmp_path / "out" / "lysosomes-restored.ome.tif"),
        restored_alone(DATA / "lysosomes.tif", tmp_path),
    )


def test_no_scheduler_is_told_with_the_command_that_starts_one(lab: Path) -> None:
    dask = pytest.importorskip("dask")
    jobs = find_jobs([lab], None)
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "0.5s"}),
        pytest.raises(UserError, match="dask scheduler"),
    ):
        restore_on_dask(
            jobs, "tcp://127.0.0.1:1", quiet(), engine=(ENGINE,), backend="auto", force=False
        )


def test_an_engine_that_takes_its_time_to_be_opened_is_told_in_a_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, open_engine = io.StringIO(), engine_pool.open_engine

    def late(*arguments: Any, on_trial: Callable[[str], object], **options: Any) -> Selection:
        wait_until(lambda: f"Opening the engine {ENGINE}" in written.getvalue())
        on_trial("trying a card")
        wait_until(lambda: f"Opening the engine {ENGINE}: trying a card" in written.getvalue())
        return open_engine(*arguments, **options)

    monkeypatch.setattr(engine_pool, "open_engine", late)
    jobs = find_jobs([DATA / "lysosomes.tif"], tmp_path / "o.ome.tif")
    console = Console(file=written, width=40)
    restore_one_by_one(jobs, console, engine=(ENGINE,), backend="auto", force=False)
    assert "frames restored" in written.getvalue()
