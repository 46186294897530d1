"""What a training leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from safetensors.torch import save_file

from engines.architectures import build_network
from pssr_live.errors import UserError
from pssr_live.training import Recipe, load_network
from pssr_live.training.recipe import RECIPE_FILE, Schedule
from pssr_live.training.run import CHECKPOINT


@pytest.mark.parametrize("damaged", [b"", b"\xff" * 40, b"\x10\0\0\0\0\0\0\0{not json at all"])
def test_a_damaged_checkpoint_is_told_with_a_fix(tmp_path: Path, damaged: bytes) -> None:
    recipe = Recipe(series=(), schedule=Schedule(tiles=2, epochs=1, steps=1, batch=1))
    (tmp_path / RECIPE_FILE).write_text(recipe.model_dump_json(), encoding="utf-8")
    save_file(build_network(**recipe.network.model_dump()).state_dict(), tmp_path / CHECKPOINT)
    load_network(tmp_path)
    (tmp_path / CHECKPOINT).write_bytes(damaged)
    with pytest.raises(UserError, match=r"holds no trained network.*Train one"):
        load_network(tmp_path)
