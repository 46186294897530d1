"""The previews of the last while, as many as fit into a fixed share of memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from gui.preview import Preview

HISTORY_BYTES = 512 * 2**20


class History:
    """Keeps previews in the order they were shown; the oldest make room for the newest.

    Parameters
    ----------
    limit : int
        Bytes of pixels that are kept at most; the newest preview is kept in any case.
    """

    def __init__(self, limit: int = HISTORY_BYTES) -> None:
        self.limit = limit
        self._previews: deque[Preview] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._previews)

    def __getitem__(self, place: int) -> Preview:
        return self._previews[place]

    def __iter__(self) -> Iterator[Preview]:
        return iter(self._previews)

    @property
    def kept_bytes(self) -> int:
        """Bytes of pixels that are kept now."""
        return self._bytes

    def append(self, preview: Preview) -> int:
        """Keep a preview.

        Parameters
        ----------
        preview : Preview
            Newer than all that are kept.

        Returns
        -------
        int
            How many of the oldest had to go.
        """
        self._previews.append(preview)
        self._bytes += preview.nbytes
        before = len(self._previews)
        while self._bytes > self.limit and len(self._previews) > 1:
            self._bytes -= self._previews.popleft().nbytes
        return before - len(self._previews)

    def clear(self) -> None:
        """Keep nothing."""
        self._previews.clear()
        self._bytes = 0
