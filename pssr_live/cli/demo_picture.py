"""The demo's picture: what was scanned, what was made of it, and what was really there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acquisition import WINDOW_LENGTH, PixelType
from acquisition.simulated import SimulatedSource
from engines import IntensityScale, open_engine
from pssr_live.picture import save_panels
from pssr_live.recording import open_recording

PICTURE_FILE = "picture.png"


def draw_demo(folder: Path, source_url: str) -> Path:
    """Draw raw, bilinear, restored and truth of a demo recording's middle frame.

    Parameters
    ----------
    folder : Path
        The recording; must have restored frames.
    source_url : str
        The simulated microscope that was recorded.

    Returns
    -------
    Path
        The PNG, in that folder.
    """
    with open_recording(folder) as recording:
        if recording.restored is None:
            raise ValueError(f"{folder} has no restored frames")
        middle = len(recording.restored) // 2
        raw, restored = recording.raw[middle], recording.restored[middle]
    truth = SimulatedSource.from_url(source_url).truth(middle)
    panels: dict[str, NDArray[np.generic]] = {
        "raw, as scanned": raw,
        "bilinear": _bilinear(raw),
        "restored (predicted)": restored,
        "truth": truth,
    }
    save_panels(folder / PICTURE_FILE, panels, "truth")
    return folder / PICTURE_FILE


def _bilinear(raw: NDArray[PixelType]) -> NDArray[np.generic]:
    engine = open_engine("bilinear", height=raw.shape[0], width=raw.shape[1], dtype=raw.dtype)
    return engine.engine.restore(np.stack([raw] * WINDOW_LENGTH), IntensityScale(0.0, 1.0))
