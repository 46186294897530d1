from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch

from engines.architectures import resunet34
from tests.places import DATA


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny networks are slower on several threads, many times so on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


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
def slim_resunet34(monkeypatch: pytest.MonkeyPatch) -> None:
    """The paper's network, narrow and with few blocks: all its parts, quickly trained."""
    monkeypatch.setattr(resunet34, "STEM_WIDTHS", (4, 4, 8))
    monkeypatch.setattr(resunet34, "STAGE_WIDTHS", (8, 16, 32, 64))
    monkeypatch.setattr(resunet34, "STAGE_BLOCKS", (1, 1, 1, 1))
