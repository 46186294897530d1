"""The command `crappify`: one LR file, or a dataset."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from pssr_live.cli.crappify_command import CrappifyOptions, crappify_file, run_crappify
from pssr_live.crappify import CRAPPIFIERS, read_hr
from pssr_live.errors import UserError
from pssr_live.training.data import read_manifest
from tests.limited_files import no_room_beyond

# Tests that run in the background of a shell hand a deaf ear for Ctrl-C down.
LISTENING_TO_CTRL_C = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
"""
# Waits to be broken off before a file that it has written gets its name.
WAITING_AT_A_FILE = f"""
{LISTENING_TO_CTRL_C}
import sys, time, tifffile
from pssr_live.cli.main import main

write, files, which = tifffile.imwrite, [], int(sys.argv.pop(1))

def write_and_wait(*arguments, **options):
    write(*arguments, **options)
    files.append(1)
    if len(files) == which:
        print("waiting", flush=True)
        time.sleep(3600)

tifffile.imwrite = write_and_wait
main()
"""


@pytest.mark.skipif(os.name != "posix", reason="only there files can be limited")
def test_a_full_disk_is_told_in_words_and_leaves_nothing(hr_file: Path, tmp_path: Path) -> None:
    output = tmp_path / "out" / "lr.ome.tif"
    output.parent.mkdir()
    with no_room_beyond(3000), pytest.raises(UserError, match="its disk has no room left") as told:
        crappify_file(hr_file, output, CrappifyOptions())
    assert "Errno" not in str(told.value)
    assert list(output.parent.iterdir()) == []


@pytest.mark.parametrize("name", CRAPPIFIERS)
def test_crappify_writes_lr_frames_with_their_own_pixel_size(
    hr_file: Path, tmp_path: Path, name: str
) -> None:
    output = tmp_path / "lr.ome.tif"
    assert crappify_file(hr_file, output, CrappifyOptions(crappifiers=(name,), seed=1))[:3] == (
        8,
        24,
        24,
    )
    series = read_hr(output)
    assert series.frames.shape == (8, 24, 24)
    assert series.pixel_size_um == pytest.approx(4 * 0.111, rel=1e-3)
    assert series.interval_s == 2.0
    assert tifffile.imread(output).dtype in (np.uint8, np.uint16)


def test_crappify_is_decided_by_its_seed(hr_file: Path, tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        crappify_file(hr_file, tmp_path / f"{name}.tif", CrappifyOptions(seed=seed))
    one, same, other = (tifffile.imread(tmp_path / f"{n}.tif") for n in ("one", "same", "other"))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_crappify_overwrites_only_when_told(hr_file: Path, tmp_path: Path) -> None:
    output = tmp_path / "lr.tif"
    crappify_file(hr_file, output)
    with pytest.raises(UserError, match="exists already"):
        crappify_file(hr_file, output)
    crappify_file(hr_file, output, CrappifyOptions(force=True))


def test_one_position_and_channel_are_taken_when_named(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 999, (2, 6, 2, 64, 72)).astype(np.uint16)
    hr = tmp_path / "hr.tif"
    tifffile.imwrite(hr, frames, photometric="minisblack", metadata={"axes": "RTCYX"})
    with pytest.raises(UserError, match="2 channels"):
        crappify_file(hr, tmp_path / "lr.tif")
    with pytest.raises(UserError, match="2 positions"):
        crappify_file(hr, tmp_path / "lr.tif", CrappifyOptions(channels=(1,)))
    options = CrappifyOptions(
        crappifiers=("no-noise",), channels=(1,), position=1, pixel_size_um=0.05
    )
    assert crappify_file(hr, tmp_path / "lr.tif", options)[:3] == (6, 16, 18)
    lr = read_hr(tmp_path / "lr.tif")
    assert lr.pixel_size_um == pytest.approx(0.2)
    expected = frames[1, :, 1].reshape(6, 16, 4, 18, 4).mean(axis=(2, 4))
    assert np.corrcoef(lr.frames.ravel(), expected.ravel())[0, 1] > 0.8


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (CrappifyOptions(tile=128), "are for a dataset"),
        (CrappifyOptions(validation=("0.1",)), "are for a dataset"),
        (CrappifyOptions(crappifiers=("detector", "poisson")), "one crappifier"),
    ],
)
def test_options_of_a_dataset_are_refused_for_one_file(
    hr_file: Path, tmp_path: Path, options: CrappifyOptions, words: str
) -> None:
    with pytest.raises(UserError, match=words):
        run_crappify([hr_file], tmp_path / "lr.tif", options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (CrappifyOptions(force=True), "never written over"),
        (CrappifyOptions(position=0), "each position is a movie"),
        (CrappifyOptions(tile=130), "side of 130"),
        (CrappifyOptions(tile=16), "side of 16"),
        (CrappifyOptions(frames=3), "stacks of 3 frames"),
        (CrappifyOptions(crappifiers=("sugar",)), "no crappifier called 'sugar'"),
        (CrappifyOptions(validation=("1.5",)), "does not say what to validate on"),
        (CrappifyOptions(validation=("0.1", "cell.tif")), "does not say what to validate on"),
        (CrappifyOptions(validation=("absent.tif",)), "no file or folder"),
        (CrappifyOptions(), "one movie can't be split"),
    ],
)
def test_what_makes_no_dataset_is_refused_before_any_work(
    hr_file: Path, tmp_path: Path, options: CrappifyOptions, words: str
) -> None:
    with pytest.raises(UserError, match=words):
        run_crappify([hr_file], tmp_path / "dataset", options)
    assert not (tmp_path / "dataset").exists()


def test_several_files_to_one_lr_file_are_refused(hr_file: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="several HR files make a dataset"):
        run_crappify([hr_file, hr_file], tmp_path / "lr.tif", CrappifyOptions())
    with pytest.raises(UserError, match="several HR files make a dataset"):
        run_crappify([hr_file.parent], tmp_path / "lr.tif", CrappifyOptions())


def test_a_dataset_tells_its_movies_and_what_to_mind(
    hr_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = CrappifyOptions(validation=("0",), tiles=3, licence="MIT")
    run_crappify([hr_file], tmp_path / "dataset", options)
    said = capsys.readouterr().out
    assert "hela" in said
    assert "--tile 96" in said
    assert "Without validation movies" in said
    assert "pssr-live train" in said
    manifest = read_manifest(tmp_path / "dataset")
    assert manifest.settings.crappifiers == tuple(CRAPPIFIERS)
    assert (manifest.tiles[0].y, manifest.tiles[0].x) == (-208, -208)


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_a_killed_and_interrupted_command_goes_on_to_the_same_bytes(
    hr_file: Path, tmp_path: Path
) -> None:
    options = CrappifyOptions(crappifiers=("gaussian",), tile=256, tiles=40, validation=("0",))
    stopped, whole = tmp_path / "stopped", tmp_path / "whole"
    command = ["crappify", hr_file, "--output", stopped, "--crappifier", "gaussian"]
    command += ["--tile", "256", "--tiles", "40", "--validation", "0"]

    def broken_off(how: signal.Signals, at_file: int) -> str:
        process = subprocess.Popen(
            [sys.executable, "-c", WAITING_AT_A_FILE, str(at_file), *map(str, command)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        assert process.stdout is not None
        while "waiting" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(how)
        said, _ = process.communicate()
        assert process.returncode != 0
        return said

    broken_off(signal.SIGKILL, 8)
    assert 0 < len(list(stopped.rglob("lr/*.tif"))) < 8
    assert "the same command goes on" in broken_off(signal.SIGINT, 20)
    assert 8 < len(list(stopped.rglob("lr/*.tif"))) < 28
    for output in (stopped, whole):
        run_crappify([hr_file], output, options)
    assert files_below(stopped) == files_below(whole)


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.*")}


def test_brackets_in_a_name_are_shown(
    hr_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = hr_file.rename(hr_file.with_name("cell[ch00].tif"))
    run_crappify([named], tmp_path / "lr[ch00].tif", CrappifyOptions())
    assert "lr[ch00].tif: 8 frames" in capsys.readouterr().out
    options = CrappifyOptions(tile=32, tiles=2, validation=("0",))
    run_crappify([named], tmp_path / "set[ch00]", options)
    said = capsys.readouterr().out
    assert "cell[ch00]" in said
    assert "set[ch00]: 2 tiles" in said
