"""Whether a TensorRT plan could be built here for what is being restored, asked in a thread."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import NamedTuple

from engines import (
    DESCRIPTIONS,
    EngineError,
    find_card,
    find_plans,
    list_plans,
    load_bundle,
)


class PlanWanted(NamedTuple):
    """What a plan would be for.

    Attributes
    ----------
    engine : str
        A name, or the folder of a bundle.
    height, width : int
        Of an LR frame in pixels.
    """

    engine: str
    height: int
    width: int

    def __str__(self) -> str:
        name = Path(self.engine).name
        return f"a TensorRT plan of {name} for {self.height} x {self.width} pixels"


class PlanOffer(NamedTuple):
    """A plan that could be built.

    Attributes
    ----------
    wanted : PlanWanted
    problem, fix : str
        Why it can't be built here, or needn't be; empty if it can.
    """

    wanted: PlanWanted
    problem: str = ""
    fix: str = ""


def find_offer(wanted: PlanWanted) -> PlanOffer:
    """Look for the libraries, the GPU, and a plan that is there already; may take seconds."""
    if wanted.engine in DESCRIPTIONS:
        return PlanOffer(wanted, f"{wanted.engine} has no network.", "Choose another engine.")
    try:
        bundle = load_bundle(wanted.engine)
        list_plans(bundle)
        library, _, device = find_card()
    except EngineError as error:
        return PlanOffer(wanted, error.problem, error.fix)
    largest = bundle.manifest.tile_side or max(wanted.height, wanted.width)
    try:
        height, width = min(wanted.height, largest), min(wanted.width, largest)
        find_plans(bundle, library.title, device, height=height, width=width)
    except EngineError:
        return PlanOffer(wanted)
    return PlanOffer(wanted, "there is one already.", "It is used where it is the fastest.")


class PlanOffers:
    """Finds out in a thread: a library may take long to load, and a driver long to answer."""

    def __init__(self) -> None:
        self._wanted: PlanWanted | None = None
        self._offer: PlanOffer | None = None
        self._thread: threading.Thread | None = None

    def of(self, wanted: PlanWanted) -> PlanOffer | None:
        """Say what was found for this plan; None while nothing is known."""
        if wanted != self._wanted:
            self._wanted, self._offer = wanted, None
        idle = self._thread is None or not self._thread.is_alive()
        if self._offer is None and idle:
            self._thread = threading.Thread(
                target=self._look, args=(wanted,), name="TensorRT plan", daemon=True
            )
            self._thread.start()
        return self._offer

    def forget(self) -> None:
        """Look again: a plan has been built."""
        self._wanted = None

    def _look(self, wanted: PlanWanted) -> None:
        offer = find_offer(wanted)
        if self._wanted == wanted:
            self._offer = offer
