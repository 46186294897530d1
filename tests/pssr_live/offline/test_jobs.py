"""What `pssr-live restore INPUT...` takes for inputs, and what it calls the outputs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pssr_live.errors import UserError
from pssr_live.offline import Outcome, RestoreJob, find_jobs
from pssr_live.offline.jobs import _output_names
from pssr_live.recording import ImageFormat, SessionRecord
from pssr_live.restoring import EnginePool
from tests.pssr_live.scripted import ScriptedSource
from tests.pssr_live.sessions import run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Files as a lab has them; only their names matter here."""
    for name in (
        "monday/cell.tif",
        "monday/cell.ome.tif",
        "monday/old-restored.ome.tif",
        "monday/notes.txt",
        "monday/.hidden.tif",
        "tuesday/cell.TIF",
        "recordings/r-1/session.json",
        "recordings/r-1/raw.ome.tif",
        "recordings/r-2/raw.ome.tif",
        "recordings/other/cell.tif",
        "recordings/single.tiff",
        "empty/notes.txt",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def names(jobs: list[RestoreJob], root: Path) -> list[tuple[str, str | None]]:
    return [
        (
            job.source.relative_to(root).as_posix(),
            job.output.relative_to(root).as_posix() if job.output else None,
        )
        for job in jobs
    ]


def test_a_file_is_restored_beside_itself(data: Path) -> None:
    jobs = find_jobs([data / "tuesday" / "cell.TIF"], None)
    assert names(jobs, data) == [("tuesday/cell.TIF", "tuesday/cell-restored.ome.tif")]


def test_a_file_is_restored_into_the_file_named(data: Path) -> None:
    jobs = find_jobs([data / "tuesday" / "cell.TIF"], data / "new.ome.tif")
    assert names(jobs, data) == [("tuesday/cell.TIF", "new.ome.tif")]


def test_a_folder_stands_for_its_time_lapses_but_not_for_restored_ones(data: Path) -> None:
    jobs = find_jobs([data / "monday"], data / "out")
    assert names(jobs, data) == [
        ("monday/cell.ome.tif", "out/monday-cell-restored.ome.tif"),
        ("monday/cell.tif", "out/monday-cell-2-restored.ome.tif"),
    ]


def test_a_folder_stands_for_its_recordings_too(data: Path) -> None:
    assert names(find_jobs([data / "recordings"], None), data) == [
        ("recordings/r-1", None),
        ("recordings/r-2", None),
        ("recordings/single.tiff", "recordings/single-restored.ome.tif"),
    ]


def test_what_is_named_twice_is_restored_once(data: Path) -> None:
    inputs = [data / "tuesday", data / "tuesday" / "cell.TIF", data / "recordings" / "r-1"]
    assert len(find_jobs([*inputs, *inputs], None)) == 2


def test_files_of_one_name_get_their_folders_names(data: Path) -> None:
    jobs = find_jobs([data / "monday" / "cell.tif", data / "tuesday"], data / "out")
    assert [job.output.name for job in jobs if job.output] == [
        "monday-cell-restored.ome.tif",
        "tuesday-cell-restored.ome.tif",
    ]


def test_a_file_that_is_not_there_is_a_job_that_fails(data: Path) -> None:
    assert find_jobs([data / "missing.tif"], None)[0].source == data / "missing.tif"


@pytest.mark.parametrize(
    ("inputs", "output", "words"),
    [
        (["empty"], None, "nothing to restore"),
        (["monday"], "one.ome.tif", "into one file"),
        (["recordings/r-1"], "out", "in its own folder"),
        (["tuesday"], "cell.tif", "does not end as"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(
    data: Path, inputs: list[str], output: str | None, words: str
) -> None:
    image_format = ImageFormat.OME_ZARR if output == "cell.tif" else None
    paths = [data / name for name in inputs]
    with pytest.raises(UserError, match=words):
        find_jobs(paths, data / output if output else None, image_format)


def test_the_format_asked_for_or_named_is_taken(data: Path) -> None:
    inputs = [data / "tuesday"]
    zarr = data / "tuesday" / "cell-restored.ome.zarr"
    assert find_jobs(inputs, None, ImageFormat.OME_ZARR)[0].output == zarr
    zarr.mkdir()
    assert find_jobs(inputs, zarr)[0].output == zarr


paths = st.lists(
    st.builds(
        Path,
        st.sampled_from(["a", "b", "A", "c/a"]),
        st.sampled_from(["x", "X", "x-2", "x-restored", "a-x", "a-x-2"]).flatmap(
            lambda stem: st.sampled_from([".tif", ".ome.tif", ".TIFF"]).map(lambda end: stem + end)
        ),
    ),
    unique=True,
    max_size=12,
)


@given(files=paths, folder=st.sampled_from([None, Path("a"), Path("out")]))
def test_no_two_outputs_are_one_and_none_is_an_input(
    files: list[Path], folder: Path | None
) -> None:
    outputs = list(_output_names(files, folder, "-restored.ome.tif"))
    taken = [str(path).casefold() for path in [*{str(f).casefold(): f for f in files}, *outputs]]
    assert len(set(taken)) == len(taken)
    assert outputs == list(_output_names(files, folder, "-restored.ome.tif"))


def test_output_in_a_folder_that_ends_like_a_file(data: Path) -> None:
    shutil.rmtree(data / "empty")
    (data / "odd.tif").mkdir()
    jobs = find_jobs([data / "tuesday"], data / "odd.tif")
    assert jobs[0].output == data / "odd.tif" / "cell-restored.ome.tif"


def restore(job: RestoreJob, engines: EnginePool, *engine: str) -> Outcome:
    return job.do(engines, lambda *_: None, engine=engine, backend="auto", force=False)


def test_a_recording_is_completed_by_the_engine_it_was_begun_with_and_no_other(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "cell"
    run(ScriptedSource(range(6)), engine="bilinear", save=folder)
    (folder / "restored.ome.tif").unlink()
    (job,) = find_jobs([folder], None)
    with EnginePool(most=1) as engines:
        with pytest.raises(
            UserError, match="started with bilinear and has to be completed"
        ) as told:
            restore(job, engines, "rolling-mean")
        assert f'"{folder / "raw.ome.tif"}" --engine rolling-mean --output' in told.value.fix
        assert restore(job, engines)[:2] == (6, 6)
        assert restore(job, engines, "bilinear")[:2] == (6, 0)
    assert SessionRecord.read(folder).state == "complete"
