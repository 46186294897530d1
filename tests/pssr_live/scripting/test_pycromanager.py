"""Acquisitions of pycro-manager on a real core, restored and recorded by its image processor."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import signature
from pathlib import Path
from typing import Any

import mm_test_adapters
import numpy as np
import pytest
from mmpycorex import Core

from pssr_live import LiveRestorer
from pssr_live.errors import UserError
from pssr_live.pycromanager import image_processor
from pssr_live.recording import SessionRecord
from tests.pssr_live.scripting.conftest import DEMO
from tests.pssr_live.scripting.test_pymmcore import check, pages_of


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
