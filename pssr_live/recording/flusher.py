"""Forcing a recording to the disk while it is made."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from engines import force_to_disk
from pssr_live.recording.disk_error import DiskError

# Seconds from one time to the next, and how many times as long as it takes.
SHORTEST_INTERVAL, LONGEST_INTERVAL = 0.25, 2.0
_REST = 4.0


class Flusher:
    """At least every two seconds has the system put on the disk what it still keeps in memory.

    So a power cut takes no more than that, and closing a file has no more than that to wait for,
    however long the recording. A fast disk is asked more often: the more there is to be written at
    once, the longer the frames of that moment wait.

    What nobody reads back need not stay in memory afterwards: hundreds of megabytes a second would
    drive out everything else, and memory that was used a moment ago is quicker to get.

    Parameters
    ----------
    paths : mapping of Path to bool
        The files, and whether they are read back soon; those that are not there, or not yet, are
        passed over.
    on_fault : callable
        Told of the first failure.
    """

    def __init__(self, paths: Mapping[Path, bool], on_fault: Callable[[Exception], None]) -> None:
        self._paths = paths
        self._on_fault = on_fault
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flusher")
        self._thread.start()

    def stop(self) -> None:
        """End; files are forced to the disk once more as they are closed."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        interval = SHORTEST_INTERVAL
        while not self._stop.wait(interval):
            began = time.perf_counter()
            for path, read_back in self._paths.items():
                try:
                    _flush(path, read_back=read_back)
                except OSError as error:
                    self._on_fault(DiskError.of_flush(error, path.parent))
                    return
            took = time.perf_counter() - began
            interval = min(max(_REST * took, SHORTEST_INTERVAL), LONGEST_INTERVAL)


def _flush(path: Path, *, read_back: bool) -> None:
    # A handle of its own: on Windows one that is being flushed can't be written to.
    with suppress(FileNotFoundError), path.open("r+b", buffering=0) as file:
        force_to_disk(file)
        if sys.platform == "linux" and not read_back:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
