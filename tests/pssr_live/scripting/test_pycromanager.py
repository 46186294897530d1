"""Acquisitions of pycro-manager on a real core, restored and recorded by its image processor."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from inspect import signature
from pathlib import Path
from typing import Any

import mm_test_adapters
import numpy as np
import pytest
import zmq
from mmpycorex import Core

from pssr_live import LiveRestorer
from pssr_live.errors import UserError
from pssr_live.pycromanager import ImageProcessor, image_processor
from pssr_live.recording import SessionRecord
from tests.ports import free_port
from tests.pssr_live.scripting.conftest import DEMO
from tests.pssr_live.scripting.test_pymmcore import check, pages_of
from tests.pssr_live.sessions import TIMEOUT


@pytest.fixture(scope="module")
def pycromanager() -> Iterator[Any]:
    """Its Python backend, with the demo configuration on frames of 48 x 64."""
    import pycromanager

    pycromanager.start_headless(
        mm_test_adapters.device_adapter_path(),
        str(DEMO),
        python_backend=True,
        buffer_size_mb=64,
    )
    core = Core()
    core.set_roi(0, 0, 64, 48)
    core.set_exposure(2)
    yield pycromanager
    pycromanager.stop_headless()


def experiment(pycromanager: Any, **options: Any) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = pycromanager.multi_d_acquisition_events(
        num_time_points=6,
        time_interval_s=0.01,
        channel_group="Channel",
        channels=["DAPI", "FITC"],
        z_start=0,
        z_end=2,
        z_step=2,
        **{"order": "tcz", **options},
    )
    return events


def acquired(acquisition: Any, channel: str, z: int) -> np.ndarray:
    """What pycro-manager itself has of a stream."""
    dataset = acquisition.get_dataset()
    return np.stack([dataset.read_image(time=t, channel=channel, z=z) for t in range(6)])


@pytest.mark.parametrize("planned", [True, False])
def test_every_image_is_recorded_in_its_place_and_restored(
    pycromanager: Any, tmp_path: Path, planned: bool
) -> None:
    events = experiment(pycromanager)
    options: dict[str, Any] = {"events": events} if planned else {}
    with (
        image_processor(engine="rolling-mean", save=tmp_path / "cell", **options) as processor,
        pycromanager.Acquisition(image_process_fn=processor) as acquisition,
    ):
        acquisition.acquire(events)
    session = processor.session
    assert session is not None
    assert session.failure is None
    assert (session.statistics.received, session.statistics.lost) == (24, 0)
    assert session.format is not None
    assert [channel.name for channel in session.format.channels] == ["DAPI", "FITC"]
    assert session.format.z_step_um == (2.0 if planned else None)
    assert SessionRecord.read(tmp_path / "cell").state == "complete"
    raw, restored = pages_of(tmp_path / "cell", "raw"), pages_of(tmp_path / "cell", "restored")
    assert raw.shape == (6, 2, 2, 48, 64)
    with LiveRestorer(session.format, "rolling-mean") as restorer:
        for key in session.format.streams:
            pixels = acquired(acquisition, ("DAPI", "FITC")[key.channel], key.z)
            np.testing.assert_array_equal(raw[:, key.channel, key.z], pixels)
            for frame in pixels:
                one = restorer.add(frame, stream=key)
                check(restored, [] if one is None else [one])
        check(restored, restorer.finish())


def test_each_acquisition_has_a_recording_of_its_own(pycromanager: Any, tmp_path: Path) -> None:
    events = pycromanager.multi_d_acquisition_events(num_time_points=5, time_interval_s=0.01)
    with image_processor(engine="rolling-mean", save=tmp_path / "cell") as processor:
        for _ in range(2):
            with pycromanager.Acquisition(image_process_fn=processor) as acquisition:
                acquisition.acquire(events)
    for folder in ("cell", "cell-2"):
        assert pages_of(tmp_path / folder, "raw").shape == (5, 1, 1, 48, 64)
        assert pages_of(tmp_path / folder, "restored").shape == (5, 1, 1, 192, 256)


def test_positions_become_recordings_of_their_own(pycromanager: Any, tmp_path: Path) -> None:
    events = pycromanager.multi_d_acquisition_events(
        num_time_points=3, xy_positions=[(0, 0), (9, 0)], position_labels=["left", "right"]
    )
    with (
        image_processor(engine="rolling-mean", save=tmp_path / "cell", events=events) as processor,
        pycromanager.Acquisition(image_process_fn=processor) as acquisition,
    ):
        acquisition.acquire(events)
    for position in ("left", "right"):
        assert pages_of(tmp_path / "cell" / position, "restored").shape == (3, 1, 1, 192, 256)


def test_images_come_back_untouched_whatever_they_are(caplog: pytest.LogCaptureFixture) -> None:
    # As both backends call it: by the number of its parameters.
    with image_processor(engine="rolling-mean") as processor:
        assert len(signature(processor).parameters) == 2
        for image, metadata in (
            (np.zeros((8, 8, 3), np.uint8), {"Axes": {"time": 0}, "PixelType": "RGB32"}),
            (np.zeros((8, 8), np.float32), {}),
            (np.zeros((8, 8), np.uint16), {"Axes": {"time": 0}, "ElapsedTime-ms": "odd"}),
            (np.zeros((8, 8), np.uint16), {"Axes": 3}),
        ):
            before = image.copy(), dict(metadata)
            returned = processor(image, metadata)
            assert returned[0] is image
            assert returned[1] is metadata
            np.testing.assert_array_equal(image, before[0])
            assert metadata == before[1]
    assert "neither restored nor recorded" in caplog.text
    image = np.ones((8, 8), np.uint16)
    assert processor(image, {})[0] is image


def test_a_mistake_is_told_before_the_experiment(tmp_path: Path) -> None:
    (tmp_path / "session.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match="recording"):
        image_processor(save=tmp_path)


class JavaEnd:
    """The Java side of an acquisition's image processor, in what its two sockets say.

    Java binds where it pushes from, and connects to where it pulls from. An array goes as four
    bytes that name it, and its content; in the message its name stands in hexadecimal digits.
    """

    def __init__(self, pull_port: int) -> None:
        self._push = zmq.Context.instance().socket(zmq.PUSH)
        self.push_port = self._push.bind_to_random_port("tcp://127.0.0.1")
        self._pull = zmq.Context.instance().socket(zmq.PULL)
        self._pull.connect(f"tcp://127.0.0.1:{pull_port}")

    def send(self, pixels: np.ndarray, metadata: dict[str, Any]) -> None:
        kind, letter = ("byte-array", "B") if pixels.itemsize == 1 else ("short-array", "S")
        name = 0x6C1053EE + metadata["Axes"]["time"]
        message = {
            "metadata": metadata,
            "pixels": {"type": kind, "value": f"[{letter}@{name:x}"},
        }
        parts = [json.dumps(message).encode("iso-8859-1"), name.to_bytes(4, sys.byteorder)]
        self._push.send_multipart([*parts, pixels.tobytes()])

    def receive(self) -> tuple[dict[str, Any], bytes]:
        assert self._pull.poll(TIMEOUT * 1000)
        words, *content = self._pull.recv_multipart()
        return json.loads(words), content[-1] if content else b""

    def finish(self) -> dict[str, Any]:
        self._push.send_multipart([b'{"special": "finished"}'])
        return self.receive()[0]

    def close(self) -> None:
        self._push.close(linger=0)
        self._pull.close(linger=0)


@pytest.fixture
def java_end() -> Iterator[Callable[[ImageProcessor], JavaEnd]]:
    """Starts what the client of the Java backend runs an image processor by."""
    from pycromanager.acquisition.java_backend_acquisitions import (
        JavaBackendAcquisition,
        _run_image_processor,
    )

    ends: list[JavaEnd] = []
    threads: list[threading.Thread] = []
    failures: list[Exception] = []

    def start(processor: ImageProcessor) -> JavaEnd:
        # Only what the loop calls; the rest of it needs a Java program.
        acquisition = object.__new__(JavaBackendAcquisition)
        acquisition.abort = failures.append
        pull_port, connected = free_port(), threading.Event()
        ends.append(JavaEnd(pull_port))
        arguments = (acquisition, pull_port, ends[-1].push_port, connected, processor, None, False)
        threads.append(threading.Thread(target=_run_image_processor, args=arguments, daemon=True))
        threads[-1].start()
        assert connected.wait(TIMEOUT)
        return ends[-1]

    yield start
    for thread in threads:
        thread.join(TIMEOUT)
        assert not thread.is_alive()
    for end in ends:
        end.close()
    assert failures == []


@pytest.mark.parametrize(("dtype", "pixel_type"), [(np.uint8, "GRAY8"), (np.uint16, "GRAY16")])
def test_what_the_java_backend_hands_over_is_recorded_and_comes_back_as_it_was(
    java_end: Callable[[ImageProcessor], JavaEnd],
    tmp_path: Path,
    dtype: type[np.unsignedinteger[Any]],
    pixel_type: str,
) -> None:
    """By pycro-manager's own loop and sockets; the Java program alone is not there."""
    taken = np.random.default_rng(0).integers(0, 200, (6, 2, 24, 32)).astype(dtype)
    with image_processor(engine="rolling-mean", save=tmp_path / "cell") as processor:
        java = java_end(processor)
        for time, channel in np.ndindex(6, 2):
            metadata = {
                "Axes": {"time": time, "channel": ("DAPI", "FITC")[channel]},
                "Width": 32,
                "Height": 24,
                "PixelType": pixel_type,
                "BitDepth": 8 * taken.itemsize,
                "ElapsedTime-ms": 100 * time + 50 * channel,
                "PixelSizeUm": 0.1,
                "Core-Camera": "Camera",
            }
            java.send(taken[time, channel], metadata)
            words, content = java.receive()
            assert words["metadata"] == metadata
            assert content == taken[time, channel].tobytes()
        assert java.finish() == {"special": "finished"}
    record = SessionRecord.read(tmp_path / "cell")
    assert (record.state, record.frames.pixel_size_um) == ("complete", 0.1)
    assert [one.name for one in record.frames.channels or []] == ["DAPI", "FITC"]
    np.testing.assert_array_equal(pages_of(tmp_path / "cell", "raw")[:, :, 0], taken)
    assert pages_of(tmp_path / "cell", "restored").shape == (6, 2, 1, 96, 128)
