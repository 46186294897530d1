"""A part of a pymmcore-plus script: its MDA sequences are restored and recorded as they run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from acquisition.plans import MdaStreams
from engines import AUTO
from pssr_live.defaults import DEFAULT_ENGINE
from pssr_live.errors import UserError
from pssr_live.scripting import ScriptedSessions, ScriptListener, logged_not_raised

if TYPE_CHECKING:
    import useq
    from pymmcore_plus import CMMCorePlus

_LONGEST_PLAN = 20_000


def connect(
    mmcore: CMMCorePlus,
    *,
    engine: str | Sequence[str] = DEFAULT_ENGINE,
    backend: str = AUTO,
    save: str | PathLike[str] | None = None,
    window: bool = False,
) -> MdaConnection:
    """Restore and record every MDA sequence of a core from now on, beside whatever else takes them.

    Parameters
    ----------
    mmcore : pymmcore_plus.CMMCorePlus
        Only listened to, but for the bit depth, which is asked of it with each sequence's first
        frame.
    engine : str or sequence of str
        The name of a bundled engine, a bundle's folder, or as the command line takes it for several
        channels: ``["GFP=mito-lite", "mCherry=none"]``.
    backend : str
        ``auto`` or a backend's name.
    save : path, optional
        Folder for the first sequence; those that follow get ``NAME-2``, ``NAME-3``, … Nothing is
        recorded where it is not given.
    window : bool
        Whether to show raw and restored frames, in a process of its own, which is there when this
        returns. It stays until its user closes it.

    Returns
    -------
    MdaConnection
        To be closed after the last sequence, as by ``with``.

    Raises
    ------
    UserError, EngineError
        If pymmcore-plus is missing, `mmcore` is not one of its cores, there is no such engine, the
        folder holds a recording already, or no window can be shown.
    """
    try:
        import pymmcore_plus  # noqa: F401 - what follows fails without it
    except ImportError as error:
        raise UserError(
            f"pymmcore-plus is not installed: {error}.", 'Run: pip install "pssr-live[mda]"'
        ) from error
    if not hasattr(mmcore, "mda"):
        raise UserError(
            f"A {type(mmcore).__name__} does not report its images.",
            "Make the core as in: from pymmcore_plus import CMMCorePlus; mmcore = CMMCorePlus()",
        )
    sessions = ScriptedSessions(
        engine, backend=backend, save=save, url="pymmcore-plus:", window=window
    )
    return MdaConnection(mmcore, sessions)


class MdaConnection(ScriptListener):
    """Hands the frames of each MDA sequence to a session of its own, see `connect`.

    Parameters
    ----------
    mmcore : pymmcore_plus.CMMCorePlus
    sessions : ScriptedSessions
    """

    def __init__(self, mmcore: CMMCorePlus, sessions: ScriptedSessions) -> None:
        super().__init__(sessions)
        self._mmcore = mmcore
        self._streams: MdaStreams | None = None
        self._sequence: useq.MDASequence | None = None
        self._seen_from_start = False
        self._first_ms = 0.0
        events = mmcore.mda.events
        self._connected: list[tuple[Any, Callable[..., None]]] = [
            (events.sequenceStarted, self._on_started),
            (events.frameReady, self._on_frame),
            (events.sequenceFinished, self._on_finished),
        ]
        for signal, callback in self._connected:
            _listen(signal, callback)
        # Signals hold their listeners weakly, and a script may not keep the connection.
        _OPEN.add(self)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the files of all sequences that have ended are complete.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait for each at most.

        Returns
        -------
        bool
            Whether they are.
        """
        return self._sessions.wait(timeout)

    def close(self) -> None:
        """Listen no more, and wait until all files are complete. May be called more than once."""
        for signal, callback in self._connected:
            signal.disconnect(callback)
        self._connected.clear()
        super().close()
        _OPEN.discard(self)

    def _on_started(self, sequence: useq.MDASequence, meta: Mapping[str, Any]) -> None:
        with logged_not_raised(), self._lock:
            self._sessions.end()
            self._prepare(sequence, meta)
            self._seen_from_start = True

    def _on_frame(self, image: NDArray[Any], event: useq.MDAEvent, meta: Mapping[str, Any]) -> None:
        with logged_not_raised(), self._lock:
            # One that was on its way while it was closed would begin a session that nobody ends.
            if not self._closed:
                self._take(np.asarray(image), event, meta)

    def _on_finished(self, sequence: useq.MDASequence) -> None:
        del sequence
        with logged_not_raised(), self._lock:
            self._sessions.end()
            self._streams = None

    def _prepare(self, sequence: useq.MDASequence, meta: Mapping[str, Any]) -> None:
        cameras = [one.get("num_camera_adapter_channels", 1) for one in meta.get("image_infos", ())]
        self._streams = MdaStreams(sequence, int(max(cameras, default=1)))
        self._sequence = sequence
        self._seen_from_start = False

    def _take(self, image: NDArray[Any], event: useq.MDAEvent, meta: Mapping[str, Any]) -> None:
        if not self._sessions.accepts(image):
            return
        if self._streams is None:
            # It had begun before anybody listened.
            import useq

            self._prepare(event.sequence or useq.MDASequence(), {})
        assert self._streams is not None  # noqa: S101 - prepared by now
        stream, index, time_point = self._streams.find(event)
        now_ms = float(meta.get("runner_time_ms", np.nan))
        run = self._sessions.current
        if run is None:
            self._first_ms = now_ms
            bits = self._mmcore.getImageBitDepth()
            run = self._sessions.begin(
                self._streams.format(image, meta, bits),
                settings=self._settings(),
                from_the_start=self._seen_from_start,
            )
        run.push(
            image,
            self._streams.complete(run.format),
            index=index,
            stream=stream,
            time_point=time_point,
            acquired=(now_ms - self._first_ms) / 1e3,
        )

    def _settings(self) -> dict[str, str]:
        if self._sequence is None:
            return {}
        plan = self._sequence.model_dump_json(exclude_unset=True)
        return {"plan": plan} if len(plan) <= _LONGEST_PLAN else {}


_OPEN: set[MdaConnection] = set()


def _listen(signal: Any, callback: Callable[..., None]) -> None:
    """Have a callback called at once, by the thread that emits."""
    if type(signal).__module__.startswith("psygnal"):
        signal.connect(callback)
        return
    # In a Qt application signals are Qt's, which would wait for the main thread to be idle.
    qt = sys.modules[type(signal).__module__].Qt
    signal.connect(callback, qt.ConnectionType.DirectConnection)
