from pathlib import Path

import pytest

from pssr_live.whole_files import replacing, write_whole


def test_a_file_is_as_it_was_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "curve.png"
    path.write_bytes(b"before")

    def write_half() -> None:
        with replacing(path) as temporary:
            assert temporary.suffix == ".png"
            temporary.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]
    with replacing(path) as temporary:
        temporary.write_bytes(b"after")
    assert path.read_bytes() == b"after"
    assert list(tmp_path.iterdir()) == [path]


def test_text_is_written_as_it_is(tmp_path: Path) -> None:
    write_whole(tmp_path / "log.csv", "µm\n")
    assert (tmp_path / "log.csv").read_bytes() == "µm\n".encode()
