"""What this computer knows of engines: whose they are, how the backends did, which was the fastest.

Ours may be opened in this process, and those that others made once they were tried. What is known
is kept in the user's own folder, not in the bundle, which may come from anybody.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path

from engines.bundle import BUNDLED, Bundle, bundled_names, load_bundle
from engines.errors import EngineError
from engines.fitting import InputFormat
from engines.whole_files import write_whole

# What opens a model; another version may do otherwise.
_LIBRARIES = ("onnxruntime", "onnxruntime-gpu", "openvino", "tensorrt", "tensorrt-rtx", "pssr-live")

# For each backend that was tried, why it can't run the engine; empty if it can.
Refusals = dict[str, str]


def is_ours(bundle: Bundle) -> bool:
    """Whether all models of a bundle came with pssr-live, or were exported by it on this computer.

    Parameters
    ----------
    bundle : Bundle
    """
    return bundle.path.parent == BUNDLED or all(
        _own(digest).is_file() or digest in _bundled_models() for digest in _models(bundle)
    )


def remember_as_ours(digest: str) -> None:
    """Note the SHA-256 of a model that was made here, of one of our own networks."""
    _write(_own(digest), "")


class TriedNote:
    """How the backends did with a bundle that others made, by the libraries that are here.

    Parameters
    ----------
    bundle : Bundle
    frame : InputFormat
        That they were tried on.
    uncertain : bool
        Whether it is the model that predicts its uncertainty.
    """

    def __init__(self, bundle: Bundle, frame: InputFormat, *, uncertain: bool) -> None:
        self._path = _folder() / f"tried-{_key(bundle, frame, uncertain=uncertain)}.json"

    def read(self) -> Refusals:
        """Return what is known; nothing of a backend that was never tried."""
        try:
            content = json.loads(self._path.read_bytes())
            return {str(name): str(reason) for name, reason in content.items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def add(self, refusals: Mapping[str, str]) -> None:
        """Note how more backends did."""
        _write(self._path, json.dumps({**self.read(), **refusals}))


class FastestNote:
    """Which backend was the fastest with a bundle, on this computer, by the libraries on it.

    Parameters
    ----------
    bundle : Bundle
    frame : InputFormat
        To be restored.
    uncertain : bool
        Whether it is the model that predicts its uncertainty.
    """

    def __init__(self, bundle: Bundle, frame: InputFormat, *, uncertain: bool) -> None:
        # The folder may be on a network, and a new plan may be faster than anything before.
        plans = sorted(path.name for path in (bundle.path / "plans").glob("*"))
        key = _key(bundle, frame, platform.node(), str(os.cpu_count()), *plans, uncertain=uncertain)
        self._path = _folder() / f"fastest-{key}.json"

    def read(self) -> str:
        """Return the backend's name; empty if none was timed yet."""
        try:
            return str(json.loads(self._path.read_bytes())["backend"])
        except (OSError, ValueError, LookupError, TypeError):
            return ""

    def write(self, backend: str) -> None:
        """Note which was the fastest."""
        _write(self._path, json.dumps({"backend": backend}))


def _key(bundle: Bundle, frame: InputFormat, *more: str, uncertain: bool) -> str:
    about = [bundle.manifest.model_dump_json(), str(frame), frame.dtype.name, str(uncertain)]
    return hashlib.sha256("\n".join([*about, *more, *_versions()]).encode()).hexdigest()


def _write(path: Path, content: str) -> None:
    # Where it can't be kept the engine is tried again next time.
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)


def _models(bundle: Bundle) -> list[str]:
    return [bundle.manifest.files[name] for name in sorted(bundle.manifest.model_files)]


def _own(digest: str) -> Path:
    return _folder() / f"own-{digest}"


@cache
def _bundled_models() -> frozenset[str]:
    digests: set[str] = set()
    for name in bundled_names():
        with suppress(EngineError):
            digests.update(_models(load_bundle(name)))
    return frozenset(digests)


@cache
def _versions() -> tuple[str, ...]:
    versions = []
    for name in _LIBRARIES:
        with suppress(metadata.PackageNotFoundError):
            versions.append(f"{name} {metadata.version(name)}")
    return tuple(versions)


def _folder() -> Path:
    """Find the place for what a program keeps of its own doings."""
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state")
    return base / "pssr-live" / "engines"
