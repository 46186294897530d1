"""A training that goes on on a disk without room, which somebody then makes some on."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from pssr_live.errors import UserError
from pssr_live.training import load_network
from pssr_live.training.loop import train
from pssr_live.training.run import checkpoints, load_summary
from pssr_live.training.run.run_folder import STATE
from pssr_live.training.run.run_state import parse_state
from tests.pssr_live.training.loop.test_trainer import killed, log, small, weights
from tests.small_disk import BALLAST, fill, mounted_disk


@pytest.mark.parametrize(
    "room_is_made_when",
    ["tries again after the next epoch", "The training is over, but"],
    ids=["in the middle", "at the end"],
)
def test_what_was_killed_goes_on_on_a_full_disk_and_ends_as_on_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room_is_made_when: str
) -> None:
    monkeypatch.setattr(checkpoints, "PAUSE_S", 0.01)
    recipe, whole, told = small(epochs=3, steps=1, tiles=2), tmp_path / "whole", list[str]()
    train(recipe, tmp_path, whole)
    with mounted_disk(tmp_path / "disk", "20m") as disk:
        run = disk / "run"
        killed(recipe, run, 0.4)
        _, facts = parse_state((run / STATE).read_bytes())
        assert len(facts["log"]) == 1
        fill(disk)
        with pytest.raises(UserError, match="are free at") as refused:
            train(recipe, tmp_path, run)
        assert "Free some" in refused.value.fix
        (disk / BALLAST).unlink()

        def fill_and_make_room(words: str) -> None:
            told.append(words)
            if words.startswith("Pictures of it"):
                fill(disk)
            elif room_is_made_when in words:
                (disk / BALLAST).unlink(missing_ok=True)

        summary = train(recipe, tmp_path, run, log=fill_and_make_room)
        assert any(
            "log.csv can't be written now (its disk has no room left)" in one for one in told
        )
        assert load_summary(run) == summary
        assert torch.equal(weights(whole), weights(run))
        assert [row["loss"] for row in log(run)] == [row["loss"] for row in log(whole)]
        assert len(log(run)) == 3
        assert (run / "samples" / "epoch-003.png").is_file()
        assert load_network(run)[1] == recipe
