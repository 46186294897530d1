from __future__ import annotations

from pathlib import Path

import pytest

from pssr_live.errors import UserError
from pssr_live.offline.output_file import check_output, claimed, pages_of, writing


def test_a_file_is_not_restored_over_itself(tmp_path: Path) -> None:
    path = tmp_path / "cells.ome.tif"
    path.write_bytes(b"raw")
    with pytest.raises(UserError, match="Input and output are the same file"):
        check_output(tmp_path / "." / path.name, path)


def test_a_folder_of_something_else_is_not_restored_into(tmp_path: Path) -> None:
    (tmp_path / "out.ome.tif").mkdir()
    with pytest.raises(UserError, match="is a folder") as told:
        check_output(tmp_path / "out.ome.tif", tmp_path / "cells.tif")
    assert "--output" in told.value.fix


def test_folders_that_nothing_came_into_go_again(tmp_path: Path) -> None:
    kept, empty = tmp_path / "kept" / "out.ome.tif", tmp_path / "a" / "b" / "out.ome.tif"
    with claimed(kept):
        kept.write_bytes(b"restored")
    with claimed(empty):
        assert empty.parent.is_dir()
    assert kept.read_bytes() == b"restored"
    assert not (tmp_path / "a").exists()


def test_what_the_disk_says_is_said_in_words_and_lack_of_memory_as_that(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="can't be written") as told, writing(tmp_path):
        raise OSError(28, "No space left on device")
    assert "goes on where it stopped" in told.value.fix
    with pytest.raises(MemoryError), writing(tmp_path):
        raise OSError(12, "Cannot allocate memory")


def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "out.ome.tif"
    path.write_bytes(b"no TIFF")
    with pytest.raises(UserError, match="is damaged") as told, pages_of(path):
        pass
    assert "--force" in told.value.fix
