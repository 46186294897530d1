"""None"""

import re
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from acquisition import EndOfFrames, SourceError, open_source
from acquisition.micromanager import MicroManagerSource
from acquisition.micromanager.port import anybody_listens
from acquisition.micromanager.wire import FRAMES_UNDER_WAY
from tests.acquisition.micromanager.conftest import (
    LONG,
    GiveUp,
    OpenSource,
    assert_contiguous,
    assert_stopped,
    kill_client,
    read_frames,
    read_until_change,
    read_until_held,
    read_until_status,
)
from tests.acquisition.micromanager.harness import RunningMicroManager
from tests.ports import deaf_port, free_port

# Many times what a call takes at most, for what would otherwise hang for ever.
SOON = 100.0


def test_without_a_server_the_option_to_tick_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with deaf_port() as port:
        monkeypatch.setattr("acquisition.micromanager.not_there.DEFAULT_PORT", port)
        with pytest.raises(SourceError) as told:
            open_source(f"micromanager:{port}").open()
    assert f"port {port}" in told.value.problem
    assert "Tools > Options > Run pycro-manager server" in told.value.fix


def test_without_a_server_at_a_port_that_micro_manager_has_none_at_no_option_is_named() -> None:
    with deaf_port() as port, pytest.raises(SourceError) as told:
        open_source(f"micromanager:{port}").open()
    assert f"port {port}" in told.value.problem
    assert "tick" not in told.value.fix
    assert "4827: leave the port out" in told.value.fix
    assert "SSH tunnel" in told.value.fix


def test_a_server_that_appears_while_we_wait_is_found() -> None:
    port = free_port()
    source = open_source(f"micromanager:{port},wait={LONG}")
    started: list[RunningMicroManager] = []

    def start_when_told_to_wait() -> None:
        while not re.fullmatch(
            rf"No Micro-Manager answers at port {port}\. Trying again in \d s, for \d+ s more\.",
            source.status,
        ):
            time.sleep(0.05)
        started.append(RunningMicroManager(port))

    thread = threading.Thread(target=start_when_told_to_wait)
    thread.start()
    try:
        assert source.open().shape == (48, 64)
        assert_contiguous(read_frames(source, 5))
        assert source.status == ""
    finally:
        thread.join()
        source.close()
        for running in started:
            running.kill()


def test_a_micro_manager_without_a_camera_is_told_what_to_load(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.core("setCameraDevice", "")
    with pytest.raises(SourceError) as told:
        make_source(wait=0).open()
    assert told.value.problem == "Micro-Manager has no camera."
    assert "Load a configuration" in told.value.fix


def test_a_micro_manager_that_comes_back_without_a_camera_is_waited_for(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    """After a restart its server may answer before its configuration is loaded."""
    source = make_source()
    source.open()
    read_frames(source, 3)
    micro_manager.core("stopSequenceAcquisition")
    micro_manager.core("setCameraDevice", "")
    read_until_status(source, "has no camera. Trying again")
    micro_manager.core("setCameraDevice", "Camera")
    read_until_change(source)
    assert_contiguous(read_frames(source, 5))


def test_closing_ends_the_wait_for_a_server() -> None:
    told: list[Exception] = []

    def open_and_note() -> None:
        try:
            source.open()
        except SourceError as error:
            told.append(error)

    with deaf_port() as port:
        source = open_source(f"micromanager:{port},wait=3600")
        thread = threading.Thread(target=open_and_note)
        thread.start()
        source.close()
        thread.join(SOON)
    assert not thread.is_alive()
    assert "closed" in str(told[0])


def test_something_else_at_the_port_is_not_taken_for_micro_manager() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SourceError, match="is not Micro-Manager, or Micro-Manager is busy"):
            open_source(f"micromanager:{port}").open()


def test_a_server_of_another_version_is_used_and_both_versions_are_named(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    micro_manager.tell("version", "4.2.0")
    source = make_source()
    source.open()
    assert_contiguous(read_frames(source, 5))
    assert source.settings["server"] == "4.2.0, client 5.1.0"
    assert "speaks version 4.2.0" in source.settings["note"]
    assert "pip install --upgrade pycromanager" in source.settings["note"]
    assert source.status == source.settings["note"]


def kill(micro_manager: RunningMicroManager) -> None:
    micro_manager.kill()


def die_inside_a_call(micro_manager: RunningMicroManager) -> None:
    micro_manager.die_in("popNextImageMD")


@pytest.mark.parametrize("die", [kill, die_inside_a_call])
def test_a_server_that_dies_is_noticed_and_its_successor_used(
    micro_manager: RunningMicroManager,
    make_source: OpenSource,
    die: Callable[[RunningMicroManager], None],
) -> None:
    source = make_source()
    source.open()
    frames = read_frames(source, 5)
    thread = threading.Thread(target=die, args=(micro_manager,))
    thread.start()
    # That it does not answer may be said first.
    frames += read_until_status(source, "every frame received is safe. Trying again")
    thread.join()
    assert_contiguous(frames)
    assert not source.connected
    started = time.monotonic()
    assert source.read(0.1) is None
    assert time.monotonic() - started < SOON

    successor = RunningMicroManager(micro_manager.port)
    try:
        rest, new_format = read_until_change(source)
        assert rest == []
        assert new_format.shape == (48, 64)
        frames = read_frames(source, 10)
        assert frames[0].index == 0
        assert_contiguous(frames)
        assert source.status == ""
        assert source.connected
        source.close()
        assert not successor.core("isSequenceRunning")
    finally:
        successor.kill()


def test_a_server_that_answers_while_it_is_looked_for_is_not_given_up(
    micro_manager: RunningMicroManager,
    make_source: OpenSource,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = make_source()
    source.open()
    frames = read_frames(source, 5)
    client = source._client
    assert client is not None
    looked = threading.Event()

    def look(port: int) -> bool:
        micro_manager.tell("resume")
        assert client._socket.poll(int(1000 * LONG))
        looked.set()
        return False

    monkeypatch.setattr("acquisition.micromanager.source.anybody_listens", look)
    micro_manager.tell("stall")
    while not looked.is_set():
        frames += filter(None, [source.read(0.1)])
    frames += read_frames(source, 10)
    assert source._client is client
    assert_contiguous(frames)


@pytest.mark.skipif(sys.platform == "win32", reason="it tries again where nobody listens")
def test_a_server_too_busy_to_accept_is_there() -> None:
    with ExitStack() as opened:
        server = opened.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = server.getsockname()[1]
        for _ in range(4):
            waiting = opened.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        assert anybody_listens(port)


@pytest.mark.parametrize(("mode", "then"), [("auto", "follow"), ("acquire", "acquire")])
def test_live_is_left_alone_in_a_micro_manager_that_is_back(
    micro_manager: RunningMicroManager, make_source: OpenSource, mode: str, then: str
) -> None:
    """Unless the user has told us to take the camera."""
    source = make_source(f"mode={mode}")
    source.open()
    read_frames(source, 3)
    micro_manager.kill()
    read_until_status(source, "has gone")
    successor = RunningMicroManager(micro_manager.port)
    try:
        successor.tell("live")
        read_until_change(source)
        assert_contiguous(read_frames(source, 5))
        assert source.settings["mode"] == then
        source.close()
        assert successor.core("isSequenceRunning") == (then == "follow")
    finally:
        successor.kill()


def test_closing_after_the_server_died_does_not_wait_for_it(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source()
    source.open()
    read_frames(source, 3)
    micro_manager.kill()
    started = time.monotonic()
    source.close()
    assert time.monotonic() - started < SOON


@pytest.mark.parametrize(("command", "value"), [("stall", None), ("stall_in", "popNextImageMD")])
def test_a_server_that_freezes_and_thaws_goes_on_without_a_cut(
    micro_manager: RunningMicroManager, make_source: OpenSource, command: str, value: str | None
) -> None:
    source = make_source()
    source.open()
    frames = read_frames(source, 5)
    micro_manager.tell(command, value)
    frames += read_until_status(source, "has not answered for")
    started = time.monotonic()
    frames += filter(None, [source.read(0.1)])
    assert time.monotonic() - started < SOON
    micro_manager.tell("resume")
    frames += read_frames(source, 100)
    assert_contiguous(frames)
    assert source.status == ""


def test_a_server_frozen_for_long_is_given_up_and_every_frame_of_its_buffer_taken(
    micro_manager: RunningMicroManager, make_source: OpenSource, give_up: GiveUp
) -> None:
    source = make_source()
    source.open()
    frames = read_frames(source, 5)
    frames += read_until_held(source, micro_manager, "getRemainingImageCount")
    frames += read_frames(source, micro_manager.tell("calls")["popNextImageMD"] - len(frames))
    give_up(source)
    frames += read_until_status(source, "s. Trying again")
    micro_manager.tell("resume")
    frames += read_frames(source, 300)
    assert_contiguous(frames)
    assert source.status == ""
    assert source.settings["mode"] == "acquire"
    source.close()
    assert_stopped(micro_manager, source)


def test_closing_while_the_server_is_frozen_does_not_wait_for_it(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source()
    source.open()
    read_frames(source, 3)
    micro_manager.tell("stall")
    started = time.monotonic()
    source.close()
    assert time.monotonic() - started < SOON


def test_closing_wakes_a_reader_that_waits(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source("mode=follow")
    source.open()
    ended: list[Exception] = []

    def read() -> None:
        try:
            source.read(3600)
        except EndOfFrames as end:
            ended.append(end)

    thread = threading.Thread(target=read)
    thread.start()
    source.close()
    thread.join(SOON)
    assert not thread.is_alive()
    assert ended
    with pytest.raises(EndOfFrames):
        source.read(1.0)


def test_a_client_whose_parent_died_stops_the_camera(micro_manager: RunningMicroManager) -> None:
    """A crashed pssr-live leaves no camera running."""
    source = open_source(f"micromanager:{micro_manager.port}")
    assert isinstance(source, MicroManagerSource)
    source.open()
    read_frames(source, 3)
    client = source._client
    assert client is not None
    stdin = client._process.stdin
    assert stdin is not None
    stdin.close()
    give_up = time.monotonic() + SOON
    while micro_manager.core("isSequenceRunning"):
        assert time.monotonic() < give_up
    source.close()


def test_a_client_that_was_killed_is_replaced_and_what_was_under_way_counted(
    micro_manager: RunningMicroManager, make_source: OpenSource
) -> None:
    source = make_source()
    source.open()
    frames = read_frames(source, 3)
    kill_client(source)
    frames += read_until_status(source, "broke down")
    frames += read_frames(source, 50)
    indices = [frame.index for frame in frames]
    lost = indices[-1] + 1 - len(indices)
    assert indices == sorted(set(indices))
    # What had left Micro-Manager, and not reached us.
    assert lost <= FRAMES_UNDER_WAY + 1
    assert (f"while Micro-Manager did not answer: {lost}." in source.status) == (lost > 0)
