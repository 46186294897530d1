from pathlib import Path

import numpy as np
import pytest
import tifffile

from pssr_live.training import DatasetSettings
from tests.places import DATA


@pytest.fixture
def movies(tmp_path: Path) -> list[Path]:
    """Three real HR movies of one pixel size, 6 frames each."""
    frames = tifffile.imread(DATA / "hela_mitochondria.tif")
    cells = tifffile.imread(DATA / "lysosomes.tif")
    folder = tmp_path / "hr"
    folder.mkdir()
    parts = {"a": frames[:6], "b": frames[6:, :, :80], "c": cells[:6]}
    return [write(folder / f"{name}.tif", part) for name, part in parts.items()]


@pytest.fixture
def settings() -> DatasetSettings:
    return DatasetSettings(
        frames=5,
        tile=64,
        tiles=9,
        crappifiers=("detector", "poisson+salt-pepper"),
        validation=0.3,
        channel=None,
        pixel_size_um=None,
        seed=3,
        licence="MIT",
    )


def write(path: Path, frames: np.ndarray, pixel_size_um: float | None = 0.1) -> Path:
    """Write an HR movie as ImageJ does."""
    how = {"resolution": (1 / pixel_size_um,) * 2} if pixel_size_um else {}
    metadata = {"axes": "TYX", "finterval": 2.0} | ({"unit": "um"} if pixel_size_um else {})
    tifffile.imwrite(path, frames, imagej=True, metadata=metadata, **how)
    return path
