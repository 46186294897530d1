"""HR files that show another cell than one that is there, as far as a comparison of frames goes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile


def write_other_cell(hr_file: Path, path: Path, turns: int = 1) -> Path:
    """Write the time-lapse of the fixture `hr_file`, turned by so many right angles."""
    tifffile.imwrite(
        path,
        np.ascontiguousarray(np.rot90(tifffile.imread(hr_file), turns, (1, 2))),
        imagej=True,
        resolution=(1 / 0.111, 1 / 0.111),
        metadata={"axes": "TYX", "unit": "um", "finterval": 2.0},
    )
    return path
