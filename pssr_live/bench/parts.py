"""Parts of the path, each beside the plainest way to move the same bytes."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from acquisition import Frame, RingBuffer
from acquisition.micromanager import FRAMES_UNDER_WAY, ClientProcess, MicroManagerOptions
from engines import SCALE_FACTOR, Baseline, IntensityScale
from pssr_live.bench import transport_client
from pssr_live.bench.figures import FrameSize, PartFigures
from pssr_live.bench.frames import format_of, make_frames
from pssr_live.bench.timing import Effort, median, median_ratio, rates_in_turn, repeat
from pssr_live.recording import Recorder, StageTimes, record_engine

_RING = 64
# A turn of writing is one file of so many bytes, forced to the disk at its end; of tiny frames,
# which take as long as larger ones, of so many.
_FILE_BYTES, _MOST_FRAMES = 256 * 2**20, 2000
_POLL = 0.2


def ring_beside_memcpy(size: FrameSize, effort: Effort) -> PartFigures:
    """Append frames to a ring, or copy them to as much memory."""
    frames = make_frames(size)
    ring = RingBuffer(format_of(size), _RING)
    memory = np.zeros((_RING, *size), np.uint16)
    number = copied = 0

    def append() -> None:
        nonlocal number
        ring.append(
            Frame(
                pixels=frames[number % len(frames)],
                index=number,
                acquired=float(number),
                received=0.0,
            )
        )
        number += 1

    def copy() -> None:
        nonlocal copied
        np.copyto(memory[copied % _RING], frames[copied % len(frames)])
        copied += 1

    rates = rates_in_turn({"ring": append, "memcpy": copy}, effort)
    return _figures("ring buffer", "memcpy of the same frames", size, rates=rates)


def writer_beside_plain_file(size: FrameSize, effort: Effort, folder: Path) -> PartFigures:
    """Record raw frames with their restored ones, or write the same bytes one after the other.

    Both are forced to the disk before they are closed, and that is timed too.
    """
    raw = make_frames(size)[0]
    restored = np.tile(raw, (SCALE_FACTOR, SCALE_FACTOR))
    count = min(max(2, _FILE_BYTES // (raw.nbytes + restored.nbytes)), _MOST_FRAMES)
    engine = Baseline("bilinear")

    def record(place: Path) -> None:
        recorder = Recorder(
            place / "recording", format_of(size), source_url="benchmark:", source_settings={}
        )
        try:
            recorder.notes.note_engine(record_engine(engine, engine.name, IntensityScale(0.0, 1.0)))
            recorder.begin_restored()
            for number in range(count):
                recorder.append_raw(
                    Frame(pixels=raw, index=number, acquired=float(number), received=0.0)
                )
                recorder.append_restored(restored, float(number))
                recorder.complete_row(number, StageTimes(0.0, 0.0, 0.0, 0.0, 0.0), None)
        finally:
            recorder.close("the benchmark's end")

    def write_plainly(place: Path) -> None:
        with (place / "plain").open("wb", buffering=0) as file:
            for _ in range(count):
                for pixels in (raw, restored):
                    rest = pixels.data.cast("B")
                    while rest:
                        rest = rest[file.write(rest) :]
            os.fsync(file.fileno())

    ways = {"recording": record, "plain": write_plainly}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(effort.rounds + 1):
        for name, write in ways.items():
            with TemporaryDirectory(prefix="pssr-live-bench-", dir=folder) as place:
                (seconds,) = repeat(partial(write, Path(place)), 0.0)
            # The first turn only warms up: memory for the disk's cache has to be found.
            if turn:
                rates[name].append(count / seconds)
    return _figures("recording raw and restored", "one plain file, same bytes", size, rates=rates)


def transport_beside_memcpy(size: FrameSize, effort: Effort) -> PartFigures:
    """Take frames from a process as Micro-Manager's client sends them, or copy as many.

    Micro-Manager itself has no part in it: what it takes to hand out a frame comes on top.
    """
    frames = make_frames(size)
    place = np.empty_like(frames[0])
    number = 0

    def copy() -> None:
        nonlocal number
        np.copyto(place, frames[number % len(frames)])
        number += 1

    options = MicroManagerOptions(camera=f"{size.height}x{size.width}")
    client = ClientProcess(options, None, module=transport_client.__name__)
    try:

        def take() -> None:
            while client.poll(_POLL) is None:
                words = client.last_words()
                if words is not None:
                    raise RuntimeError(f"the process that sends frames ended: {words}")

        rates: dict[str, list[float]] = {"transport": [], "memcpy": []}
        take()
        for _ in range(effort.rounds):
            rates["memcpy"] += rates_in_turn({"": copy}, replace(effort, rounds=1))[""]
            # Those that were ready already would cost nothing.
            for _ in range(FRAMES_UNDER_WAY):
                take()
            rates["transport"] += rates_in_turn({"": take}, replace(effort, rounds=1))[""]
    finally:
        client.stop()
    return _figures("bridge: from a process, by shared memory", "memcpy", size, rates=rates)


def _figures(
    part: str, beside: str, size: FrameSize, *, rates: dict[str, list[float]]
) -> PartFigures:
    own, other = rates.values()
    return PartFigures(
        part=part,
        beside=beside,
        frame_size=size,
        frames_per_second=median(own),
        beside_per_second=median(other),
        ratio=median_ratio(own, other),
    )
