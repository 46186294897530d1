"""Links in a folder that somebody else sent lead to no file of the user's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from acquisition import Channel, FrameRow
from pssr_live.errors import UserError
from pssr_live.recording import Claim, FrameTable, ImageDescription, images

ABOUT = ImageDescription(
    name="restored",
    shape=(24, 32),
    dtype=np.dtype(np.uint16),
    significant_bits=16,
    pixel_size_um=None,
    interval_s=None,
    channels=(Channel(),),
    creator="",
    acquired_at="",
    notes={},
)


def link(path: Path, target: Path) -> None:
    try:
        path.symlink_to(target, target_is_directory=target.is_dir())
    except OSError:
        pytest.skip("this user may make no links")
    if not path.is_symlink():
        pytest.skip("this system only says that it made one")


def test_a_lock_file_that_is_a_link_is_refused(tmp_path: Path) -> None:
    precious, folder = tmp_path / "thesis.txt", tmp_path / "received"
    precious.write_text("mine")
    folder.mkdir()
    link(folder / ".lock", precious)
    with pytest.raises(UserError, match="is a link to another place"):
        Claim.on_folder(folder)
    assert precious.read_text() == "mine"


def test_an_image_that_is_a_link_is_not_gone_on_with(tmp_path: Path) -> None:
    mine = tmp_path / "mine.ome.tif"
    writer = images.begin(mine, ABOUT)
    writer.append(np.ones(ABOUT.shape, np.uint16), 0.0)
    writer.close()
    before = mine.read_bytes()
    link(tmp_path / "restored.ome.tif", mine)
    with pytest.raises(UserError, match="is a link to another place"):
        images.resume(tmp_path / "restored.ome.tif", ABOUT)
    assert mine.read_bytes() == before


def test_an_image_with_a_link_in_it_is_not_gone_on_with(tmp_path: Path) -> None:
    pytest.importorskip("tensorstore")
    (tmp_path / "mine").mkdir()
    images.begin(tmp_path / "a.ome.zarr", ABOUT).close()
    link(tmp_path / "a.ome.zarr" / "0" / "c", tmp_path / "mine")
    with pytest.raises(UserError, match="is a link to another place"):
        images.resume(tmp_path / "a.ome.zarr", ABOUT)


def test_a_table_that_is_a_link_is_not_written_to(tmp_path: Path) -> None:
    mine = FrameTable(tmp_path / "mine.csv")
    mine.write(0, FrameRow(index=0, acquired_s=0.0, received_s=0.0, lost_before=0))
    mine.close()
    link(tmp_path / "frames.csv", tmp_path / "mine.csv")
    with pytest.raises(UserError, match="is a link to another place"):
        FrameTable(tmp_path / "frames.csv", new=False)
