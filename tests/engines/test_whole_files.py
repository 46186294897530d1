"""Files and folders that are replaced at once."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engines import replacing, write_whole
from engines.whole_files import PATIENCE_S, remove_folder, replace_folder


def held() -> PermissionError:
    """What Windows says while another program uses a file."""
    error = PermissionError(13, "The process cannot access the file")
    error.winerror = 32  # type: ignore[attr-defined,unused-ignore]
    return error


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited, which takes no time."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


def refuse(
    monkeypatch: pytest.MonkeyPatch, method: str, refused: Callable[[Path, Path], bool], times: int
) -> None:
    """Let renaming of some fail, for a number of times."""
    real, left = getattr(Path, method), [times]

    def rename(path: Path, target: Path) -> Path:
        if left[0] and refused(path, target):
            left[0] -= 1
            raise held()
        done: Path = real(path, target)
        return done

    monkeypatch.setattr(Path, method, rename)


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


def test_a_file_that_another_program_holds_is_replaced_once_it_lets_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    refuse(monkeypatch, "replace", lambda *_: True, times=5)
    write_whole(tmp_path / "best", b"after")
    assert (tmp_path / "best").read_bytes() == b"after"
    assert len(pauses) == 5


def test_one_that_is_held_for_long_stays_and_the_error_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    path = tmp_path / "best"
    path.write_bytes(b"before")
    refuse(monkeypatch, "replace", lambda *_: True, times=1000)
    with pytest.raises(PermissionError) as caught:
        write_whole(path, b"after")
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]
    assert PATIENCE_S <= sum(pauses) < PATIENCE_S + 2


def test_what_is_forbidden_for_good_is_not_tried_again(tmp_path: Path, pauses: list[float]) -> None:
    with pytest.raises(FileNotFoundError, match=r"gone.{1,2}best"):
        write_whole(tmp_path / "gone" / "best", b"after")
    assert pauses == []


def test_links_that_lie_in_a_folder_lead_nowhere(tmp_path: Path) -> None:
    precious, folder = tmp_path / "precious", tmp_path / "received"
    precious.write_bytes(b"mine")
    folder.mkdir()
    for name in ("best", "best.new", ".best.new", "session.json.new"):
        (folder / name).symlink_to(precious)
    write_whole(folder / "best", b"after")
    assert precious.read_bytes() == b"mine"
    assert not (folder / "best").is_symlink()
    assert (folder / "best").read_bytes() == b"after"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A finished one, and the one that it shall replace."""
    draft, folder = tmp_path / ".draft", tmp_path / "engine"
    for path, content in ((draft, "new"), (folder, "old")):
        path.mkdir()
        for name in ("a", "b"):
            (path / name).write_text(content)
    return draft, folder


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_folder_is_replaced_and_nothing_else_left(folders: tuple[Path, Path]) -> None:
    draft, folder = folders
    replace_folder(draft, folder)
    assert contents(folder) == {"a": "new", "b": "new"}
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize("which", ["the old one", "the new one"])
def test_a_folder_that_another_program_holds_is_as_it_was(
    folders: tuple[Path, Path],
    which: str,
    monkeypatch: pytest.MonkeyPatch,
    pauses: list[float],
) -> None:
    draft, folder = folders
    in_use = folder if which == "the old one" else draft
    refuse(monkeypatch, "rename", lambda path, _: path == in_use, times=1000)
    with pytest.raises(PermissionError):
        replace_folder(draft, folder)
    assert contents(folder) == {"a": "old", "b": "old"}
    assert contents(draft) == {"a": "new", "b": "new"}
    assert sum(pauses) >= PATIENCE_S


def test_an_old_folder_that_can_not_be_removed_does_no_harm_and_goes_the_next_time(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    draft, folder = folders
    with monkeypatch.context() as patched:

        def remove_some(path: Path, **_: bool) -> None:
            (path / "a").unlink()
            raise held()

        patched.setattr(shutil, "rmtree", remove_some)
        replace_folder(draft, folder)
    assert contents(folder) == {"a": "new", "b": "new"}
    assert len(list(folder.parent.iterdir())) == 2
    draft.mkdir()
    replace_folder(draft, folder)
    assert list(folder.parent.iterdir()) == [folder]


def test_of_a_folder_that_is_removed_no_part_is_left_in_its_place(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    _, folder = folders
    with monkeypatch.context() as patched:
        refuse(patched, "rename", lambda path, _: path == folder, times=1000)
        with pytest.raises(PermissionError):
            remove_folder(folder)
        assert contents(folder) == {"a": "old", "b": "old"}
    with monkeypatch.context() as patched:

        def remove_some(path: Path, **_: bool) -> None:
            (path / "a").unlink()
            raise held()

        patched.setattr(shutil, "rmtree", remove_some)
        remove_folder(folder)
    assert not folder.exists()
    folder.mkdir()
    remove_folder(folder)
    assert not list(folder.parent.glob(".*.old"))


@pytest.mark.skipif(os.name != "posix", reason="streams have names on these systems only")
def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as reader:
        read = reader.submit(pipe.read_bytes)
        write_whole(pipe, "figures")
        assert read.result() == b"figures"
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


@pytest.mark.skipif(not Path("/dev/fd/1").exists(), reason="no names of open files here")
def test_what_goes_to_standard_output_follows_what_was_printed(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path; from engines import write_whole; print('before', flush=True); "
        "write_whole(Path('/dev/fd/1'), 'figures')"
    )
    output = tmp_path / "output.txt"
    with output.open("w") as file:
        subprocess.run([sys.executable, "-c", script], stdout=file, check=True)
    assert output.read_text() == "before\nfigures"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout == b"before\nfigures"


@pytest.mark.skipif(os.name != "posix", reason="as macOS has it")
@pytest.mark.parametrize("knows", [True, False], ids=["a drive that knows it", "one that does not"])
def test_macos_empties_the_cache_of_the_drive_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, knows: bool
) -> None:
    """Its fsync leaves there what a power cut takes; a network drive knows no more than that."""
    import fcntl

    calls: list[str] = []

    def called(_: int, number: int) -> None:
        assert number == 51
        if not knows:
            raise OSError(45, "Operation not supported")
        calls.append("full")

    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", called)
    monkeypatch.setattr(os, "fsync", lambda _: calls.append("fsync"))
    write_whole(tmp_path / "figures.json", "{}")
    assert calls == ["full" if knows else "fsync"]
