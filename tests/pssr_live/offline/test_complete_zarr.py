"""An OME-Zarr that was damaged, or lacks something, is completed or refused in words."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from acquisition import SourceError
from pssr_live import open_recording
from pssr_live.errors import UserError
from pssr_live.recording import ImageFormat
from tests.pssr_live.offline.test_complete import ENGINE, FRAMES, QUIET, complete
from tests.pssr_live.scripted import ScriptedSource
from tests.pssr_live.sessions import restore_file, run


def test_a_raw_copy_that_can_t_be_opened_leaves_the_restored_file_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorstore")
    folder = tmp_path / "r"
    run(
        ScriptedSource(range(FRAMES)), engine=ENGINE, save=folder, image_format=ImageFormat.OME_ZARR
    )
    shutil.rmtree(folder / "restored.ome.zarr")
    shutil.rmtree(folder / "raw.ome.zarr")
    (folder / "raw.ome.zarr").write_text("in the way", encoding="utf-8")
    with pytest.raises(UserError, match=r"raw\.ome\.zarr"):
        complete(folder)
    (folder / "raw.ome.zarr").unlink()
    assert complete(folder) == FRAMES


def test_a_damaged_zarr_is_told_with_what_to_do(tmp_path: Path) -> None:
    pytest.importorskip("tensorstore")
    folder = tmp_path / "r"
    run(
        ScriptedSource(range(FRAMES)), engine=ENGINE, save=folder, image_format=ImageFormat.OME_ZARR
    )
    metadata = folder / "restored.ome.zarr" / "0" / "zarr.json"
    metadata.write_bytes(metadata.read_bytes()[:100])
    with pytest.raises(UserError, match="can't be continued") as told:
        complete(folder)
    assert "Keep it under another name" in told.value.fix
    (folder / "restored.ome.zarr").rename(tmp_path / "damaged.ome.zarr")
    assert complete(folder) == FRAMES


@pytest.mark.parametrize("name", ["restored.ome.zarr", "raw.ome.zarr"])
def test_a_frame_deleted_from_a_zarr_is_noticed_and_what_it_is_of_made_anew(
    tmp_path: Path, name: str
) -> None:
    pytest.importorskip("tensorstore")
    folder = tmp_path / "r"
    run(
        ScriptedSource(range(FRAMES)), engine=ENGINE, save=folder, image_format=ImageFormat.OME_ZARR
    )
    (folder / name / "0" / "c" / "2" / "0" / "0").unlink()
    if name == "restored.ome.zarr":
        with pytest.raises(UserError, match="frame 3 is missing"):
            open_recording(folder)
    with pytest.raises(UserError, match="frame 3 is missing") as told:
        complete(folder)
    assert "Keep it under another name" in told.value.fix
    (folder / name).rename(tmp_path / "damaged.ome.zarr")
    assert complete(folder) == FRAMES


def damaged_metadata(content: bytes) -> Iterator[tuple[str, bytes | None]]:
    """What a copy that was cut off, or another program, makes of a zarr.json."""
    yield "missing", None
    for length in (0, 1, len(content) // 2, len(content) - 2):
        yield f"the first {length} bytes", content[:length]
    for text in ("null", "[]", "{}", '{"zarr_format": 3}', "\xff\xfe"):
        yield text, text.encode("latin-1")
    whole = json.loads(content)
    for key in whole:
        yield f"without {key}", json.dumps({k: v for k, v in whole.items() if k != key}).encode()
        for wrong in (None, -1):
            yield f"{key}: {wrong}", json.dumps({**whole, key: wrong}).encode()
    if "shape" in whole:
        for shape in ([10**9, 24, 32], [5, 24], [5, 0, 0], [5, 24, 31], [5, 1, 2, 10**9, 10**9]):
            yield f"{shape}", json.dumps({**whole, "shape": shape}).encode()
        # Memory for such a chunk is asked for before anything can be caught.
        grid = {"name": "regular", "configuration": {"chunk_shape": [1, 10**6, 10**7]}}
        yield "vast chunks", json.dumps({**whole, "chunk_grid": grid}).encode()
    else:
        for notes in (None, [], "x", {"frames": 3}):
            about = {**whole["attributes"], "pssr-live": notes}
            yield f"notes: {notes}", json.dumps({**whole, "attributes": about}).encode()


def test_whatever_a_zarr_says_of_itself_is_read_or_refused_in_words(tmp_path: Path) -> None:
    pytest.importorskip("tensorstore")
    source = ScriptedSource(range(FRAMES))
    run(source, engine=ENGINE, save=tmp_path / "r", image_format=ImageFormat.OME_ZARR)

    def read(folder: Path) -> None:
        with open_recording(folder) as recording:
            if recording.restored is not None:
                np.asarray(recording.restored)

    def anew(folder: Path) -> None:
        output = tmp_path / "anew.ome.tif"
        output.unlink(missing_ok=True)
        image = folder.rename(folder.with_suffix(".ome.zarr")) / "restored.ome.zarr"
        restore_file(image, output, ENGINE, "auto", QUIET, force=False)

    def onto(folder: Path) -> None:
        output = folder / "restored.ome.zarr"
        restore_file(folder / "raw.ome.tif", output, ENGINE, "auto", QUIET, force=False)

    for name in ("zarr.json", "0/zarr.json"):
        place = Path("restored.ome.zarr", name)
        for what, content in damaged_metadata((tmp_path / "r" / place).read_bytes()):
            for number, act in enumerate((read, complete, anew, onto)):
                folder = tmp_path / f"copy-{number}"
                shutil.copytree(tmp_path / "r", folder)
                if content is None:
                    (folder / place).unlink()
                else:
                    (folder / place).write_bytes(content)
                try:
                    act(folder)
                except (UserError, SourceError):
                    pass
                except Exception as error:
                    raise AssertionError(f"{act.__name__} of {name}, {what}") from error
                shutil.rmtree(folder, ignore_errors=True)
                shutil.rmtree(folder.with_suffix(".ome.zarr"), ignore_errors=True)


@pytest.mark.parametrize("content", [None, b'{"zarr_fo', b'{"zarr_format": 3, "attributes": null}'])
def test_what_a_zarr_says_of_itself_is_made_anew(tmp_path: Path, content: bytes | None) -> None:
    pytest.importorskip("tensorstore")
    folder = tmp_path / "r"
    source = ScriptedSource(range(FRAMES))
    run(source, engine=ENGINE, save=folder, image_format=ImageFormat.OME_ZARR)
    groups = {path: path.read_bytes() for path in folder.glob("*.zarr/zarr.json")}
    assert len(groups) == 2
    for path in groups:
        path.unlink()
        if content is not None:
            path.write_bytes(content)
    assert complete(folder) == FRAMES
    assert {path: path.read_bytes() for path in groups} == groups
