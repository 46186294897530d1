"""How long a disk that refuses or hangs is asked again.

That never holds the preview up for long, and is worth while: a network drive may come back,
somebody may free some space.
"""

from __future__ import annotations

import time
from collections.abc import Callable

# In seconds. What the disk does not take within the first, it is not asked for any more.
PATIENCE = 10.0
ASK_AGAIN_AFTER = 0.2
PLACE_CHECK_INTERVAL = 1.0


class PlaceCheck:
    """Notices now and then that a file was deleted or moved: writing to it goes on without error.

    Parameters
    ----------
    check : callable
        Looks whether the file is in its place.
    """

    def __init__(self, check: Callable[[], object]) -> None:
        self._check = check
        self._checked = 0.0

    def look(self) -> None:
        """Look, if that was not done just before.

        Raises
        ------
        OSError
            If the file is not where it should be.
        """
        now = time.perf_counter()
        if now - self._checked > PLACE_CHECK_INTERVAL:
            self._checked = now
            self._check()
