"""The demo's picture: what was scanned, what was made of it, and what was really there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquisition import WINDOW_LENGTH, PixelType, StreamKey
from acquisition.simulated import SimulatedSource
from engines import IntensityScale, open_engine
from pssr_live.picture import save_panels
from pssr_live.recording import Frames, open_recording, restored_channels

PICTURE_FILE = "picture.png"


def draw_demo(folder: Path, source_url: str) -> list[Path]:
    """Draw raw, bilinear, restored and truth of a demo recording's middle frame.

    Parameters
    ----------
    folder : Path
        The recording; must have restored frames.
    source_url : str
        The simulated microscope that was recorded.

    Returns
    -------
    list of Path
        PNGs in that folder: one, or one of the middle slice of each channel.
    """
    source = SimulatedSource.from_url(source_url)
    with open_recording(folder) as recording:
        if recording.restored is None:
            raise ValueError(f"{folder} has no restored frames")
        middle = recording.restored.shape[0] // 2
        if isinstance(recording.restored, Frames) or isinstance(recording.raw, Frames):
            frames = {"": (recording.raw[middle], recording.restored[middle], source.truth(middle))}
        else:
            frames = {}
            z = recording.raw.shape[2] // 2
            for place, channel in enumerate(restored_channels(recording.session)):
                name = recording.raw.channels[channel]
                frames[f"-{name}"] = (
                    recording.raw[middle, channel, z],
                    recording.restored[middle, place, z],
                    source.truth(middle, StreamKey(0, channel, z)),
                )
    pictures = []
    for which, (raw, restored, truth) in frames.items():
        panels: dict[str, NDArray[np.generic]] = {
            "raw, as scanned": raw,
            "bilinear": _bilinear(raw),
            "restored (predicted)": restored,
            "truth": truth,
        }
        pictures.append(folder / PICTURE_FILE.replace(".", f"{which}."))
        save_panels(pictures[-1], panels, "truth")
    return pictures


def _bilinear(raw: NDArray[PixelType]) -> NDArray[np.generic]:
    engine = open_engine("bilinear", height=raw.shape[0], width=raw.shape[1], dtype=raw.dtype)
    return engine.engine.restore(np.stack([raw] * WINDOW_LENGTH), IntensityScale(0.0, 1.0))
