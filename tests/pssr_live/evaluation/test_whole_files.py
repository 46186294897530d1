"""Files of an evaluation that are there already."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pssr_live.evaluation.report import write_report
from pssr_live.evaluation.results import write_results
from pssr_live.evaluation.trials import Evaluation


@pytest.mark.parametrize("write", [write_report, write_results])
def test_what_stands_there_is_replaced_not_written_into(
    evaluation: Evaluation, tmp_path: Path, write
) -> None:
    other, path = tmp_path / "other.txt", tmp_path / "written"
    other.write_text("kept")
    path.hardlink_to(other)
    one = replace(evaluation, conditions=["detector"], trials=evaluation.trials[:1])
    write(path, one, {"command": "as typed"})
    assert other.read_text() == "kept"
    assert len(path.read_text(encoding="utf-8")) > 1000
    assert sorted(tmp_path.iterdir()) == [other, path]
