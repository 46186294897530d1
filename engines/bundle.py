"""An engine on disk: a folder with a manifest, a model and the proof that it works."""

from __future__ import annotations

import hashlib
import shutil
import uuid
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engines.engine import WINDOW_LENGTH
from engines.errors import EngineError
from engines.intensity import IntensityScale

MANIFEST_FILE = "manifest.json"
MODEL_FILE = "model.onnx"
PROOF_FILE = "proof.npz"
HASHED_FILES = frozenset({MODEL_FILE, PROOF_FILE})
EXPORT_AGAIN = "Copy the whole folder again, or make it anew: pssr-live export"
BUNDLED = Path(__file__).parent / "bundled"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Span = tuple[float, float]


class _Part(BaseModel):
    # A tolerance of infinity would let any backend pass the proof.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TrainingSeries(_Part):
    """One series of images that an engine was trained on, and the terms it came under."""

    name: str
    licence: str
    source: str
    changes: str = ""


class InputRange(_Part):
    """What the windows were like that an engine was trained on; lowest and highest of each.

    None where the training data did not say.
    """

    pixel_size_um: Span | None
    photons_at_peak: Span | None
    snr: Span | None


class ValidationFigure(_Part):
    """PSNR in dB (after the v1 affine fit) on one series that the engine never saw."""

    series: str
    crappifier: str
    bilinear: float
    rolling_mean: float
    engine: float
    engine_ssim: float


class Manifest(_Part):
    """What an engine is, what it was made of, and how good it was when it was made."""

    format: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    version: str
    description: str
    architecture: dict[str, str | int | float]
    frames: Literal[1, 5]
    scale_factor: int = Field(ge=1)
    smallest_side: int = Field(ge=1)
    # Larger frames are cut into tiles of this side; None for whole frames.
    tile_side: int | None = Field(default=None, ge=16)
    tolerance: float = Field(gt=0)
    crappifiers: list[str]
    training: list[TrainingSeries]
    command: str
    seed: int
    input_range: InputRange
    validation: list[ValidationFigure]
    files: dict[str, Sha256]

    @property
    def seen(self) -> slice:
        """Which frames of a window the network sees: as many as it takes, round the centre."""
        left_out = (WINDOW_LENGTH - self.frames) // 2
        return slice(left_out, WINDOW_LENGTH - left_out)


class Proof(NamedTuple):
    """An input and what the trained network made of it, in detector counts.

    Attributes
    ----------
    window : ndarray of uint16, shape (5, H, W)
    intensity : IntensityScale
    restored : ndarray of float32, shape (sH, sW)
        Neither rounded nor clipped.
    """

    window: NDArray[np.uint16]
    intensity: IntensityScale
    restored: NDArray[np.float32]


class Bundle(NamedTuple):
    """A bundle whose files are whole: each has the hash that the manifest gives."""

    path: Path
    manifest: Manifest
    proof: Proof

    @property
    def model(self) -> Path:
        """The ONNX file."""
        return self.path / MODEL_FILE


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
    for name in (MANIFEST_FILE, MODEL_FILE, PROOF_FILE):
        if not (folder / name).is_file():
            raise EngineError(f"The engine in {folder} has no {name}.", EXPORT_AGAIN)
    manifest = _read_manifest(folder / MANIFEST_FILE)
    if manifest.files.keys() != HASHED_FILES:
        raise EngineError(
            f"The manifest in {folder} lists the files {_in_words(manifest.files)}; "
            f"an engine has {_in_words(HASHED_FILES)}.",
            EXPORT_AGAIN,
        )
    for name in sorted(HASHED_FILES):
        if file_digest(folder / name) != manifest.files[name]:
            raise EngineError(
                f"{folder / name} is not the file that was exported: "
                "its hash is not the one in the manifest.",
                EXPORT_AGAIN,
            )
    return Bundle(folder, manifest, _read_proof(folder / PROOF_FILE, manifest))


def write_bundle(
    folder: Path, manifest: Manifest, model: bytes, proof: Proof, *, replace: bool = False
) -> Bundle:
    """Write an engine's bundle; at no time is there half of one at `folder`.

    Parameters
    ----------
    folder : Path
        Where it shall stand; its parents are made.
    manifest : Manifest
        Its `files` are filled in here.
    model : bytes
        The ONNX model.
    proof : Proof
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
    if folder.exists() and not (replace and (folder / MANIFEST_FILE).is_file()):
        raise EngineError(
            f"{folder} exists already.",
            "Choose another folder, or replace the engine in it: --force",
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}-{uuid.uuid4().hex}")
    draft.mkdir()
    try:
        (draft / MODEL_FILE).write_bytes(model)
        np.savez_compressed(
            draft / PROOF_FILE,
            window=proof.window,
            offset=np.float64(proof.intensity.offset),
            gain=np.float64(proof.intensity.gain),
            restored=proof.restored,
        )
        files = {name: file_digest(draft / name) for name in sorted(HASHED_FILES)}
        text = manifest.model_copy(update={"files": files}).model_dump_json(indent=2)
        (draft / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8", newline="\n")
        load_bundle(draft)
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return load_bundle(folder)


def file_digest(path: Path) -> str:
    """SHA-256 of a file as lower-case hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _find(name_or_folder: str | Path) -> Path:
    if str(name_or_folder) in bundled_names():
        return BUNDLED / name_or_folder
    folder = Path(name_or_folder)
    if not folder.is_dir():
        raise EngineError(
            f"There is no engine {name_or_folder}, neither bundled nor as a folder.",
            f"Bundled are {_in_words(bundled_names())}; see: pssr-live engines",
        )
    return folder


def _read_manifest(path: Path) -> Manifest:
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        if first["type"] == "json_invalid":
            problem = f"{path} is not JSON: {first['msg']}."
        else:
            problem = f"{path} is no valid manifest: {field}: {first['msg']}."
        raise EngineError(problem, EXPORT_AGAIN) from error


def _read_proof(path: Path, manifest: Manifest) -> Proof:
    try:
        # NumPy leaves the file open where it can't read it.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            window, restored = arrays["window"], arrays["restored"]
            intensity = IntensityScale(arrays["offset"].item(), arrays["gain"].item())
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EngineError(f"{path} can't be read as a proof: {error}.", EXPORT_AGAIN) from error
    except (zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise EngineError(f"{path} is not a whole .npz file: {error}.", EXPORT_AGAIN) from error
    if window.dtype != np.uint16 or window.ndim != 3 or len(window) != WINDOW_LENGTH:
        raise EngineError(
            f"The window in {path} is {window.shape} {window.dtype}, not five frames of uint16.",
            EXPORT_AGAIN,
        )
    shape = (window.shape[1] * manifest.scale_factor, window.shape[2] * manifest.scale_factor)
    if restored.dtype != np.float32 or restored.shape != shape:
        raise EngineError(
            f"The restored frame in {path} is {restored.shape} {restored.dtype}, "
            f"not {shape} float32.",
            EXPORT_AGAIN,
        )
    if not np.isfinite(restored).all():
        raise EngineError(f"The restored frame in {path} is not finite everywhere.", EXPORT_AGAIN)
    return Proof(window, intensity, restored)


def _in_words(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
