from __future__ import annotations

import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import engines.bundle
from engines import (
    MANIFEST_FILE,
    Bundle,
    Credit,
    EngineError,
    IntensityScale,
    bundled_names,
    file_digest,
    load_bundle,
    write_zoo_package,
)
from engines.bundle import write_bundle
from engines.proof import Proof
from tests.engines.conftest import (
    PRECISIONS,
    BundleMaker,
    tiny_manifest,
    tiny_model,
    tiny_proof,
)
from tests.limited_files import no_room_beyond


@pytest.fixture
def folder(bundle: Bundle, tmp_path: Path) -> Path:
    """A copy of the tiny engine to spoil."""
    return Path(shutil.copytree(bundle.path, tmp_path / "tiny"))


def change_manifest(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def replace_proof(folder: Path, **arrays: object) -> None:
    """Put another proof in its place, with the right hash."""
    np.savez(folder / "proof.npz", **arrays)
    trust_proof(folder)


def trust_proof(folder: Path) -> None:
    """Let the manifest have the proof's hash."""
    digest = file_digest(folder / "proof.npz")
    change_manifest(folder, lambda manifest: manifest["files"].update({"proof.npz": digest}))


def test_what_is_written_is_read(bundle: Bundle) -> None:
    read = load_bundle(bundle.path)
    proof = tiny_proof()
    assert read.manifest.model_copy(update={"files": {}}) == tiny_manifest(precisions=PRECISIONS)
    assert read.model.read_bytes() == tiny_model()
    np.testing.assert_array_equal(read.proof.window, proof.window)
    np.testing.assert_array_equal(read.proof.restored, proof.restored)
    assert read.proof.intensity == proof.intensity
    assert sorted(path.name for path in bundle.path.parent.iterdir()) == ["tiny"]


def test_the_same_bundle_is_written_byte_for_byte(bundle: Bundle, make_bundle: BundleMaker) -> None:
    assert make_bundle().manifest.files == bundle.manifest.files


def test_a_bundled_engine_is_found_by_its_name(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines.bundle, "BUNDLED", bundle.path.parent)
    assert bundled_names() == ["tiny"]
    assert load_bundle("tiny").path == bundle.path


def test_an_engine_that_is_not_there_is_told_with_those_that_are(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines.bundle, "BUNDLED", bundle.path.parent)
    with pytest.raises(EngineError, match=r"no engine huge.*Bundled are tiny; .*pssr-live engines"):
        load_bundle("huge")


@pytest.mark.parametrize("name", ["manifest.json", "model.onnx", "model-int8.onnx", "proof.npz"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(EngineError, match=f"has no {name}"):
        load_bundle(folder)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b'{"name": "tiny"'])
def test_a_manifest_that_is_not_json_is_refused(folder: Path, text: bytes) -> None:
    (folder / "manifest.json").write_bytes(text)
    with pytest.raises(EngineError, match="is not JSON"):
        load_bundle(folder)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tolerance", 0),
        ("tolerance", float("inf")),
        ("frames", 3),
        ("format", 2),
        ("name", "../up"),
        ("files", {"model.onnx": "123"}),
        ("surprise", 1),
    ],
)
def test_the_field_of_the_manifest_that_is_wrong_is_named(
    folder: Path, field: str, value: object
) -> None:
    change_manifest(folder, lambda manifest: manifest.update({field: value}))
    with pytest.raises(EngineError, match=f"not a valid manifest: {field}"):
        load_bundle(folder)


@pytest.mark.parametrize("name", ["model.onnx", "model-int8.onnx", "proof.npz"])
def test_a_file_that_was_changed_is_refused(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(EngineError, match=f"{name} is not the file that was exported"):
        load_bundle(folder)


@pytest.mark.parametrize("other", ["../../secret", "/etc/passwd", "weights.bin"])
def test_files_that_an_engine_does_not_have_are_refused(folder: Path, other: str) -> None:
    change_manifest(folder, lambda manifest: manifest["files"].update({other: "0" * 64}))
    with pytest.raises(EngineError, match=r"its engine has model.*\.onnx, proof\.npz"):
        load_bundle(folder)


def test_a_proof_with_pickled_objects_is_refused_unopened(folder: Path) -> None:
    objects = np.array([print], dtype=object)
    replace_proof(folder, window=objects, restored=objects, offset=0.0, gain=1.0)
    with pytest.raises(EngineError, match="can't be read as a proof"):
        load_bundle(folder)


def test_a_proof_that_is_not_npz_is_refused(folder: Path) -> None:
    (folder / "proof.npz").write_bytes(b"PK\x03\x04 cut short")
    digest = file_digest(folder / "proof.npz")
    change_manifest(folder, lambda manifest: manifest["files"].update({"proof.npz": digest}))
    with pytest.raises(EngineError, match=r"not a whole \.npz"):
        load_bundle(folder)


WINDOW = np.zeros((5, 4, 4), dtype=np.uint16)
RESTORED = np.zeros((16, 16), dtype=np.float32)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"window": WINDOW[:4]}, "not five frames"),
        ({"window": WINDOW.astype(np.float32)}, "not five frames"),
        ({"restored": RESTORED[1:]}, "restored frame"),
        ({"restored": RESTORED.astype(np.float64)}, "restored frame"),
        ({"restored": RESTORED + np.nan}, "not finite"),
        ({"gain": 0.0}, "not an intensity scale"),
        ({"offset": np.zeros(3)}, "can't be read as a proof"),
        ({"gain": "much"}, "can't be read as a proof"),
    ],
)
def test_a_proof_of_the_wrong_kind_is_refused(
    folder: Path, changes: dict[str, object], complaint: str
) -> None:
    arrays = {"window": WINDOW, "restored": RESTORED, "offset": 0.0, "gain": 1.0}
    replace_proof(folder, **(arrays | changes))
    with pytest.raises(EngineError, match=complaint):
        load_bundle(folder)


def test_a_proof_without_all_its_arrays_is_refused(folder: Path) -> None:
    replace_proof(folder, window=WINDOW, restored=RESTORED)
    with pytest.raises(EngineError, match="can't be read as a proof"):
        load_bundle(folder)


def test_a_folder_that_exists_is_left_alone_unless_it_may_be_replaced(folder: Path) -> None:
    newer = tiny_manifest(version="2.0")
    with pytest.raises(EngineError, match=r"exists already.*--force"):
        write_bundle(folder, newer, tiny_model(), proof=tiny_proof())
    assert load_bundle(folder).manifest.version == "1.0"
    write_bundle(folder, newer, tiny_model(), proof=tiny_proof(), replace=True)
    assert load_bundle(folder).manifest.version == "2.0"


def test_an_engine_in_use_is_not_replaced_and_the_new_one_is_not_lost(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if target == folder and not path.name.endswith(".old"):
            raise PermissionError(13, "Access is denied")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    newer = tiny_manifest(version="2.0")
    with pytest.raises(EngineError, match="It is whole, but in") as caught:
        write_bundle(folder, newer, tiny_model(), proof=tiny_proof(), replace=True)
    assert load_bundle(folder).manifest.version == "1.0"
    (draft,) = (path for path in folder.parent.iterdir() if path.name.startswith(f".{folder.name}"))
    assert str(draft) in caught.value.problem
    assert load_bundle(draft).manifest.version == "2.0"


def test_a_folder_that_is_no_engine_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    with pytest.raises(EngineError, match="exists already"):
        write_bundle(
            tmp_path / "thesis", tiny_manifest(), tiny_model(), proof=tiny_proof(), replace=True
        )


def test_a_folder_that_can_not_be_made_is_told_with_a_fix(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(EngineError, match=r"can't be made: .*Choose another folder"):
        write_bundle(tmp_path / "file" / "tiny", tiny_manifest(), tiny_model(), proof=tiny_proof())


def test_a_bundle_that_would_not_load_leaves_nothing_behind(tmp_path: Path) -> None:
    wrong = Proof(WINDOW, IntensityScale(0.0, 1.0), RESTORED[1:])
    with pytest.raises(EngineError, match="restored frame"):
        write_bundle(tmp_path / "new" / "tiny", tiny_manifest(), tiny_model(), proof=wrong)
    assert list((tmp_path / "new").iterdir()) == []


def test_a_proof_that_would_fill_the_memory_is_refused_before_it_is_read(folder: Path) -> None:
    with (
        zipfile.ZipFile(folder / "proof.npz", "w", zipfile.ZIP_DEFLATED) as file,
        file.open("window.npy", "w", force_zip64=True) as part,
    ):
        for _ in range(160):
            part.write(bytes(2**20))
    trust_proof(folder)
    with pytest.raises(EngineError, match="larger than 128 MB"):
        load_bundle(folder)


def test_a_proof_whose_header_promises_too_much_is_refused(folder: Path) -> None:
    header = io.BytesIO()
    about = {"descr": "<u2", "fortran_order": False, "shape": (5, 10**6, 10**6)}
    np.lib.format.write_array_header_1_0(header, about)
    with zipfile.ZipFile(folder / "proof.npz", "w") as file:
        file.writestr("window.npy", header.getvalue())
    trust_proof(folder)
    with pytest.raises(EngineError, match="larger than 128 MB"):
        load_bundle(folder)


@pytest.mark.parametrize("field", ["version", "description", "command"])
def test_a_manifest_that_would_command_a_terminal_is_refused(folder: Path, field: str) -> None:
    change_manifest(folder, lambda manifest: manifest.update({field: "tiny\x1b]0;mine\x07"}))
    with pytest.raises(EngineError, match="control characters"):
        load_bundle(folder)


def test_words_about_a_file_with_a_harmful_name_do_nothing(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as caught:
        load_bundle(tmp_path / "cells\x1b[2J")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("part", [1.0, 0.5, 0.0])
def test_a_packed_engine_whole_or_cut_short_is_told_to_be_a_file(
    bundle: Bundle, tmp_path: Path, part: float
) -> None:
    packed = tmp_path / "engine.zip"
    with zipfile.ZipFile(packed, "w") as file:
        file.write(bundle.path / MANIFEST_FILE, MANIFEST_FILE)
    os.truncate(packed, int(part * packed.stat().st_size))
    with pytest.raises(EngineError, match="is a file, and an engine is a folder") as told:
        load_bundle(packed)
    assert "Unpack it" in told.value.fix


@pytest.mark.skipif(os.name != "posix", reason="only there files can be limited")
def test_an_engine_for_which_the_disk_has_no_room_is_told_and_leaves_nothing(
    bundle: Bundle, tmp_path: Path
) -> None:
    folder = tmp_path / "engine"
    model = bundle.model.read_bytes()
    with (
        no_room_beyond(len(model) // 2),
        pytest.raises(EngineError, match="can't be written to") as caught,
    ):
        write_bundle(folder, bundle.manifest, model, proof=bundle.proof)
    assert str(folder) in caught.value.problem
    assert "Free some space" in caught.value.fix
    assert "Errno" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="only there files can be limited")
def test_a_package_for_which_the_disk_has_no_room_is_told_and_leaves_nothing(
    bundle: Bundle, tmp_path: Path
) -> None:
    pytest.importorskip("bioimageio.spec")
    output = tmp_path / "engine.zip"
    with no_room_beyond(1000), pytest.raises(EngineError, match="can't be made in") as caught:
        write_zoo_package(bundle, output, Credit(["Ada Lovelace"], "BSD-3-Clause"))
    assert "Free some space" in caught.value.fix
    assert "Errno" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
