"""What the image panels look like in each mode, against pictures looked at and kept.

A picture that is to change is deleted; the test then writes it anew, and fails once, so that
somebody looks at it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from pytestqt.qtbot import QtBot

from gui import Arrangement, Interval, LeftImage, MarkedPlace, Preview, Tool, TrustMap, Viewer
from gui.qt import QtCore, QtGui
from tests.places import DATA

PICTURES = Path(__file__).parent / "pictures"
MOVIE = DATA / "hela_mitochondria.tif"
SIDE = 64
SHOWN_PX = 256
# Where an edge falls between two screen pixels, graphics libraries round differently.
FAR, FAR_PART = 24, 0.004


def preview() -> Preview:
    """A frame with the mean of its window, enlarged and smoothed in place of an engine."""
    frames = tifffile.imread(MOVIE)[:5, :SIDE, :SIDE]
    mean = frames.mean(axis=0, dtype=np.float32)
    smooth = mean.repeat(4, axis=0).repeat(4, axis=1)
    for axis in (0, 1):
        padded = np.pad(smooth, [(4, 3) if along == axis else (0, 0) for along in (0, 1)], "edge")
        smooth = np.lib.stride_tricks.sliding_window_view(padded, 8, axis=axis).mean(axis=-1)
    trust_map = np.zeros((SIDE, SIDE), np.float32)
    trust_map[10:20, 10:40] = np.linspace(0, 9, 30)
    trust_map[40:50, 10:40] = -np.linspace(0, 9, 30)
    highest = int(np.percentile(frames[2], 99.5))
    return Preview(
        raw=frames[2],
        restored=smooth.astype(frames.dtype),
        index=2,
        sequence=0,
        acquired=0.5,
        mean=mean,
        trust_map=lambda: trust_map,
        interval=Interval(np.sqrt(mean), float(highest), 0.9),
        highest=highest,
    )


@pytest.fixture
def viewer(qtbot: QtBot) -> Viewer:
    viewer = Viewer()
    qtbot.addWidget(viewer)
    for panel in (viewer.raw, viewer.restored):
        panel.graphics.setFixedSize(SHOWN_PX, SHOWN_PX)
    with qtbot.waitExposed(viewer):
        viewer.show()
    if viewer.devicePixelRatioF() != 1.0:
        pytest.skip("the pictures are of a screen without scaling")
    viewer.show_previews([preview()])
    # Words look otherwise on every machine.
    for panel in (viewer.raw, viewer.restored):
        panel.scale_bar.hide()
    return viewer


def curtain(viewer: Viewer) -> None:
    viewer.toolbar.arrangements[Arrangement.CURTAIN].trigger()


def left(choice: LeftImage) -> Callable[[Viewer], None]:
    return lambda viewer: viewer.toolbar.lefts[choice].trigger()


def fire_and_saturated(viewer: Viewer) -> None:
    viewer.contrast.colour_map.setCurrentText("fire")
    viewer.contrast.gamma.set_gamma(0.6)
    viewer.toolbar.saturated.trigger()


def trust(viewer: Viewer) -> None:
    viewer.toolbar.maps[TrustMap.RESIDUAL].trigger()
    viewer.legend.hide()


def uncertainty(viewer: Viewer) -> None:
    viewer.toolbar.maps[TrustMap.UNCERTAINTY].trigger()
    viewer.legend.hide()


def line(viewer: Viewer) -> None:
    viewer.toolbar.tools[Tool.PROFILE].trigger()
    viewer.measuring.line.put(MarkedPlace(10.0, 12.0, 50.0, 40.0), finished=True)


def region(viewer: Viewer) -> None:
    viewer.toolbar.tools[Tool.TRACE].trigger()
    viewer.measuring.region.put(MarkedPlace(10.0, 12.0, 50.0, 40.0), finished=True)


def enlarged(viewer: Viewer) -> None:
    viewer.restored.look_at(QtCore.QPointF(47.0, 34.0), 0.06)
    viewer.raw.look_at(QtCore.QPointF(47.0, 34.0), 0.06)


MODES = {
    "side_by_side": lambda _: None,
    "curtain": curtain,
    "bilinear": left(LeftImage.BILINEAR),
    "mean": left(LeftImage.MEAN),
    "fire_and_saturated": fire_and_saturated,
    "trust": trust,
    "uncertainty": uncertainty,
    "line": line,
    "region": region,
    "enlarged": enlarged,
}


def picture_of(viewer: Viewer) -> QtGui.QImage:
    """Both panels, as far as they are to be seen, side by side."""
    panels = [panel for panel in (viewer.raw, viewer.restored) if panel.isVisible()]
    picture = QtGui.QImage(len(panels) * SHOWN_PX, SHOWN_PX, QtGui.QImage.Format.Format_RGB32)
    painter = QtGui.QPainter(picture)
    for place, panel in enumerate(panels):
        painter.drawPixmap(place * SHOWN_PX, 0, panel.graphics.grab())
    painter.end()
    return picture


def channels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


@pytest.mark.parametrize("mode", MODES)
def test_the_panels_look_as_they_were_found_good(viewer: Viewer, mode: str, tmp_path: Path) -> None:
    MODES[mode](viewer)
    stored = PICTURES / f"{mode}.png"
    new = not stored.exists()
    seen = stored if new else tmp_path / "seen.png"
    assert picture_of(viewer).save(str(seen))
    assert not new, f"{stored} was missing and has been written: look at it"

    difference = np.abs(channels(seen) - channels(stored)).max(axis=-1)

    assert (difference > FAR).mean() < FAR_PART


def test_the_comparison_would_notice_a_mode_in_the_place_of_another() -> None:
    plain = channels(PICTURES / "side_by_side.png")
    for mode in MODES:
        other = channels(PICTURES / f"{mode}.png")
        if mode != "side_by_side" and other.shape == plain.shape:
            assert (np.abs(other - plain).max(axis=-1) > FAR).mean() > FAR_PART, mode
