"""A training that is killed, or stopped, again and again ends as if nothing had happened."""

import csv
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from pssr_live.training.loop import train
from pssr_live.training.recipe_files import read_recipe
from pssr_live.training.run import CHECKPOINT
from pssr_live.training.run.run_folder import LOG, STATE
from pssr_live.training.run.run_state import parse_state

Start = Callable[..., subprocess.Popen[str]]

RECIPE = """
name = "stubborn"
drawn = 1.0
[network]
channels = 8
coarse_channels = 8
pairs = 1
[schedule]
tiles = 6
epochs = 6
steps = 7
batch = 4
hr_tile = 64
[[series]]
path = "hela.tif"
role = "selection"
"""
# One thread as in the tests themselves: then every process computes the same bits.
ONE_THREAD = "import torch; torch.set_num_threads(1)"
# A training in a process that is killed when it has written half of its first state.
KILLED_IN_A_SAVE = f"""
{ONE_THREAD}
import os, signal
from pssr_live.cli import main as cli
from engines import whole_files

put_in_place = whole_files.put_in_place

def write_half(draft, path):
    if path.name == "state.safetensors":
        os.truncate(draft, draft.stat().st_size // 2)
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    put_in_place(draft, path)

whole_files.put_in_place = write_half
cli.main()
"""
# The same, in a process that waits at a save for a file: it can't be over before we come to it.
WAITING_AT_A_SAVE = f"""
{ONE_THREAD}
import sys, time
from pathlib import Path
from pssr_live.cli import main as cli
from pssr_live.training.run import run_state

write, saves = run_state.write_whole, []
which, file = int(sys.argv.pop(1)), Path(sys.argv.pop(1))

def write_later(*arguments, **options):
    saves.append(1)
    while len(saves) >= which and not file.exists():
        time.sleep(0.01)
    write(*arguments, **options)

run_state.write_whole = write_later
cli.main()
"""


@pytest.fixture
def start() -> Iterator[Start]:
    """Start Python with arguments; what is left of it at the end of the test is killed."""
    processes = []

    def started(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        processes.append(process)
        return process

    yield started
    for process in processes:
        process.kill()
        process.communicate()


def test_a_training_killed_and_stopped_ends_bit_for_bit_as_if_it_were_not(
    hr_file: Path, start: Start, tmp_path: Path
) -> None:
    recipe = tmp_path / "stubborn.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    command = ["train", str(recipe), "--data", str(hr_file.parent), "--output", str(cut)]

    in_a_save = start("-c", KILLED_IN_A_SAVE, *command)
    output, _ = in_a_save.communicate()
    assert in_a_save.returncode != 0
    assert "epoch 1/" not in output
    assert len(list(cut.glob(".state.*.new.safetensors"))) == 1
    assert not (cut / STATE).exists()

    at_random = start("-c", WAITING_AT_A_SAVE, "4", str(tmp_path / "never"), *command)
    wait_for_line(at_random, "epoch 2/6")
    time.sleep(random.Random().uniform(0.0, 0.1))
    at_random.kill()
    at_random.communicate()

    asked = tmp_path / "asked"
    stopped = start("-c", WAITING_AT_A_SAVE, "1", str(asked), *command)
    wait_for_line(stopped, "Pictures")
    interrupt(stopped)
    asked.touch()
    output, errors = stopped.communicate()
    assert errors == ""
    assert f"All is kept in {cut}; the same command goes on:\n  pssr-live train" in output

    train(read_recipe(recipe), hr_file.parent, cut)
    train(read_recipe(recipe), hr_file.parent, whole)
    assert (whole / CHECKPOINT).read_bytes() == (cut / CHECKPOINT).read_bytes()
    assert log(whole) == log(cut)
    assert len(log(whole)) == 6
    tensors, facts = state(whole)
    tensors_of_cut, facts_of_cut = state(cut)
    assert facts == facts_of_cut
    assert tensors.keys() == tensors_of_cut.keys()
    assert all(torch.equal(tensors[name], tensors_of_cut[name]) for name in tensors)
    pictures = [path.relative_to(whole) for path in whole.rglob("*.png")]
    assert len(pictures) == 7
    assert all((whole / name).read_bytes() == (cut / name).read_bytes() for name in pictures)


def interrupt(process: subprocess.Popen[str]) -> None:
    """Press Ctrl-C; on Windows Ctrl-Break, which alone can be sent to one process."""
    process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT))


def wait_for_line(process: subprocess.Popen[str], beginning: str) -> None:
    assert process.stdout is not None
    while not process.stdout.readline().startswith(beginning):
        assert process.poll() is None


def log(run: Path) -> list[dict[str, str]]:
    """The log but for its times."""
    with (run / LOG).open(encoding="utf-8") as file:
        return [{**row, "seconds": ""} for row in csv.DictReader(file)]


def state(run: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The state but for its times."""
    tensors, facts = parse_state((run / STATE).read_bytes())
    facts["course"].pop("seconds")
    for entry in facts["log"]:
        entry.pop(2)
    return tensors, facts
