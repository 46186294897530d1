"""The engine that restores files, one file after another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from acquisition import FrameFormat, PixelType
from engines.backends.baselines import DESCRIPTIONS
from engines.bundle import load_bundle
from engines.manifest import MODEL_FILE
from pssr_live.restoring.engine_keeper import EngineKeeper, SharedEngine

_Key = tuple[str, str, int, int, np.dtype[PixelType], bool]


class FileEngines:
    """Keeps the engine of one file open for the next that wants the same.

    Parameters
    ----------
    on_opened : callable
        Told in words which engine was opened, and why on this backend.
    """

    def __init__(self, on_opened: Callable[[str], object]) -> None:
        self._on_opened = on_opened
        self._keeper: EngineKeeper | None = None
        self._open: tuple[_Key, SharedEngine] | None = None

    def __enter__(self) -> FileEngines:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(
        self, name: str, backend: str, frame_format: FrameFormat, *, uncertain: bool = False
    ) -> SharedEngine:
        """Open an engine for frames of one format, or return it if it is open.

        Parameters
        ----------
        name, backend : str
            See `EngineKeeper`.
        frame_format : FrameFormat
            Of the raw frames.
        uncertain : bool
            Whether it shall say how far off it may be.

        Returns
        -------
        SharedEngine

        Raises
        ------
        EngineError
            If it can't serve.
        """
        height, width = frame_format.shape
        key = (name, backend, height, width, frame_format.dtype, uncertain)
        if self._open is not None and self._open[0] == key:
            return self._open[1]
        self.close()
        self._keeper = EngineKeeper(name, backend, uncertain=uncertain)
        shared = self._keeper.open(frame_format)
        self._open = key, shared
        self._on_opened(f"{shared.name}: {shared.selection.report.reason}")
        return shared

    def close(self) -> None:
        """Free the engine."""
        self._open = None
        if self._keeper is not None:
            self._keeper.close()


def identify(name: str) -> tuple[str, str]:
    """Name and SHA-256 of an engine, without opening it; a baseline's SHA-256 is empty.

    Raises
    ------
    EngineError
        If there is none.
    """
    if name in DESCRIPTIONS:
        return name, ""
    manifest = load_bundle(name).manifest
    return manifest.name, manifest.files[MODEL_FILE]
