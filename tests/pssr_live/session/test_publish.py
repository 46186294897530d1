"""Frames for other programs over real sockets, and the programs of docs/publish.md as they are."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zmq

from pssr_live.cli.demo import run_demo
from pssr_live.cli.session import SessionOptions
from pssr_live.errors import UserError
from pssr_live.recording import ImageFormat, SessionRecord
from pssr_live.restoring import EngineChoice
from pssr_live.session import LiveSession, Newest, Publisher, publishing
from pssr_live.terminal import Terminal
from pssr_live.trust import FIGURES, UNCERTAINTY
from tests.pssr_live.cli.test_cli import SIMULATED, run
from tests.pssr_live.scripted import ScriptedSource
from tests.pssr_live.session.publishing import (
    ANY_PORT,
    PAGE,
    offer,
    offering,
    wait_until,
)
from tests.pssr_live.sessions import TIMEOUT

OPTIONS = SessionOptions(
    engine="bilinear",
    backend="auto",
    save=None,
    frames=3,
    headless=True,
    image_format=ImageFormat.OME_TIFF,
    publish=ANY_PORT,
    publish_to_network=True,
)


@contextmanager
def subscribed(publisher: Publisher, topic: str = "") -> Iterator[zmq.Socket[bytes]]:
    """A subscriber as the docs advise, known to the publisher."""
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.rcvhwm = 1
        socket.linger = 0
        socket.connect(publisher.address)
        socket.subscribe(topic)
        wait_until(lambda: topic in publisher._prefixes)
        yield socket


def receive(socket: zmq.Socket[bytes]) -> tuple[dict[str, Any], np.ndarray]:
    assert socket.poll(1000 * TIMEOUT)
    topic, text, pixels = socket.recv_multipart()
    header = json.loads(text)
    assert topic.decode() == header["stream"]
    assert header["byte_order"] == sys.byteorder
    return header, np.frombuffer(pixels, header["dtype"]).reshape(header["shape"])


def test_both_streams_carry_what_is_recorded_and_say_where_it_comes_from(tmp_path: Path) -> None:
    source = ScriptedSource(chain(range(10, 20), count(25)), interval=0.02)
    session = LiveSession(source, EngineChoice("mito-lite"), save=tmp_path / "cell-3")
    received = []
    with closing(Publisher(ANY_PORT)) as publisher, subscribed(publisher) as socket:
        publisher.follow(session.newest)
        before = time.time()
        session.start()
        streams: set[str] = set()
        while streams < {"raw", "restored"} or received[-1][0]["sequence"] < 25:
            received.append(receive(socket))
            streams.add(received[-1][0]["stream"])
        session.stop()
        assert session.wait(TIMEOUT)
    record = SessionRecord.read(tmp_path / "cell-3")
    files = {n: tifffile.imread(tmp_path / "cell-3" / f"{n}.ome.tif") for n in ("raw", "restored")}
    assert record.engine is not None
    for header, pixels in received:
        stream, sequence = header["stream"], header["sequence"]
        np.testing.assert_array_equal(pixels, files[stream][sequence])
        assert header["index"] == (10 + sequence if sequence < 10 else 15 + sequence)
        assert header["prediction"] == (stream == "restored")
        assert header["pixel_size_um"] == pytest.approx(0.049 if stream == "restored" else 0.196)
        assert (header["recording"], header["segment"]) == ("cell-3", 0)
        assert header["acquired_s"] == pytest.approx(0.1 * header["index"])
        assert before <= header["received"] <= header["published"] <= time.time()
        assert header["intensity"] == {"offset": record.engine.offset, "gain": record.engine.gain}
        if stream == "restored":
            assert header["engine"]["sha256"] == record.engine.digest
            assert header["trust"]["light"] in ("green", "amber", "red")
            assert {"reason", "cause", *FIGURES} < header["trust"].keys()
        else:
            assert header["engine"] is None
            assert header["trust"] is None


def test_a_stream_is_sent_only_to_those_who_want_it() -> None:
    newest = Newest()
    with closing(Publisher(ANY_PORT)) as publisher, subscribed(publisher, "raw") as socket:
        publisher.follow(newest)
        for sequence in range(5):
            offer(newest, sequence)
            assert receive(socket)[0]["stream"] == "raw"


def test_while_nobody_listens_no_frame_is_copied() -> None:
    newest = Newest()
    with closing(Publisher(ANY_PORT)) as publisher:
        publisher.follow(newest)
        offer(newest, 0)
        time.sleep(0.3)
        assert not newest.wants(1)
        with subscribed(publisher, "restored"):
            wait_until(lambda: newest.wants(1))
        wait_until(lambda: not publisher._prefixes)
        offer(newest, 1)
        time.sleep(0.3)
        assert not newest.wants(2)


def test_who_comes_late_gets_the_next_frame_and_not_one_that_was_left_lying() -> None:
    newest = Newest()
    with closing(Publisher(ANY_PORT)) as publisher:
        publisher.follow(newest)
        with subscribed(publisher, "restored") as socket:
            offer(newest, 0)
            receive(socket)
        wait_until(lambda: not publisher._prefixes)
        offer(newest, 1)
        with subscribed(publisher, "restored") as socket:
            wait_until(lambda: newest.wants(2))
            offer(newest, 500)
            assert receive(socket)[0]["sequence"] == 500
    assert (publisher.published, publisher.skipped) == (2, 0)


def test_a_subscriber_that_stalled_finds_a_few_old_frames_and_then_the_newest() -> None:
    newest = Newest()
    with closing(Publisher(ANY_PORT)) as publisher, subscribed(publisher, "restored") as socket:
        publisher.follow(newest)
        for sequence in range(150):
            offer(newest, sequence, side=512)
            wait_until(lambda n=sequence: publisher.published == n + 1)
        fresh, found = count(150), []
        while not found or found[-1] < 150:
            # Nothing is left in wait; or it is slow, and the fresh one goes the way of the others.
            while not socket.poll(200):
                offer(newest, next(fresh), side=512)
            found.append(receive(socket)[0]["sequence"])
        assert len(found) <= 30


def test_a_subscriber_that_never_reads_holds_nobody_up(tmp_path: Path) -> None:
    source = ScriptedSource(count(), interval=0.001)
    session = LiveSession(source, EngineChoice("bilinear"), save=tmp_path / "r")
    with closing(Publisher(ANY_PORT)) as publisher, subscribed(publisher):
        publisher.follow(session.newest)
        with subscribed(publisher, "restored") as quick:
            session.start()
            seen = [receive(quick)[0]["sequence"]]
            while seen[-1] < 200 or len(seen) < 10:
                seen.append(receive(quick)[0]["sequence"])
            session.stop()
            assert session.wait(TIMEOUT)
    assert seen == sorted(set(seen))
    assert session.faults == []
    record = SessionRecord.read(tmp_path / "r")
    assert record.state == "complete"
    span = seen[-1] - seen[0] + 1
    assert span <= publisher.published + publisher.skipped <= record.restored_frames


def test_one_publisher_serves_one_session_after_another() -> None:
    with closing(Publisher(ANY_PORT)) as publisher, subscribed(publisher, "raw") as socket:
        names = []
        for level in (7, 8):
            newest = Newest()
            publisher.follow(newest)
            offer(newest, 0, level=level)
            header, pixels = receive(socket)
            names.append(header["session"])
            assert (header["sequence"], pixels.max()) == (0, level)
            # Names are times, and some clocks are coarse.
            time.sleep(0.05)
        assert names[0] < names[1]


def test_the_segment_rises_when_a_recording_begins_and_the_sequence_goes_on(tmp_path: Path) -> None:
    session = LiveSession(ScriptedSource(count(), interval=0.005), EngineChoice("bilinear"))
    with closing(Publisher(ANY_PORT)) as publisher, subscribed(publisher, "restored") as socket:
        publisher.follow(session.newest)
        session.start()
        first, _ = receive(socket)
        session.record(tmp_path / "r")
        header = first
        while header["segment"] == 0:
            before, (header, _) = header, receive(socket)
        session.stop()
        assert session.wait(TIMEOUT)
    assert (first["recording"], header["recording"], header["segment"]) == (None, "r", 1)
    assert header["sequence"] > before["sequence"]
    assert header["session"] == first["session"]


def test_every_field_of_the_header_is_documented_and_sent() -> None:
    newest = Newest()
    with closing(Publisher(ANY_PORT)) as publisher, subscribed(publisher, "restored") as socket:
        publisher.follow(newest)
        offer(newest, 0)
        header, _ = receive(socket)
    sent = set()
    for name, value in header.items():
        sent |= {f"{name}.{part}" for part in value} if isinstance(value, dict) else {name}
    rows = re.findall(r"^\| (`.*?`) \| (?:integer|string|boolean|number|two|object)", PAGE, re.M)
    documented = {name for row in rows for name in re.findall("`(.*?)`", row)}
    # Of a frame that was not judged there is no more.
    verdict = {f"trust.{name}" for name in ("light", "cause", "reason", *FIGURES, UNCERTAINTY)}
    assert documented - sent == verdict
    assert sent - documented == set()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("tcp://*:5555", "--publish-to-network"),
        ("tcp://0.0.0.0:5555", "--publish-to-network"),
        ("tcp://[::]:5555", "--publish-to-network"),
        ("tcp://192.168.1.7:5555", "--publish-to-network"),
        ("tcp://eth0:5555", "--publish-to-network"),
        ("tcp://127.0.0.1", "tcp://127.0.0.1:5555"),
        ("tcp://127.0.0.1:0", "tcp://127.0.0.1:5555"),
        ("tcp://127.0.0.1:70000", "tcp://127.0.0.1:5555"),
        ("ipc:///tmp/frames", "tcp://127.0.0.1:5555"),
        ("5555", "tcp://127.0.0.1:5555"),
    ],
)
def test_an_address_that_must_not_or_can_not_be_used_is_refused(address: str, words: str) -> None:
    with pytest.raises(UserError) as refusal:
        Publisher(address)
    assert words in refusal.value.fix


def test_localhost_is_this_computer() -> None:
    with closing(Publisher("tcp://localhost:*")) as publisher:
        assert publisher.address.startswith("tcp://127.0.0.1:")
        assert not publisher.on_network


def test_an_address_in_use_ends_the_command_before_the_session(tmp_path: Path) -> None:
    with closing(Publisher(ANY_PORT)) as publisher:
        options = ("--headless", "--save", tmp_path / "r", "--publish", publisher.address)
        result = run("live", "--source", SIMULATED, *options)
    assert result.returncode == 1
    assert "Another program" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "r").exists()


def test_the_network_is_warned_of() -> None:
    options = ("--headless", "--frames", "3", "--rate", "max")
    asked = ("--publish", "tcp://0.0.0.0:*", "--publish-to-network")
    result = run("live", "--source", SIMULATED, *options, *asked)
    assert result.returncode == 0, result.stderr
    assert "anybody who reaches this computer can watch" in result.stdout
    with pytest.raises(UserError, match="--publish tcp://"):
        run_demo(replace(OPTIONS, publish=None))


def test_a_flood_of_subscriptions_keeps_no_frame_from_the_others_and_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While it goes on, and long before all of it is heard; names of streams are no better."""
    monkeypatch.setattr("pssr_live.session.publish._MOST_PREFIXES", 20)
    told: list[str] = []
    newest, over = Newest(), threading.Event()
    with (
        closing(Publisher(ANY_PORT, on_warning=told.append)) as publisher,
        zmq.Context() as context,
    ):
        publisher.follow(newest)

        def flood() -> None:
            with context.socket(zmq.XSUB) as socket:
                socket.linger = 0
                # So many that its own memory, not the publisher, decides how fast it sends.
                socket.sndhwm = 0
                socket.connect(publisher.address)
                for number in count():
                    if over.is_set():
                        return
                    socket.send(b"\1restored/%d" % number if number % 2 else b"\1%d" % number)

        with subscribed(publisher) as socket, offering(newest, lambda sequence: sequence):
            thread = threading.Thread(target=flood)
            thread.start()
            wait_until(lambda: told)
            for _ in range(30):
                receive(socket)
            over.set()
            thread.join()
        (words,) = told
        assert "1,000 subscriptions" in words
        assert len(publisher._prefixes) <= 21
        assert all(prefix.startswith("restored") for prefix in publisher._prefixes - {""})


def test_whatever_ends_publishing_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def odd(*_: object, **__: object) -> dict[str, object]:
        raise TypeError("no number")

    monkeypatch.setattr("pssr_live.session.publish.header_of", odd)
    newest = Newest()
    with publishing(ANY_PORT, Terminal(), to_network=False) as publisher:
        assert publisher is not None
        publisher.follow(newest)
        with subscribed(publisher), offering(newest, lambda sequence: sequence):
            wait_until(lambda: publisher.error is not None)
    assert "Then publishing failed: TypeError: no number." in capsys.readouterr().out
