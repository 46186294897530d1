"""A bundle as a package for the BioImage Model Zoo, checked by the Zoo's own library."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from engines.bundle import Bundle
from engines.complaints import first_line
from engines.errors import EngineError
from engines.first_opening import check_first_opening
from engines.intensity import BACKGROUND_PERCENTILE, SIGNAL_PERCENTILE
from engines.onnx_file import INPUT, OUTPUT, read_opset
from engines.refused_files import why_refused
from engines.variants import run_onnx
from engines.whole_files import replacing

FrameValues = NDArray[np.float32]

PAPER = {
    "text": "Fang et al., Deep learning-based point-scanning super-resolution imaging, "
    "Nature Methods 18, 406-416 (2021)",
    "doi": "10.1038/s41592-021-01080-z",
}
# What the Zoo's scale_range adds to the span that it divides by.
EPSILON = 1e-6


class Credit(NamedTuple):
    """Whose package it is.

    Attributes
    ----------
    authors : sequence of str
    licence : str
        SPDX identifier, for example ``BSD-3-Clause``.
    """

    authors: Sequence[str]
    licence: str


def write_zoo_package(bundle: Bundle, output: Path, credit: Credit) -> list[str]:
    """Write a bundle's float32 model as a package that the Zoo's validator accepts.

    Parameters
    ----------
    bundle : Bundle
    output : Path
        The .zip to write; one that stands there is replaced.
    credit : Credit

    Returns
    -------
    list of str
        What the validator would have liked better.

    Raises
    ------
    EngineError
        If bioimageio.spec is missing, or finds fault, or the engine can't be opened, or the file
        can't be written.
    """
    spec = _library()
    check_first_opening(bundle)
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
            packed, wishes = _pack(spec, bundle, credit, folder=Path(name))
            _put(packed, output)
    except OSError as error:
        temporary = Path(tempfile.gettempdir())
        raise EngineError(
            f"The package can't be made in {temporary}: {why_refused(error, temporary)}.",
            "Free some space there, or name another folder with the variable TMPDIR (on Windows "
            "TMP).",
        ) from error
    return wishes


def _pack(spec: Any, bundle: Bundle, credit: Credit, *, folder: Path) -> tuple[Path, list[str]]:
    """Make the package in a folder; returns it, and what the validator would have liked better."""
    _write_files(bundle, folder)
    path = folder / "rdf.yaml"
    version = spec.ModelDescr.implemented_format_version
    # JSON is YAML; the library writes it anew, in the Zoo's own order.
    path.write_text(json.dumps(_description(bundle, credit, version)), encoding="utf-8")
    description = spec.load_description(path)
    summary = description.validation_summary
    if isinstance(description, spec.InvalidDescr):
        faults = _in_words(fault for detail in summary.details for fault in detail.errors)
        raise EngineError(
            f"The Zoo's validator refuses {bundle.manifest.name}: {'; '.join(faults)}.",
            "Fix what it names, or export the engine again: pssr-live export",
        )
    packed = spec.save_bioimageio_package(description, output_path=folder / "package.zip")
    wishes = _in_words(warning for detail in summary.details for warning in detail.warnings)
    return Path(packed), wishes


def _put(packed: Path, output: Path) -> None:
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with replacing(output) as draft:
            shutil.copyfile(packed, draft)
    except OSError as error:
        raise EngineError(
            f"{output} can't be written: {why_refused(error, output)}.",
            "Free some space, or name another file with --output.",
        ) from error


def _write_files(bundle: Bundle, folder: Path) -> None:
    manifest, proof = bundle.manifest, bundle.proof
    seen = proof.window[manifest.seen].astype(np.float32)
    low, high = np.percentile(seen, [BACKGROUND_PERCENTILE, SIGNAL_PERCENTILE])
    units = ((seen - low) / (high - low + EPSILON)).astype(np.float32)
    model = bundle.model.read_bytes()
    restored = run_onnx(model, units)
    np.save(folder / "input.npy", seen[None])
    np.save(folder / "output.npy", restored[None, None])
    tifffile.imwrite(folder / "input.tif", proof.window[manifest.seen], photometric="minisblack")
    tifffile.imwrite(folder / "output.tif", restored, photometric="minisblack")
    (folder / "model.onnx").write_bytes(model)
    (folder / "README.md").write_text(_documentation(bundle), encoding="utf-8", newline="\n")
    _cover(units[len(units) // 2], restored).save(folder / "cover.png")


def _description(bundle: Bundle, credit: Credit, format_version: str) -> dict[str, Any]:
    """Build the package's resource description, version 0.5."""
    manifest = bundle.manifest
    middle = manifest.frames // 2
    times = [
        f"t{place - middle:+d}" if place != middle else "t" for place in range(manifest.frames)
    ]
    sides = {"min": manifest.smallest_side, "step": 1}
    return {
        "type": "model",
        "format_version": format_version,
        "name": f"pssr-live {manifest.name}",
        "version": manifest.version,
        "description": manifest.description,
        "authors": [{"name": name} for name in credit.authors],
        "cite": [PAPER],
        "license": credit.licence,
        "tags": ["super-resolution", "denoising", "restoration", "2d", "time-lapse"],
        "covers": [{"source": "cover.png"}],
        "documentation": {"source": "README.md"},
        "inputs": [
            {
                "id": INPUT,
                "description": "neighbouring frames of a time-lapse, in counts",
                "axes": [
                    {"type": "batch", "size": 1},
                    {"type": "channel", "channel_names": times},
                    {"type": "space", "id": "y", "size": sides},
                    {"type": "space", "id": "x", "size": sides},
                ],
                "data": {"type": "float32"},
                "test_tensor": {"source": "input.npy"},
                "sample_tensor": {"source": "input.tif"},
                "preprocessing": [
                    {
                        "id": "scale_range",
                        "kwargs": {
                            "axes": ["channel", "y", "x"],
                            "min_percentile": BACKGROUND_PERCENTILE,
                            "max_percentile": SIGNAL_PERCENTILE,
                            "eps": EPSILON,
                        },
                    }
                ],
            }
        ],
        "outputs": [
            {
                "id": OUTPUT,
                "description": "the centre frame, restored, in parts of the window's range",
                "axes": [
                    {"type": "batch", "size": 1},
                    {"type": "channel", "channel_names": ["restored"]},
                    _enlarged("y", manifest.scale_factor),
                    _enlarged("x", manifest.scale_factor),
                ],
                "data": {"type": "float32"},
                "test_tensor": {"source": "output.npy"},
                "sample_tensor": {"source": "output.tif"},
            }
        ],
        "weights": {"onnx": {"source": "model.onnx", "opset_version": read_opset(bundle.model)}},
    }


def _enlarged(axis: str, scale_factor: int) -> dict[str, Any]:
    """Describe an axis of the output, whose pixels are so much smaller."""
    return {
        "type": "space",
        "id": axis,
        "size": {"tensor_id": INPUT, "axis_id": axis},
        "scale": 1 / scale_factor,
    }


def _documentation(bundle: Bundle) -> str:
    manifest = bundle.manifest
    low, high = BACKGROUND_PERCENTILE, SIGNAL_PERCENTILE
    lines = [
        f"# {manifest.name} {manifest.version}",
        "",
        manifest.description,
        *(word for warning in manifest.warnings for word in ("", f"**{warning}**")),
        "",
        f"{manifest.frames} low-resolution frames in, the centre frame {manifest.scale_factor} "
        "times finer out. A restored image is a prediction: look at the raw frames beside it, and "
        "check it on your own sample before you draw conclusions.",
        "",
        f"Percentiles {low:g} and {high:g} of the window become 0 and 1; for a time-lapse take "
        "those of its first window for all, or the brightness will flicker.",
        "",
        "# Validation",
        "",
        "PSNR in dB, after an affine fit to the truth, on series that the network never saw:",
        "",
        "| series | crappifier | bilinear | mean of five frames | restored |",
        "|---|---|---|---|---|",
    ]
    for row in manifest.validation:
        figures = " | ".join(f"{f:.2f}" for f in (row.bilinear, row.rolling_mean, row.engine))
        lines.append(f"| {row.series} | {row.crappifier} | {figures} |")
    lines += ["", "# Training data", "", "| series | licence | source |", "|---|---|---|"]
    lines += [f"| {one.name} | {one.licence} | {one.source} |" for one in manifest.training]
    return "\n".join([*lines, "", f"Made by `{manifest.command}`, seed {manifest.seed}.", ""])


def _cover(frame: FrameValues, restored: FrameValues) -> Image.Image:
    """Put the centre frame, enlarged, and the restored one side by side."""
    scale_factor = restored.shape[0] // frame.shape[0]
    enlarged = np.kron(frame, np.ones((scale_factor, scale_factor), np.float32))
    side = min(restored.shape)
    pair = np.concatenate([enlarged[:side, :side], restored[:side, :side]], axis=1)
    return Image.fromarray((255 * np.clip(pair, 0, 1)).astype(np.uint8))


def _library() -> Any:
    try:
        import bioimageio.spec
    except ImportError as error:
        raise EngineError(
            f"The Zoo's library can't be imported: {first_line(error)}.",
            'Install it: python -m pip install "pssr-live[zoo]"',
        ) from error
    return bioimageio.spec


def _in_words(entries: Iterable[Any]) -> list[str]:
    """What the validator says of each place, its first line without the full stop."""
    words = []
    for entry in entries:
        place = ".".join(map(str, entry.loc))
        said = first_line(ValueError(entry.msg))
        words.append(f"{place}: {said}" if place else said)
    return words
