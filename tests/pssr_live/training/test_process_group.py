import csv
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from pssr_live.errors import UserError
from pssr_live.training.loop import train
from pssr_live.training.process_group import ProcessGroup
from pssr_live.training.recipe_files import read_recipe
from pssr_live.training.run import load_summary
from pssr_live.training.run.run_folder import LOG
from tests.ports import free_port

StartTwo = Callable[[list[list[str]]], list[subprocess.Popen[str]]]

RECIPE = """
name = "shared"
drawn = 1.0
[network]
channels = 8
coarse_channels = 8
pairs = 1
[schedule]
tiles = 6
hr_tile = 64
[[schedule.rounds]]
hr_tile = 32
steps = 5
batch = 5
last_layer_epochs = 1
epochs = 2
learning_rates = [1e-3, 2e-3]
[[series]]
path = "hela.tif"
role = "selection"
"""


@pytest.fixture
def start_two() -> Iterator[StartTwo]:
    """Start two processes as torchrun does, without its own words on standard error."""
    processes = []

    def started(commands: list[list[str]]) -> list[subprocess.Popen[str]]:
        port = str(free_port())
        for rank, command in enumerate(commands):
            place = {"RANK": str(rank), "WORLD_SIZE": "2"}
            meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
            process = subprocess.Popen(
                [sys.executable, *command],
                env=environment(**place, **meeting),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            processes.append(process)
        return processes

    yield started
    for process in processes:
        process.kill()
        process.communicate()


def test_shares_make_up_the_batch_and_weigh_what_they_hold() -> None:
    group = [ProcessGroup(rank, 3) for rank in range(3)]
    shares = [member.share(8) for member in group]
    assert [number for share in shares for number in share] == list(range(8))
    assert {len(share) for share in shares} == {2, 3}
    values = torch.arange(8.0)
    means = [
        values[share.start : share.stop].mean() * member.weight(8)
        for member, share in zip(group, shares, strict=True)
    ]
    assert sum(means) / 3 == pytest.approx(values.mean())


def test_a_batch_smaller_than_the_team_is_refused() -> None:
    with pytest.raises(UserError, match="can't share a batch of 2"):
        ProcessGroup(0, 3).share(2)


def test_one_process_alone_has_all_and_changes_nothing() -> None:
    alone = ProcessGroup()
    assert alone.is_main
    assert alone.share(4) == range(4)
    assert alone.weight(3) == 1.0
    assert alone.mean(1.5, 2.5) == [1.5, 2.5]
    assert alone.ends([3.0, 1.0]) == [1.0, 3.0]
    assert alone.ends([]) == []
    assert alone.from_main(b"state") == b"state"
    network = torch.nn.Linear(1, 1)
    assert alone.joined(network) is network


def test_two_processes_learn_what_one_learns_from_the_joint_batch(
    hr_file: Path, tmp_path: Path
) -> None:
    """Uneven shares of a batch of 5; begun by one process, stopped and gone on with by two."""
    recipe = tmp_path / "shared.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    told: list[str] = []
    train(
        read_recipe(recipe),
        hr_file.parent,
        tmp_path / "two",
        log=told.append,
        stop=lambda: any(line.startswith("epoch 1/3") for line in told),
    )
    assert told[-1].startswith("Stopped")
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*launcher, "-m", "pssr_live", *train_command(recipe, hr_file, tmp_path / "two")]
    done = subprocess.run(
        [sys.executable, *command], env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    epochs = [line[:9] for line in done.stdout.splitlines() if line.startswith("epoch")]
    assert epochs == ["epoch 2/3", "epoch 3/3"]
    train(read_recipe(recipe), hr_file.parent, tmp_path / "one")
    assert rows(tmp_path / "two") == [
        pytest.approx(row, rel=1e-3, abs=2e-4, nan_ok=True) for row in rows(tmp_path / "one")
    ]
    ranges = [load_summary(tmp_path / name).input_range for name in ("one", "two")]
    assert ranges[0] == ranges[1]


def test_an_error_in_one_process_ends_all_with_one_line(
    start_two: StartTwo, hr_file: Path, tmp_path: Path
) -> None:
    recipes = [tmp_path / "first.toml", tmp_path / "second.toml"]
    for number, recipe in enumerate(recipes):
        recipe.write_text(f"seed = {number}\n{RECIPE}", encoding="utf-8")
    commands = [train_command(recipe, hr_file, tmp_path / "run") for recipe in recipes]
    processes = start_two([["-m", "pssr_live", *command] for command in commands])
    told = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [1, 1]
    assert told[0] == ""
    assert told[1].startswith("Error: Process 2 of 2: The processes were given different recipes.")
    assert told[1].count("\n") == 1


WAITING = """
from pssr_live.training.process_group import meet
with meet() as team:
    print("met", flush=True)
    while True:
        team.mean(1.0)
"""


def test_a_process_that_is_killed_ends_the_others_with_one_error(
    start_two: StartTwo,
) -> None:
    survivor, victim = start_two([["-c", WAITING]] * 2)
    assert survivor.stdout is not None
    assert survivor.stdout.readline() == "met\n"
    victim.kill()
    victim.communicate()
    _, told = survivor.communicate()
    assert survivor.returncode == 1
    assert "UserError: Another process of this training ended: killed, or out of memory." in told


def train_command(recipe: Path, hr_file: Path, output: Path) -> list[str]:
    return ["train", str(recipe), "--data", str(hr_file.parent), "--output", str(output)]


def environment(**more: str) -> dict[str, str]:
    # torch for Windows is built without libuv.
    return {**os.environ, "OMP_NUM_THREADS": "1", "USE_LIBUV": "0", **more}


def rows(run: Path) -> list[list[float]]:
    """The log without its times."""
    with (run / LOG).open(encoding="utf-8") as file:
        return [
            [float(value or "nan") for name, value in row.items() if name != "seconds"]
            for row in csv.DictReader(file)
        ]
