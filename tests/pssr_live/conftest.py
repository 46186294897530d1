"""Small real files that tests of several rooms read."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from tests.places import DATA


@pytest.fixture
def hr_file(tmp_path: Path) -> Path:
    """A real HR time-lapse: mitochondria, 8 frames of 96 x 96."""
    path = tmp_path / "hela.tif"
    frames = tifffile.imread(DATA / "hela_mitochondria.tif")[:8]
    tifffile.imwrite(
        path,
        frames,
        imagej=True,
        resolution=(1 / 0.111, 1 / 0.111),
        metadata={"axes": "TYX", "unit": "um", "finterval": 2.0},
    )
    return path


@pytest.fixture
def short_file(tmp_path: Path) -> Path:
    """Too short for a window: 3 frames."""
    path = tmp_path / "short.tif"
    frames = np.random.default_rng(0).integers(0, 999, (3, 80, 80), np.uint16)
    tifffile.imwrite(path, frames, imagej=True, metadata={"axes": "TYX"})
    return path


@pytest.fixture
def lr() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 4000, (7, 16, 18)).astype(np.uint16)


@pytest.fixture(scope="session")
def movies(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two HR movies of a few small frames."""
    folder = tmp_path_factory.mktemp("movies")
    paths = []
    for name, frames in (("lysosomes", slice(0, 4)), ("hela_mitochondria", slice(0, 3))):
        pixels = tifffile.imread(DATA / f"{name}.tif")[frames, :64, :72]
        paths.append(folder / f"{name}.tif")
        tifffile.imwrite(
            paths[-1],
            pixels,
            imagej=True,
            resolution=(10, 10),
            metadata={"axes": "TYX", "unit": "um"},
        )
    return paths
