"""TensorRT plans as the window offers them: whether one can be built, the build, its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pssr_live.errors import UserError
from pssr_live.window.tensorrt.offer import PlanOffer, PlanOffers, PlanWanted
from pssr_live.window.tensorrt.process import PlanProcess


class Entry(NamedTuple):
    """What stands in the menu.

    Attributes
    ----------
    words, explanation : str
    possible : bool
        Whether it can be chosen.
    """

    words: str
    explanation: str
    possible: bool


class PlanBuilding:
    """One plan after the other, each in a process of its own; nothing here waits.

    Parameters
    ----------
    compute_capabilities : sequence of str
        Of the GPUs that shall run them; none for the one that is here.
    """

    def __init__(self, compute_capabilities: Sequence[str] = ()) -> None:
        self._compute_capabilities = compute_capabilities
        self._offers = PlanOffers()
        self._offer: PlanOffer | None = None
        self._process: PlanProcess | None = None

    @property
    def task(self) -> str:
        """What is being built, in words; empty if nothing is."""
        return self._process.words if self._process is not None else ""

    @property
    def hint(self) -> str:
        """What the user should know of, in words; empty if there is nothing."""
        if self._process is not None or self._offer is None or self._offer.problem:
            return ""
        return "This graphics card can run the engine, once Engine ▾ has built a plan"

    def look(self, wanted: PlanWanted | None) -> Entry:
        """Say what the menu shall offer for an engine and frames; None while there are none."""
        self._offer = self._offers.of(wanted) if wanted is not None else None
        if self._process is not None:
            return Entry("Cancel building the TensorRT plan", self._process.words, True)
        if wanted is None:
            reason = "no frame has come yet", "A plan is built for frames of one size."
        elif self._offer is None:
            reason = "looking for an NVIDIA GPU", "This may take some seconds."
        elif self._offer.problem:
            reason = self._offer.problem, self._offer.fix
        else:
            words = f"Build a TensorRT plan for {wanted.height} x {wanted.width} pixels"
            return Entry(words, "The engine is reopened when the plan is built.", True)
        return Entry(f"No TensorRT plan: {reason[0]}", reason[1], False)

    def begin_or_give_up(self) -> None:
        """Build what was offered, or build it no longer."""
        if self._process is not None:
            self.give_up()
        elif self._offer is not None and not self._offer.problem:
            self._process = PlanProcess(self._offer.wanted, self._compute_capabilities)

    def give_up(self) -> None:
        """End what is being built, if anything is."""
        if self._process is not None:
            self._process.give_up()
            self._process = None

    def take_result(self) -> str | UserError | None:
        """Tell once what became of a plan, in words or as an error; None if none has ended."""
        if self._process is None or self._process.running:
            return None
        result = self._process.result()
        self._process = None
        self._offers.forget()
        return result
