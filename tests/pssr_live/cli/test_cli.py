"""Commands in a process of their own: how it starts, prints, is ended, killed and leaves."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from pssr_live.recording import SessionRecord
from tests.places import DATA
from tests.pssr_live.cli.conftest import Typed
from tests.pssr_live.sessions import TIMEOUT

CELLS = DATA / "hela_mitochondria.tif"
SIMULATED = "simulated:height=48,width=56,interval=0.02"
NO_NETWORK = ("--engine", "bilinear")
posix_only = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


@contextmanager
def start(
    *arguments: Any,
    python: tuple[str, ...] = ("-m", "pssr_live.cli.main"),
    encoding: str = "utf-8",
    **options: Any,
) -> Iterator[subprocess.Popen[str]]:
    """Start a command; what has not ended by itself in the end is killed."""
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment |= {"COLUMNS": "200", "PYTHONWARNINGS": "error", "QT_QPA_PLATFORM": ""}
    process = subprocess.Popen(
        [sys.executable, *python, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding=encoding,
        env=environment | {"PYTHONIOENCODING": encoding},
        **options,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def run(*arguments: Any, **options: Any) -> subprocess.CompletedProcess[str]:
    with start(*arguments, **options) as process:
        out, err = process.communicate(timeout=TIMEOUT)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def pages(path: Path) -> list[np.ndarray]:
    with tifffile.TiffFile(path) as tiff:
        return [page.asarray() for page in tiff.pages]


def test_help_imports_neither_torch_nor_qt_nor_an_inference_library() -> None:
    code = (
        "import sys; sys.argv = ['pssr-live', '--help']\n"
        "from pssr_live.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'PySide6', 'pyqtgraph', 'openvino', 'onnxruntime', 'numpy'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert result.stderr.strip() == "[]"
    assert "demo" in result.stdout


def test_an_output_that_has_no_letter_for_micrometres_ends_nothing(tmp_path: Path) -> None:
    """As a log file has none on a Japanese Windows."""
    options = ("--frames", "3", "--engine", "bilinear", "--headless", "--save", tmp_path / "r")
    result = run("live", "--source", SIMULATED, *options, encoding="cp932")
    assert result.returncode == 0, result.stderr
    assert "0.196 ?m pixels" in result.stdout


def test_demo_without_a_display_says_so_records_and_draws_a_picture(tmp_path: Path) -> None:
    result = run("demo", "--frames", "7", "--save", tmp_path / "demo")
    assert result.returncode == 0, result.stderr
    assert "no display" in result.stdout
    assert "Running headless" in result.stdout
    assert {path.name for path in (tmp_path / "demo").iterdir()} == {
        "raw.ome.tif",
        "restored.ome.tif",
        "frames.csv",
        "session.json",
        "picture.png",
    }
    assert tifffile.imread(tmp_path / "demo" / "restored.ome.tif").shape == (7, 1760, 1760)


def test_live_records_a_replay_and_sums_up(tmp_path: Path) -> None:
    options = ("--rate", "max", "--headless", "--save", tmp_path / "r")
    result = run("live", "--source", f"replay:{CELLS}", *options)
    assert result.returncode == 0, result.stderr
    for word in ("received", "restored", "look-ahead", "queue", "engine", "write", "99th"):
        assert word in result.stdout
    np.testing.assert_array_equal(
        tifffile.imread(tmp_path / "r" / "raw.ome.tif"), tifffile.imread(CELLS)
    )


def test_restore_writes_what_live_recorded_and_writes_nothing_over(
    typed: Callable[..., Typed], tmp_path: Path
) -> None:
    options = ("--rate", "max", "--headless", "--save", tmp_path / "r")
    run("live", "--source", f"replay:{CELLS}", *options, "--backend", "onnxruntime")
    output = tmp_path / "o.ome.tif"
    arguments = ("restore", CELLS, "--output", output, "--backend", "onnxruntime")
    assert typed(*arguments).returncode == 0
    np.testing.assert_array_equal(
        tifffile.imread(output), tifffile.imread(tmp_path / "r" / "restored.ome.tif")
    )
    before = output.stat().st_mtime_ns
    again = typed(*arguments)
    assert again.returncode == 0
    assert "restored already" in again.stdout
    other = typed("restore", CELLS, "--output", output, "--engine", "bilinear")
    assert other.returncode == 1
    assert "--force" in other.stderr
    assert output.stat().st_mtime_ns == before
    assert typed(*arguments, "--force").returncode == 0
    assert output.stat().st_mtime_ns > before


@pytest.mark.parametrize("options", [(), ("--debug",)])
def test_a_command_that_fails_leaves_with_status_1_and_shows_a_traceback_to_debug(
    options: tuple[str, ...],
) -> None:
    result = run("live", "--source", "replay:missing.tif", "--headless", *options)
    assert result.returncode == 1
    assert "missing.tif" in result.stderr
    assert ("Traceback" in result.stderr) == bool(options)


@posix_only
def test_ctrl_c_saves_everything_and_sums_up(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    with start(
        "live", "--source", SIMULATED, *NO_NETWORK, "--headless", "--save", folder
    ) as process:
        wait_for_frames(folder / "restored.ome.tif", 3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, err
    assert "Recorded in" in out
    record = SessionRecord.read(folder)
    assert record.state == "complete"
    assert record.raw_frames == record.restored_frames == len(pages(folder / "restored.ome.tif"))


@posix_only
def test_a_lost_terminal_ends_no_recording(tmp_path: Path) -> None:
    """As after ``| head -1``: the first line is read, then nobody listens any more."""
    folder = tmp_path / "r"
    options = ("--rate", "20", "--frames", "40", "--engine", "bilinear", "--headless")
    with start("live", "--source", SIMULATED, *options, "--save", folder) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        process.stderr.close()
        assert process.wait(TIMEOUT) == 0
        process.stdout = process.stderr = None
    record = SessionRecord.read(folder)
    assert record.raw_frames == record.restored_frames == 40
    assert record.ended_by == "the limit of 40 frames"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("closed", ["full", "closed before the start"])
def test_output_that_nothing_can_be_printed_to_ends_no_recording(
    tmp_path: Path, closed: str
) -> None:
    folder = tmp_path / "r"
    options = ("--rate", "max", "--frames", "12", "--engine", "bilinear", "--headless")
    command = (*options, "--save", folder)
    code = "import os\nfor number in (1, 2): os.close(number)\n" if closed != "full" else ""
    code += "from pssr_live.cli.main import main\nmain()"
    with Path("/dev/full").open("w") as full:
        command_line = [sys.executable, "-c", code, "live", "--source", SIMULATED]
        done = subprocess.run(
            [*command_line, *map(str, command)],
            stdout=full,
            stderr=full,
            timeout=TIMEOUT,
            check=False,
        )
    assert done.returncode == 0
    assert SessionRecord.read(folder).raw_frames == 12
    assert tifffile.imread(folder / "raw.ome.tif").shape == (12, 48, 56)


@posix_only
def test_a_closed_terminal_ends_as_ctrl_c_does_however_often_it_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    with start(
        "live", "--source", SIMULATED, *NO_NETWORK, "--headless", "--save", folder
    ) as process:
        wait_for_frames(folder / "restored.ome.tif", 3)
        for _ in range(3):
            process.send_signal(signal.SIGHUP)
        _, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, err
    record = SessionRecord.read(folder)
    assert (record.state, record.ended_by) == ("complete", "SIGHUP")


@posix_only
def test_started_by_nohup_a_closed_terminal_means_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    code = (
        "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "from pssr_live.cli.main import main\nmain()"
    )
    options = ("--frames", "40", "--engine", "bilinear", "--headless", "--save", folder)
    with start("live", "--source", SIMULATED, *options, python=("-c", code)) as process:
        wait_for_frames(folder / "raw.ome.tif", 3)
        process.send_signal(signal.SIGHUP)
        _, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, err
    assert SessionRecord.read(folder).raw_frames == 40


@posix_only
@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment_every_frame_is_readable_and_the_rest_is_completed(
    typed: Callable[..., Typed], tmp_path: Path, seed: int
) -> None:
    folder = tmp_path / "r"
    options = ("--rate", "200", "--headless", "--save", folder, "--backend", "onnxruntime")
    with start("live", "--source", SIMULATED, *options) as process:
        wait_for_frames(folder / "restored.ome.tif", 1)
        time.sleep(random.Random(seed).uniform(0.0, 0.7))
        process.kill()
    raw, restored = pages(folder / "raw.ome.tif"), pages(folder / "restored.ome.tif")
    assert len(raw) >= len(restored) >= 1
    completed = typed("restore", folder)
    assert completed.returncode == 0, completed.stderr
    after = tifffile.imread(folder / "restored.ome.tif")
    assert len(after) == len(raw)
    np.testing.assert_array_equal(after[: len(restored)], np.stack(restored))
    # The same as restoring the raw file in one go.
    output = tmp_path / "anew.ome.tif"
    anew = typed("restore", folder / "raw.ome.tif", "--output", output, "--backend", "onnxruntime")
    assert anew.returncode == 0, anew.stderr
    np.testing.assert_array_equal(after, tifffile.imread(output))


@posix_only
def test_a_full_disk_is_told_in_words_and_leaves_what_was_written_readable(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the end of the disk; the writes really fail."""
    code = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))\n"
        "from pssr_live.cli.main import main\n"
        "main()"
    )
    folder, beside = tmp_path / "r", tmp_path / "r-2"
    options = (
        "live",
        "--source",
        SIMULATED,
        *NO_NETWORK,
        "--rate",
        "200",
        "--headless",
        "--save",
        folder,
    )
    with start(*options, python=("-c", code)) as process:
        wait_for_frames(beside / "raw.ome.tif", 5)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1
    assert "Traceback" not in err
    assert "allows no larger file" in err
    # Restored frames reached the limit first; raw ones went on to it, and beyond in a new folder.
    raw = len(pages(folder / "raw.ome.tif"))
    assert raw > 300 > len(pages(folder / "restored.ome.tif")) > 10
    assert len(pages(beside / "raw.ome.tif")) >= 5
    assert json.loads((beside / "session.json").read_text(encoding="utf-8"))["raw_frames"] > 0


def wait_for_frames(path: Path, count: int) -> None:
    """Wait until a recording under way has so many frames."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        if path.exists() and path.stat().st_size > 20_000:
            try:
                if len(pages(path)) >= count:
                    return
            except tifffile.TiffFileError:
                pass
        time.sleep(0.02)
    raise AssertionError(f"no {count} frames in {path}")
