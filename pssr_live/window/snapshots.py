"""Snapshots written in threads of their own, so that the window never waits for a disk."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

from engines import why_refused
from gui import Status
from pssr_live.errors import UserError
from pssr_live.window.places import free_place, name_of
from pssr_live.window.snapshot import PICTURE_ENDING, ShownFrame, write_snapshot

_FOLDER = "snapshots"


class Snapshots:
    """Writes them, and has to tell what became of each."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._turn = threading.Lock()
        self._written: queue.SimpleQueue[str | UserError] = queue.SimpleQueue()

    def write(self, folder: Path, wish: str, picture: bytes, *, shown: ShownFrame) -> None:
        """Begin to write a snapshot.

        Parameters
        ----------
        folder : Path
            Where recordings go; snapshots have a folder in it.
        wish : str
            What the user calls it; empty for date and time.
        picture : bytes
            Of the window, a PNG.
        shown : ShownFrame
            The frame, raw and restored.
        """
        thread = threading.Thread(
            target=self._write,
            args=(folder / _FOLDER, name_of(wish), picture),
            kwargs={"shown": shown},
            name="snapshot",
        )
        self._threads.append(thread)
        thread.start()

    def news(self) -> Iterator[str | UserError]:
        """Tell what was written since, in words, or why not."""
        while not self._written.empty():
            yield self._written.get()

    def wait(self) -> None:
        """Wait for what is being written."""
        for thread in self._threads:
            thread.join()

    def _write(self, folder: Path, name: str, picture: bytes, *, shown: ShownFrame) -> None:
        try:
            # In turns: a name that is free must still be so when it is taken.
            with self._turn:
                stem = free_place(folder, name, PICTURE_ENDING)
                write_snapshot(stem, picture, shown)
        except OSError as error:
            problem = f"The snapshot can't be saved in {folder}: {why_refused(error, folder)}."
            self._written.put(UserError(problem, "Choose another folder."))
        else:
            self._written.put(f"Snapshot: {stem}{PICTURE_ENDING}, and the images as TIFF beside it")


def why_no_snapshot(status: Status) -> tuple[str, str]:
    """Say why there is no image to keep, and what to do."""
    if not status.state.busy:
        return "There is no image to save yet.", "Start first."
    why = status.task or status.state.label
    return f"No frame is restored yet: {why}.", "Wait for the first restored image."
