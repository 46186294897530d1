"""The traffic light: how worrying a frame is, and a light that does not flicker."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

# So many frames in a row must be better before the light is.
FRAMES_TO_RECOVER = 5


class Light(IntEnum):
    """How far a restored frame can be believed, as far as that can be told without the truth."""

    GREEN = 0
    AMBER = 1
    RED = 2

    @property
    def word(self) -> Literal["green", "amber", "red"]:
        """What it is called in figures and in the window."""
        return _WORDS[self]


_WORDS: dict[Light, Literal["green", "amber", "red"]] = {
    Light.GREEN: "green",
    Light.AMBER: "amber",
    Light.RED: "red",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that speaks against a frame.

    Attributes
    ----------
    light : Light
        How much.
    cause : str
        The figure that tells it, by name.
    words : str
        A sentence for the user.
    """

    light: Light
    cause: str
    words: str


class SteadyLight:
    """Gets worse with the first bad frame, and better only after several better ones."""

    def __init__(self) -> None:
        self.light: Light | None = None
        self.reason = ""
        self._better: list[tuple[Light, str]] = []

    def show(self, light: Light, reason: str) -> None:
        """Take the next frame's verdict into account."""
        if self.light is None or light >= self.light:
            self.light, self.reason = light, reason
            self._better.clear()
            return
        self._better.append((light, reason))
        if len(self._better) >= FRAMES_TO_RECOVER:
            self.light, self.reason = max(self._better, key=lambda verdict: verdict[0])
            self._better.clear()
