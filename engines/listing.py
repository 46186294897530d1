"""The engines that are installed, and what can run each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engines.backends import baselines
from engines.backends.table import BACKENDS
from engines.bundle import bundled_names, load_bundle
from engines.errors import EngineError


class EngineListing(NamedTuple):
    """An engine that is installed, and for each backend why it can't run it, or None."""

    name: str
    version: str
    description: str
    backends: Mapping[str, str | None]


def list_engines() -> list[EngineListing]:
    """Look at what is installed, without compiling anything.

    Returns
    -------
    list of EngineListing
        The bundled engines, then the baselines. One that is broken says so in its description.
    """
    reasons = {backend.title: backend.why_not() for backend in BACKENDS.values()}
    rows = []
    for name in bundled_names():
        try:
            manifest = load_bundle(name).manifest
        except EngineError as error:
            broken = dict.fromkeys(reasons, str(error))
            rows.append(EngineListing(name, "", error.problem, broken))
        else:
            able = dict(reasons)
            for backend in BACKENDS.values():
                if backend.precision not in manifest.models:
                    able[backend.title] = f"no model in {backend.precision}"
            rows.append(EngineListing(name, manifest.version, manifest.description, able))
    for name, description in baselines.DESCRIPTIONS.items():
        rows.append(EngineListing(name, "", description, {baselines.BACKEND: None}))
    return rows
