"""A part of a pycro-manager script: the images of its acquisitions are restored and recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from acquisition import StreamKey
from engines import AUTO
from pssr_live.defaults import DEFAULT_ENGINE
from pssr_live.scripting import (
    AxesStreams,
    ScriptedSessions,
    ScriptListener,
    logged_not_raised,
    number,
)

# Images of the first time point that are held until it is known which streams there are.
_MOST_HELD, _MOST_HELD_BYTES = 1024, 256 * 2**20


def image_processor(
    *,
    engine: str | Sequence[str] = DEFAULT_ENGINE,
    backend: str = AUTO,
    save: str | PathLike[str] | None = None,
    events: Iterable[Any] = (),
    window: bool = False,
) -> ImageProcessor:
    """Make an ``image_process_fn`` that restores and records in the background.

    It returns every image and its metadata untouched, at once, so that pycro-manager shows and
    saves them as ever.

    Parameters
    ----------
    engine : str or sequence of str
        The name of a bundled engine, a bundle's folder, or as the command line takes it for several
        channels: ``["GFP=mito-lite", "mCherry=none"]``.
    backend : str
        ``auto`` or a backend's name.
    save : path, optional
        Folder for the first acquisition; those that follow get ``NAME-2``, ``NAME-3``, … Nothing is
        recorded where it is not given.
    window : bool
        Whether to show raw and restored frames, in a process of its own, which is there when this
        returns. It stays until its user closes it.
    events : iterable, optional
        The acquisition's events: they say which channels, slices and positions there will be.
        Without them that is known only after the first time point, whose images are held until
        then.

    Returns
    -------
    ImageProcessor
        To be closed after the last acquisition, as by ``with``.

    Raises
    ------
    UserError, EngineError
        If there is no such engine, the folder holds a recording already, or no window can be shown.
    """
    sessions = ScriptedSessions(
        engine, backend=backend, save=save, url="pycromanager:", window=window
    )
    return ImageProcessor(sessions, AxesStreams(events))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Image:
    pixels: NDArray[Any]
    metadata: Mapping[str, Any]
    stream: StreamKey
    index: int
    time_point: int


class ImageProcessor(ScriptListener):
    """Hands every image that it is called with to a session, see `image_processor`.

    Parameters
    ----------
    sessions : ScriptedSessions
    streams : AxesStreams
    """

    def __init__(self, sessions: ScriptedSessions, streams: AxesStreams) -> None:
        super().__init__(sessions)
        self._streams = streams
        self._held: list[_Image] = []
        self._first_ms = 0.0

    def __call__(
        self, image: NDArray[Any], metadata: dict[str, Any]
    ) -> tuple[NDArray[Any], dict[str, Any]]:
        """Take a copy of an image, and return it and its metadata as they are."""
        with logged_not_raised(), self._lock:
            if not self._closed:
                self._take(np.asarray(image), metadata)
        return image, metadata

    def _take(self, pixels: NDArray[Any], metadata: dict[str, Any]) -> None:
        if not self._sessions.accepts(pixels):
            return
        axes = metadata.get("Axes") or {}
        name = str(metadata.get("PositionName", ""))
        if self._streams.is_new_run(axes, name):
            self._let_go()
            self._sessions.end()
            self._streams.begin_anew()
        stream, index, time_point = self._streams.find(axes, name)
        image = _Image(
            pixels=pixels, metadata=metadata, stream=stream, index=index, time_point=time_point
        )
        if self._sessions.current is not None or self._streams.planned:
            self._push(image)
            return
        if self._held and time_point != self._held[0].time_point:
            self._let_go()
            self._push(image)
            return
        # Pycro-manager goes on to write to it, or the script does.
        self._held.append(replace(image, pixels=pixels.copy(), metadata=dict(metadata)))
        if len(self._held) >= min(_MOST_HELD, max(1, _MOST_HELD_BYTES // pixels.nbytes)):
            self._let_go()

    def _take_the_last(self) -> None:
        self._let_go()

    def _let_go(self) -> None:
        held, self._held = self._held, []
        for image in held:
            self._push(image)

    def _push(self, image: _Image) -> None:
        elapsed = number(image.metadata, "ElapsedTime-ms")
        now_ms = np.nan if elapsed is None else elapsed
        run = self._sessions.current
        if run is None:
            self._first_ms = now_ms
            run = self._sessions.begin(self._streams.format(image.pixels, image.metadata))
        run.push(
            image.pixels,
            self._streams.complete(run.format),
            index=image.index,
            stream=image.stream,
            time_point=image.time_point,
            acquired=(now_ms - self._first_ms) / 1e3,
        )
