"""What a client has to know of the one before it, to go on where that one was cut off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from acquisition.micromanager.experiment_progress import ExperimentProgress
from acquisition.micromanager.image import CoreImage


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """Where frames stood when a client was lost.

    Attributes
    ----------
    mode : str
        ``acquire`` or ``follow``; empty where Micro-Manager itself was gone: a camera that runs
        when it is back is not ours, unless its numbers go on.
    tags : dict of str to str
        Of the last frame received.
    began_ms : float
        Elapsed time at which its run began.
    height, width : int
        Of the frames, in LR pixels.
    dtype : str
        Of their pixels.
    pixel_size_um, interval_s : float or None
        As they were told.
    experiment : ExperimentProgress or None
        Of Micro-Manager, of which the frames were; then nothing else is known.
    """

    mode: str
    tags: dict[str, str]
    began_ms: float
    height: int
    width: int
    dtype: str
    pixel_size_um: float | None
    interval_s: float | None
    experiment: ExperimentProgress | None = None

    @property
    def frame(self) -> tuple[int, int, str]:
        """Height, width and dtype."""
        return self.height, self.width, self.dtype

    @property
    def last(self) -> CoreImage:
        """The last frame received, without its pixels."""
        number, elapsed_ms = int(self.tags["ImageNumber"]), float(self.tags["ElapsedTime-ms"])
        return CoreImage(
            pixels=np.empty(0, self.dtype), tags=self.tags, number=number, elapsed_ms=elapsed_ms
        )

    @classmethod
    def read(cls, content: dict[str, Any] | None) -> Resumption | None:
        """Read what was handed over as JSON; None for the first client."""
        if not content:
            return None
        experiment = ExperimentProgress.read(content.pop("experiment", None))
        return cls(**content, experiment=experiment)
