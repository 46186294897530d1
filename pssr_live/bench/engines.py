"""One bundle on one backend: alone, in the live path, and with the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquisition import WINDOW_LENGTH
from engines import BACKENDS, EngineError
from pssr_live.bench import path
from pssr_live.bench.figures import (
    EngineFigures,
    FrameSize,
    GuiFigures,
    PathFigures,
    Spread,
)
from pssr_live.bench.frames import format_of, make_frames
from pssr_live.bench.latency import measure_latency
from pssr_live.bench.timing import Effort, median, median_ratio, repeat
from pssr_live.bench.window import NoWindowError, watch_window
from pssr_live.restoring import EngineChoice, EnginePool, SharedEngine

# Slower engines are no live engines, and would take minutes.
SLOWEST_SECONDS = 1.0
_SAVED = (path.NOTHING, path.RAW, path.BOTH)


def measure_engine(
    choice: EngineChoice,
    size: FrameSize,
    effort: Effort,
    *,
    folder: Path,
    on_note: Callable[[str], None],
) -> EngineFigures:
    """Measure one bundle on one backend.

    Parameters
    ----------
    choice : EngineChoice
        A bundle, and a key of `engines.BACKENDS`.
    size : FrameSize
    effort : Effort
    folder : Path
        On the disk to record on.
    on_note : callable
        Told what could not be measured, and why.

    Returns
    -------
    EngineFigures
    """
    entry, bundle = BACKENDS[choice.backend], choice.bundle
    version = bundle.manifest.version if bundle is not None else ""
    figures = EngineFigures(
        engine=choice.name,
        version=version,
        backend=entry.title,
        precision=entry.precision,
        frame_size=size,
    )
    why_not = entry.why_not()
    if why_not is not None:
        return replace(figures, why_not=why_not)
    with EnginePool() as pool:
        try:
            shared = pool.open(choice, format_of(size))
        except EngineError as error:
            return replace(figures, why_not=str(error))
        return _measure(
            figures,
            path.BenchEngine(choice, pool),
            shared,
            effort=effort,
            folder=folder,
            on_note=on_note,
        )


def _measure(
    figures: EngineFigures,
    engine: path.BenchEngine,
    shared: SharedEngine,
    *,
    effort: Effort,
    folder: Path,
    on_note: Callable[[str], None],
) -> EngineFigures:
    frames = make_frames(figures.frame_size)
    restore = restorer(shared, frames)
    alone = repeat(restore, effort.seconds)
    if np.median(alone) > SLOWEST_SECONDS:
        on_note(
            f"The live path of {figures.engine} on {figures.backend}: "
            f"the engine takes more than {SLOWEST_SECONDS:g} s a frame."
        )
        return replace(figures, alone=Spread.of(alone), frames_per_second=len(alone) / sum(alone))
    alone, own_rates, paths = [], [], []
    for saved in _SAVED:
        rates, beside, taken = path.rates_beside_engine(
            engine, frames, saved, effort=effort, folder=folder, restore=restore
        )
        alone += taken
        own_rates += beside
        paths.append(PathFigures(saved.title, median(rates), median_ratio(rates, beside)))
    return replace(
        figures,
        alone=Spread.of(alone),
        frames_per_second=median(own_rates),
        paths=paths,
        latencies=[
            measure_latency(engine, frames, saved, effort=effort, folder=folder, restore=restore)
            for saved in (path.RAW, path.BOTH)
        ],
        window=_window(engine, frames, effort, folder=folder, on_note=on_note),
    )


def restorer(shared: SharedEngine, frames: NDArray[np.uint16]) -> Callable[[], None]:
    """Restore the frames' windows one after the other, into the same place."""
    intensity = shared.fix_intensity(frames[:WINDOW_LENGTH])
    height, width = frames.shape[1:]
    out = shared.new_buffer(format_of(FrameSize(height, width)))
    turn = 0

    def restore() -> None:
        nonlocal turn
        turn = (turn + 1) % (len(frames) - WINDOW_LENGTH + 1)
        shared.restore(frames[turn : turn + WINDOW_LENGTH], intensity, out)

    return restore


def _window(
    engine: path.BenchEngine,
    frames: NDArray[np.uint16],
    effort: Effort,
    *,
    folder: Path,
    on_note: Callable[[str], None],
) -> GuiFigures | None:
    drawn, processor_ms, rates, without = [], [], [], []
    try:
        for _ in range(effort.rounds):
            without.append(
                path.frames_per_second(
                    engine, frames, path.RAW, seconds=effort.seconds, folder=folder
                )
            )
            with watch_window() as window:
                rates.append(
                    path.frames_per_second(
                        engine,
                        frames,
                        path.RAW,
                        seconds=effort.seconds,
                        folder=folder,
                        watcher=window,
                    )
                )
            drawn.append(window.drawn / effort.seconds)
            processor_ms.append(1e3 * window.processor_seconds / max(1, window.drawn))
    except NoWindowError as error:
        on_note(f"The window: {error}")
        return None
    return GuiFigures(
        drawn_per_second=median(drawn),
        processor_ms=median(processor_ms),
        frames_per_second=median(rates),
        of_path=median_ratio(rates, without),
    )
