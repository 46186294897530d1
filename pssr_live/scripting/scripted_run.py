"""One experiment of somebody's script, restored and recorded beside it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquisition import FrameFormat, PixelType, PushedSource, StreamKey
from pssr_live.errors import describe
from pssr_live.restoring import ChannelEngines, EnginePool
from pssr_live.session import LiveSession

LOGGER = logging.getLogger("pssr_live")
_LOOK = 0.5


class ScriptedRun:
    """A session of frames that are pushed; what goes wrong with it never reaches the script.

    News is logged as ``pssr_live``: what was lost or failed as warnings and errors, which Python
    prints unless told otherwise, the rest as information.

    Parameters
    ----------
    frame_format : FrameFormat
        Of the first frames.
    choices : ChannelEngines
    engines : EnginePool
        Stays open.
    save : Path or None
        Where it is recorded.
    url : str
        Where frames come from, for the record.
    settings : mapping of str to str
        What else is to be recorded of it.
    from_the_start : bool
        Whether the first frame of each stream has the number 0, unless it was lost.

    Attributes
    ----------
    session : LiveSession
        Running, or ended.
    """

    def __init__(
        self,
        frame_format: FrameFormat,
        choices: ChannelEngines,
        engines: EnginePool,
        *,
        save: Path | None,
        url: str,
        settings: Mapping[str, str],
        from_the_start: bool,
    ) -> None:
        self._source = PushedSource(
            frame_format, url=url, settings=settings, from_the_start=from_the_start
        )
        self.session = LiveSession(self._source, choices, engines=engines, save=save)
        self._told: set[str] = set()
        self._watcher = threading.Thread(target=self._watch, name="script news")
        self.session.start()
        self._watcher.start()

    @property
    def format(self) -> FrameFormat:
        """Of the frames that come now."""
        return self._source.format

    @property
    def lost(self) -> list[tuple[StreamKey, int]]:
        """Streams and numbers of the frames that came faster than they were taken."""
        return self._source.lost

    def push(
        self,
        image: NDArray[PixelType],
        frame_format: FrameFormat,
        *,
        index: int,
        stream: StreamKey,
        time_point: int,
        acquired: float,
    ) -> None:
        """Hand over a frame, which is copied; returns at once.

        Parameters
        ----------
        image : ndarray of uint8 or uint16, shape (H, W)
        frame_format : FrameFormat
            With all streams that are known by now; of the size of the first frame.
        index, stream, time_point, acquired
            See `acquisition.Frame`.
        """
        height, width = image.shape
        if image.shape != self.format.shape or image.dtype != self.format.dtype:
            if len(frame_format.streams) > 1:
                self.warn_once(
                    f"Frames of {height} x {width} {image.dtype} came among others of "
                    f"{self.format.height} x {self.format.width} {self.format.dtype}, and are "
                    "neither restored nor recorded. Give all channels and positions one size."
                )
                return
            bits = min(frame_format.significant_bits, 8 * image.dtype.itemsize)
            frame_format = replace(
                frame_format, height=height, width=width, dtype=image.dtype, significant_bits=bits
            )
        self._source.change_format(frame_format)
        self._source.push(
            image, index=index, stream=stream, time_point=time_point, acquired=acquired
        )

    def warn_once(self, words: str) -> None:
        """Log a warning, the same one once."""
        if words not in self._told:
            self._told.add(words)
            LOGGER.warning("%s", words)

    def end(self) -> None:
        """Say that no frame follows; returns at once."""
        self._source.finish()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all its files are complete, and all is told; returns whether they are."""
        self._watcher.join(timeout)
        return not self._watcher.is_alive()

    def _watch(self) -> None:
        ended, faults = False, 0
        while not ended:
            ended = self.session.wait(_LOOK)
            if self._source.status and not ended:
                self.warn_once("Frames are lost: they come faster than this computer takes them.")
            for fault in self.session.faults[faults:]:
                faults += 1
                LOGGER.error("%s", describe(fault))
        self._sum_up()

    def _sum_up(self) -> None:
        now = self.session.statistics.snapshot()
        LOGGER.info("%d frames received, %d restored.", now.received, now.restored)
        for folder in self.session.folders:
            LOGGER.info("Recorded in %s", folder)
        if self._source.lost:
            names = [self._name(stream, index) for stream, index in self._source.lost[:20]]
            more = len(self._source.lost) - len(names)
            LOGGER.warning(
                "%s They are: %s%s.",
                self._source.status,
                ", ".join(names),
                f" and {more} more" if more else "",
            )

    def _name(self, stream: StreamKey, index: int) -> str:
        name = self.format.stream_name(stream)
        return f"frame {index} of {name}" if name else f"frame {index}"


@contextmanager
def logged_not_raised() -> Iterator[None]:
    """Keep what goes wrong from the script: an exception here can end its experiment."""
    try:
        yield
    except Exception:
        LOGGER.exception("A frame was neither restored nor recorded.")


def why_not(image: NDArray[np.generic]) -> str:
    """Say why an image is no frame of counts, (H, W) uint8 or uint16; empty if it is one."""
    if image.ndim != 2:
        return (
            f"Images of the shape {image.shape} are neither restored nor recorded. "
            "Set the camera to single-channel images."
        )
    if image.dtype not in (np.dtype(np.uint8), np.dtype(np.uint16)):
        return (
            f"Images of {image.dtype} are neither restored nor recorded. "
            "Set the camera to 8 or 16 bits."
        )
    return ""
