"""Whether the camera was started anew, where neither its numbers nor its times tell.

A core counts a camera's images, and their times where the camera notes none itself, from 0 both
after a start and after its buffer was cleared. All else that can be asked of it is the same then
too: a sequence runs, and the buffer holds what came since. What is left is the time from the zero
to the first image.
"""

from __future__ import annotations

# A start is told from a clear only where it takes by so much longer than from image to image.
_LEAST_MS = 50.0
_MOST_OF_THE_DELAY = 0.75
# After a clear the camera is waited for no longer than from image to image; after a start, at
# least for an exposure.
_SURELY_SOONER = 0.9


class StartDelay:
    """How long the camera takes from a start to its first image, as our own start has shown."""

    def __init__(self) -> None:
        self._first_ms = self._exposure_ms = 0.0

    def note(self, first_ms: float, exposure_ms: float) -> None:
        """Note when the first image after our own start came.

        Parameters
        ----------
        first_ms : float
            After the start.
        exposure_ms : float
            Of that image.
        """
        self._first_ms, self._exposure_ms = first_ms, exposure_ms

    def shows_a_start(self, first_ms: float, exposure_ms: float, step_ms: float) -> bool:
        """Whether a first image came so late that the camera was started before it.

        Parameters
        ----------
        first_ms : float
            After the time from which it is counted.
        exposure_ms : float
            Of that image.
        step_ms : float
            From image to image; 0 where not known.
        """
        step = max(step_ms, exposure_ms)
        longer = self._first_ms + exposure_ms - self._exposure_ms - step
        known = self._first_ms > 0 and step_ms > 0 and longer >= _LEAST_MS
        return known and first_ms >= step + _MOST_OF_THE_DELAY * longer

    @staticmethod
    def excludes_a_start(first_ms: float, exposure_ms: float, step_ms: float) -> bool:
        """Whether a first image came sooner than after any start, see `shows_a_start`."""
        return first_ms < _SURELY_SOONER * min(step_ms, exposure_ms)
