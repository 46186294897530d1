"""Which engine was asked for, and what its bundle says, known before it is opened."""

from __future__ import annotations

import threading
from pathlib import Path

from engines import (
    AUTO,
    CHOICES,
    DESCRIPTIONS,
    MANY_FRAMES,
    MODEL_FILE,
    SCALE_FACTOR,
    UNCERTAINTY_FILE,
    WINDOW_LENGTH,
    Bundle,
    InputRange,
    check_backend,
    check_uncertain,
    load_bundle,
)
from pssr_live.recording import AskedRecord, UncertaintyRecord

# Name, size and time of change of each file.
_Stamps = list[tuple[str, int, int]]


class EngineChoice:
    """An engine as it was asked for; its bundle is loaded once, and travels with it.

    Parameters
    ----------
    name : str
        Of a bundled engine or baseline, or the folder of a bundle.
    backend : str
        A backend's name, or a word for how to choose one.
    uncertain : bool
        Whether it shall say how far off it may be.
    """

    def __init__(self, name: str, backend: str = AUTO, *, uncertain: bool = False) -> None:
        self.name = name
        self.backend = backend
        self.uncertain = uncertain
        self._lock = threading.Lock()
        self._loaded: tuple[Bundle, _Stamps] | None = None

    def preferring(self, backend: str) -> EngineChoice:
        """Make the same choice on a backend, where none was asked for."""
        return self._with(
            backend if self.backend in CHOICES else self.backend, uncertain=self.uncertain
        )

    def saying(self, *, uncertain: bool) -> EngineChoice:
        """Make the same choice, with how far off it may be or without."""
        return self._with(self.backend, uncertain=uncertain)

    def _with(self, backend: str, *, uncertain: bool) -> EngineChoice:
        choice = EngineChoice(self.name, backend, uncertain=uncertain)
        choice._loaded = self._loaded
        return choice

    @property
    def path(self) -> str:
        """A bundle's folder as a path that holds from any directory; other names as they are."""
        return str(Path(self.name).resolve()) if Path(self.name).is_dir() else self.name

    @property
    def asked(self) -> AskedRecord:
        """What to write down of it before it is opened."""
        return AskedRecord(engine=self.path, backend=self.backend, uncertain=self.uncertain)

    @property
    def bundle(self) -> Bundle | None:
        """The bundle, whose files are read again only if they were changed; None for a baseline.

        Raises
        ------
        EngineError
            If there is no such engine, or it is not whole.
        """
        if self.name in DESCRIPTIONS:
            return None
        with self._lock:
            if self._loaded is None or _stamps(self._loaded[0].path) != self._loaded[1]:
                bundle = load_bundle(self.name)
                self._loaded = bundle, _stamps(bundle.path)
            return self._loaded[0]

    @property
    def identity(self) -> tuple[str, str]:
        """Name and SHA-256 of the model; of a baseline the SHA-256 is empty."""
        if self.bundle is None:
            return self.name, ""
        return self.bundle.manifest.name, self.bundle.manifest.files[MODEL_FILE]

    @property
    def trained_on(self) -> InputRange | None:
        """What the engine's training windows were like; None for a baseline."""
        return self.bundle.manifest.input_range if self.bundle is not None else None

    @property
    def frames(self) -> int:
        """How many frames of a window it looks at: five, or the centre one alone."""
        if self.bundle is None:
            return WINDOW_LENGTH if self.name in MANY_FRAMES else 1
        return self.bundle.manifest.frames

    @property
    def scale_factor(self) -> int:
        """Restored pixels to one LR pixel along a side."""
        return SCALE_FACTOR if self.bundle is None else self.bundle.manifest.scale_factor

    @property
    def uncertainty(self) -> UncertaintyRecord | None:
        """What is promised of the intervals that are asked for, and by which model; else None."""
        bundle = self.bundle
        if not self.uncertain or bundle is None or bundle.manifest.uncertainty is None:
            return None
        return UncertaintyRecord(
            level=bundle.manifest.uncertainty.level,
            digest=bundle.manifest.files[UNCERTAINTY_FILE],
        )

    def check(self) -> None:
        """Refuse an engine or a backend that is not there, or can't do what it shall.

        Raises
        ------
        EngineError
            If there is none, or it can't say how far off it may be, and shall.
        """
        check_backend(self.backend)
        engine = self.bundle or self.name
        if self.uncertain:
            check_uncertain(engine, self.backend)


def _stamps(folder: Path) -> _Stamps:
    try:
        files = [(path.name, path.stat()) for path in folder.iterdir() if path.is_file()]
    except OSError:
        return []
    return sorted((name, stat.st_size, stat.st_mtime_ns) for name, stat in files)
