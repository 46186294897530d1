"""How old the frames are that a slow subscriber gets.

Run: python -m benchmarks.slow_subscriber

Frames of the size that 440 x 440 is restored to are published ten times a second; subscribers in
processes of their own take a second over each. One queues as ZeroMQ does unless told otherwise, one
keeps no queue, one also drops what has aged, as docs/publish.md says, and one is quick.
"""

from __future__ import annotations

import json
import multiprocessing
import time

import numpy as np
import zmq

from acquisition import FrameFormat, Window
from pssr_live.recording import EngineRecord
from pssr_live.session import Newest, Origin, Publisher

SIDE, SCALE = 440, 4
INTERVAL, SECONDS_OVER_A_FRAME, DURATION = 0.1, 1.0, 25.0
KINDS = {
    "quick": "quick, with `rcvhwm = 1`",
    "queue": "slow, ZeroMQ's own queue of 1,000",
    "plain": "slow, `rcvhwm = 1`",
    "fresh": "slow, `rcvhwm = 1`, dropping frames older than the interval",
}


def subscribe(
    kind: str, address: str, ages: multiprocessing.Queue[tuple[str, list[float]]]
) -> None:
    socket = zmq.Context().socket(zmq.SUB)
    if kind != "queue":
        socket.rcvhwm = 1
    socket.connect(address)
    socket.subscribe("restored")
    seen = []
    end = time.monotonic() + DURATION
    while time.monotonic() < end:
        if not socket.poll(500):
            continue
        _, text, _ = socket.recv_multipart()
        age = time.time() - json.loads(text)["published"]
        if kind == "fresh" and age > INTERVAL:
            continue
        seen.append(age)
        if kind != "quick":
            time.sleep(SECONDS_OVER_A_FRAME)
    ages.put((kind, seen))


def main() -> None:
    publisher = Publisher("tcp://127.0.0.1:*")
    newest = Newest()
    publisher.follow(newest)
    spawn = multiprocessing.get_context("spawn")
    ages: multiprocessing.Queue[tuple[str, list[float]]] = spawn.Queue()
    readers = [spawn.Process(target=subscribe, args=(k, publisher.address, ages)) for k in KINDS]
    for reader in readers:
        reader.start()
    engine = EngineRecord(
        name="", path="", backend="", digest="", scale_factor=SCALE, offset=0.0, gain=1.0
    )
    frame_format = FrameFormat(
        height=SIDE, width=SIDE, dtype=np.dtype(np.uint16), significant_bits=16, interval_s=INTERVAL
    )
    origin = Origin(segment=0, format=frame_format, engine=engine, recording="")
    window = np.zeros((5, SIDE, SIDE), np.uint16)
    restored = np.zeros((SIDE * SCALE, SIDE * SCALE), np.uint16)
    sequence = 0
    while any(reader.is_alive() for reader in readers) and ages.qsize() < len(KINDS):
        now = time.perf_counter()
        place = Window(
            pixels=window,
            index=sequence,
            acquired=0.0,
            received=now,
            completed=now,
            sequence=sequence,
            first=sequence,
            last=sequence,
        )
        newest.offer(sequence, place, restored, origin=origin)
        sequence += 1
        time.sleep(max(0.0, INTERVAL - (time.perf_counter() - now)))
    found = dict(ages.get() for _ in readers)
    publisher.close()
    print(f"{publisher.published} frames published, {publisher.skipped} passed over")
    print("| subscriber | frames it got | their age, median | at most |\n|---|---|---|---|")
    for kind, words in KINDS.items():
        # The first ones fill the queues.
        late = np.array(found[kind][len(found[kind]) // 3 :])
        median, most = (f"{1e3 * value:.0f} ms" for value in (np.median(late), late.max()))
        print(f"| {words} | {len(found[kind])} | {median} | {most} |")


if __name__ == "__main__":
    main()
