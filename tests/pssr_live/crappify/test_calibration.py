"""What a detector does, found again from what it recorded."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from pylibCZIrw import czi

from acquisition import SourceError, open_source
from acquisition.images import StreamChoice
from pssr_live.crappify import run_calibrate
from pssr_live.crappify.calibration import calibrate
from pssr_live.errors import UserError
from tests.pssr_live.told import hold_until_told


def still_sample(shape: tuple[int, int] = (160, 160)) -> NDArray[np.float64]:
    """Smooth light between 0 and 1, dark round the edge."""
    y, x = (np.linspace(-1, 1, side) for side in shape)
    light = np.clip(1.2 - (y[:, None] ** 2 + x**2), 0, 1)
    return light * (0.6 + 0.4 * np.sin(9 * x) * np.cos(7 * y[:, None]))


def detected(
    light: NDArray[np.float64], frames: int, gain: float, offset: float, read_noise: float
) -> NDArray[np.uint16]:
    rng = np.random.default_rng(3)
    shape = (frames, *light.shape)
    electrons = rng.poisson(light, shape) + rng.normal(0, read_noise, shape)
    return np.clip(np.rint(offset + gain * electrons), 0, 65535).astype(np.uint16)


@pytest.mark.parametrize(
    ("photons", "gain", "offset", "read_noise"),
    [(12, 40, 100, 0.4), (60, 5.5, 200, 1.5), (4, 150, 400, 0.8)],
)
def test_a_still_sample_gives_the_detectors_own_figures(
    tmp_path: Path, photons: float, gain: float, offset: float, read_noise: float
) -> None:
    movie = detected(photons * still_sample(), 60, gain, offset, read_noise)
    dark = detected(np.zeros((40, 40)), 30, gain, offset, read_noise)
    tifffile.imwrite(tmp_path / "lr.tif", movie, metadata={"axes": "TYX"})
    tifffile.imwrite(tmp_path / "dark.tif", dark, metadata={"axes": "TYX"})
    found, points = calibrate(tmp_path / "lr.tif", tmp_path / "dark.tif")
    assert found.gain == pytest.approx(gain, rel=0.04)
    assert found.offset == pytest.approx(offset, abs=0.1 * gain)
    assert found.read_noise == pytest.approx(read_noise, rel=0.08)
    assert found.photons == pytest.approx(photons, rel=0.1)
    assert found.determination > 0.97
    assert len(points.mean) > 5
    # The darkest corner is dark here, so it can stand in for a dark recording.
    guessed, _ = calibrate(tmp_path / "lr.tif")
    assert guessed.offset == pytest.approx(offset, abs=0.15 * gain)
    assert guessed.read_noise == pytest.approx(read_noise, rel=0.35)


@pytest.mark.parametrize("photons", [20, 80])
def test_a_living_sample_gives_about_the_right_gain(tmp_path: Path, photons: int) -> None:
    source = open_source(f"simulated:height=160,width=160,photons={photons},frames=40", rate="max")
    source.open()
    frames = [source.read(5.0) for _ in range(40)]
    source.close()
    pixels = np.stack([frame.pixels for frame in frames if frame is not None])
    tifffile.imwrite(tmp_path / "lr.tif", pixels, metadata={"axes": "TYX"})
    found, _ = calibrate(tmp_path / "lr.tif")
    # Plain differences of neighbouring frames give 44 and 54: motion is not noise.
    assert found.gain == pytest.approx(40, rel=0.08)
    # Without a dark recording a cell's faint background passes for offset.
    assert found.offset == pytest.approx(100, abs=0.05 * 40 * photons)


def test_the_detector_of_a_czi_is_measured_on_one_channel(tmp_path: Path) -> None:
    movie = detected(12 * still_sample(), 30, 40, 100, 0.4)
    with czi.create_czi(str(tmp_path / "lr.czi")) as document:
        for time, frame in enumerate(movie):
            for channel, pixels in enumerate((frame, np.zeros_like(frame))):
                document.write(pixels[..., None], plane={"T": time, "C": channel})
    with pytest.raises(SourceError, match="2 channels"):
        calibrate(tmp_path / "lr.czi")
    found, _ = calibrate(tmp_path / "lr.czi", choice=StreamChoice(channel=0))
    assert found.gain == pytest.approx(40, rel=0.05)


def test_the_setting_is_written_for_the_crappifier(tmp_path: Path) -> None:
    movie = detected(12 * still_sample(), 30, 40, 100, 0.4)
    tifffile.imwrite(tmp_path / "lr.tif", movie, metadata={"axes": "TYX"})
    found, _ = calibrate(tmp_path / "lr.tif")
    found.write_setting(tmp_path / "detector.json")
    setting = json.loads((tmp_path / "detector.json").read_text(encoding="utf-8"))
    assert setting["crappifier"] == "detector"
    assert setting["gain"] == found.gain
    assert setting["bits"] == 12


def test_the_command_says_what_it_does_and_writes_the_setting_and_a_plot_and_nothing_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = "pssr_live.crappify.calibration_report.calibrate"
    hold_until_told(monkeypatch, capsys, place, "Measuring gain and noise")
    movie = detected(12 * still_sample(), 30, 40, 100, 0.4)
    tifffile.imwrite(tmp_path / "lr.tif", movie, metadata={"axes": "TYX"})
    run_calibrate(tmp_path / "lr.tif", None, tmp_path / "detector.json", force=False)
    said = capsys.readouterr().out
    assert "counts a photon" in said
    assert "--dark" in said
    assert (tmp_path / "detector.png").stat().st_size > 10_000
    with pytest.raises(UserError, match="already exists"):
        run_calibrate(tmp_path / "lr.tif", None, tmp_path / "detector.json", force=False)


@pytest.mark.parametrize("output", ["", "nowhere/detector.json"])
def test_a_setting_that_could_not_be_written_is_refused_before_any_work(
    tmp_path: Path, output: str
) -> None:
    with pytest.raises(UserError, match="--output detector"):
        run_calibrate(tmp_path / "none.tif", None, tmp_path / output, force=True)


@pytest.mark.parametrize(
    ("movie", "words"),
    [
        (np.full((20, 32, 32), 100, np.uint16), "too dark or too even"),
        (np.random.default_rng(0).integers(90, 110, (20, 64, 64)).astype(np.uint16), "too even"),
        (np.tile((1000 * still_sample()).astype(np.uint16), (20, 1, 1)), "not noisier"),
        (detected(12 * still_sample(), 5, 40, 100, 0.4), "5 frames"),
    ],
)
def test_a_recording_that_can_not_tell_is_refused_in_words(
    tmp_path: Path, movie: NDArray[np.uint16], words: str
) -> None:
    tifffile.imwrite(tmp_path / "lr.tif", movie, metadata={"axes": "TYX"})
    with pytest.raises(UserError, match=words):
        calibrate(tmp_path / "lr.tif")


def test_setting_and_plot_that_stand_there_are_replaced_not_written_into(tmp_path: Path) -> None:
    movie = detected(12 * still_sample(), 20, 40, 100, 0.4)
    tifffile.imwrite(tmp_path / "lr.tif", movie, metadata={"axes": "TYX"})
    other = tmp_path / "other.txt"
    other.write_text("kept")
    setting = tmp_path / "detector.json"
    for path in (setting, setting.with_suffix(".png")):
        path.hardlink_to(other)
    run_calibrate(tmp_path / "lr.tif", None, setting, force=True)
    assert other.read_text() == "kept"
    assert json.loads(setting.read_text())["crappifier"] == "detector"
    assert setting.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
