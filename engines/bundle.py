"""An engine on disk: a folder with a manifest, a model and the proof that it works."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pydantic import ValidationError

from engines.errors import EngineError
from engines.foreign_text import is_fit, quoted
from engines.manifest import (
    MODEL_FILE,
    MODEL_FILES,
    UNCERTAINTY_FILE,
    Manifest,
    OtherPrecision,
    Precision,
)
from engines.onnx_file import OUTPUT, UNCERTAINTY, check_model
from engines.proof import EXPORT_AGAIN, PROOF_FILE, Proof, read_proof, write_proof
from engines.refused_files import why_refused
from engines.whole_files import replace_folder

MANIFEST_FILE = "manifest.json"
PLANS_FOLDER = "plans"
_LARGEST_MANIFEST = 2**22
BUNDLED = Path(__file__).parent / "bundled"


class Bundle(NamedTuple):
    """A bundle whose files are whole: each has the hash that the manifest gives."""

    path: Path
    manifest: Manifest
    proof: Proof

    @property
    def called(self) -> str:
        """What the command line knows it by: the name of a bundled engine, else the folder."""
        return self.path.name if self.path.parent == BUNDLED else quoted(self.path)

    @property
    def model(self) -> Path:
        """The ONNX file in float32."""
        return self.path / MODEL_FILE

    @property
    def plans(self) -> Path:
        """The folder of its compiled plans, which need not exist."""
        return self.path / PLANS_FOLDER

    def model_in(self, precision: Precision) -> Path:
        """Find the ONNX file in a precision.

        Raises
        ------
        EngineError
            If the bundle has none.
        """
        name = self.manifest.models.get(precision)
        if name is None:
            raise EngineError(
                f"{self.manifest.name} has no model in {precision}.",
                f"Make one: pssr-live export {self.called} --precision {precision} --output FOLDER",
            )
        return self.path / name

    def model_with_uncertainty(self) -> Path:
        """Find the ONNX file that also predicts how far off it may be, in float32.

        Raises
        ------
        EngineError
            If the bundle has none.
        """
        if self.manifest.uncertainty is None:
            raise EngineError(
                f"{self.manifest.name} does not predict its uncertainty.",
                f"Let it learn to: pssr-live train HR.tif ... --uncertainty {self.called} "
                "--validation HR.tif ... --output FOLDER",
            )
        return self.path / UNCERTAINTY_FILE


def bundled_names() -> list[str]:
    """Names of the engines that come with pssr-live."""
    return sorted(folder.parent.name for folder in BUNDLED.glob(f"*/{MANIFEST_FILE}"))


def load_bundle(name_or_folder: str | Path) -> Bundle:
    """Load an engine's bundle and check that it is whole.

    Parameters
    ----------
    name_or_folder : str or Path
        The name of a bundled engine, or a folder.

    Returns
    -------
    Bundle

    Raises
    ------
    EngineError
        If there is none, or a file is missing, changed or not what it should be.
    """
    folder = _find(name_or_folder)
    _must_have(folder, MANIFEST_FILE)
    manifest = _read_manifest(folder / MANIFEST_FILE)
    expected = {*manifest.model_files, PROOF_FILE}
    if manifest.files.keys() != expected:
        raise EngineError(
            f"The manifest in {folder} lists the files {_in_words(manifest.files)}; "
            f"its engine has {_in_words(expected)}.",
            EXPORT_AGAIN,
        )
    for name in sorted(expected):
        _must_have(folder, name)
        if file_digest(folder / name) != manifest.files[name]:
            raise EngineError(
                f"{folder / name} is not the file that was exported: "
                "its hash is not the one in the manifest.",
                EXPORT_AGAIN,
            )
    for name in manifest.models.values():
        check_model(folder / name)
    if manifest.uncertainty is not None:
        check_model(folder / UNCERTAINTY_FILE, (OUTPUT, UNCERTAINTY))
    return Bundle(folder, manifest, read_proof(folder / PROOF_FILE, manifest.scale_factor))


def write_bundle(
    folder: Path,
    manifest: Manifest,
    model: bytes,
    *,
    proof: Proof,
    others: Mapping[OtherPrecision, bytes] = MappingProxyType({}),
    uncertain: bytes | None = None,
    plans: Path | None = None,
    replace: bool = False,
) -> Bundle:
    """Write an engine's bundle; at no time is there half of one at `folder`.

    Parameters
    ----------
    folder : Path
        Where it shall stand; its parents are made.
    manifest : Manifest
        Its `files` are filled in here.
    model : bytes
        The ONNX model in float32.
    proof : Proof
    others : mapping of str to bytes
        The ONNX models in the other precisions that the manifest has.
    uncertain : bytes, optional
        The ONNX model that predicts its uncertainty, if the manifest has one.
    plans : Path, optional
        A folder of compiled plans to take along.
    replace : bool
        Whether a bundle that stands there already may go.

    Returns
    -------
    Bundle
        As loaded from the disk.

    Raises
    ------
    EngineError
        If the folder exists and may not be replaced, or is no bundle, or the proof does not fit
        the manifest.
    """
    check_place(folder, replace=replace)
    draft = folder.with_name(f".{folder.name}-{uuid.uuid4().hex}")
    try:
        draft.mkdir(parents=True)
    except OSError as error:
        raise EngineError(
            f"{folder} can't be made: {why_refused(error, folder)}.", "Choose another folder."
        ) from error
    try:
        (draft / MODEL_FILE).write_bytes(model)
        for precision, content in others.items():
            (draft / MODEL_FILES[precision]).write_bytes(content)
        if uncertain is not None:
            (draft / UNCERTAINTY_FILE).write_bytes(uncertain)
        if plans is not None and plans.is_dir():
            shutil.copytree(plans, draft / PLANS_FOLDER)
        write_proof(draft / PROOF_FILE, proof)
        hashed = {*manifest.model_files, PROOF_FILE}
        files = {name: file_digest(draft / name) for name in sorted(hashed)}
        text = manifest.model_copy(update={"files": files}).model_dump_json(indent=2)
        (draft / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8", newline="\n")
        load_bundle(draft)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise EngineError(
            f"The engine can't be written to {folder}: {why_refused(error, folder)}. What was "
            "there before is as it was.",
            "Free some space, or choose a folder on another disk.",
        ) from error
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    try:
        replace_folder(draft, folder)
    except OSError as error:
        raise EngineError(
            f"The engine can't be put in {folder}: {error.strerror or error}. It is whole, but in "
            f"{draft}; what was there before is as it was.",
            f"Close what uses {folder}, then give the new one another name: move {quoted(draft)}",
        ) from error
    return load_bundle(folder)


def check_place(folder: Path, *, replace: bool) -> None:
    """Raise `EngineError` if something is there, unless it is an engine that may be replaced."""
    if folder.exists() and not (replace and (folder / MANIFEST_FILE).is_file()):
        problem, fix = "exists already", ", or replace the engine in it: --force"
        if replace:
            problem, fix = "exists already, and holds no engine to replace", "."
        raise EngineError(f"{folder} {problem}.", f"Choose another folder{fix}")


def file_digest(path: Path) -> str:
    """SHA-256 of a file as lower-case hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _must_have(folder: Path, name: str) -> None:
    if not (folder / name).is_file():
        raise EngineError(f"The engine in {folder} has no {name}.", EXPORT_AGAIN)


def _find(name_or_folder: str | Path) -> Path:
    if str(name_or_folder) in bundled_names():
        return BUNDLED / name_or_folder
    folder = Path(name_or_folder)
    if folder.is_file():
        raise EngineError(
            f"{folder} is a file, and an engine is a folder.",
            "Unpack it, or name the folder that holds the manifest.json.",
        )
    if not folder.is_dir():
        raise EngineError(
            f"There is no engine {name_or_folder}, neither bundled nor as a folder.",
            f"Bundled are {_in_words(bundled_names())}; see: pssr-live engines",
        )
    return folder


def _read_manifest(path: Path) -> Manifest:
    try:
        if path.stat().st_size > _LARGEST_MANIFEST:
            raise EngineError(f"{path} is too large for a manifest.", EXPORT_AGAIN)
        manifest = Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise EngineError(f"{path} can't be read: {error}.", EXPORT_AGAIN) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        if first["type"] == "json_invalid":
            problem = f"{path} is not JSON: {first['msg']}."
        else:
            problem = f"{path} is not a valid manifest: {field}: {first['msg']}."
        raise EngineError(problem, EXPORT_AGAIN) from error
    if not all(map(is_fit, _texts(manifest.model_dump()))):
        raise EngineError(
            f"{path} is not a valid manifest: it has control characters in its texts.", EXPORT_AGAIN
        )
    return manifest


def _texts(part: object) -> Iterator[str]:
    """All texts in a document, keys included."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, Mapping):
        for key, value in part.items():
            yield from _texts(key)
            yield from _texts(value)
    elif isinstance(part, Iterable):
        for value in part:
            yield from _texts(value)


def _in_words(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
